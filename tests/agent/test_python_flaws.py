"""What a change brings in and Python has no use for is found; what was there before is left."""

from pathlib import PurePosixPath

import pytest

from agent.python_flaws import find_pointless, find_undefined, find_unknown_members


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, "print(rate(1))\n", [("rate", 1)]),
        (None, "def rate(n):\n    return n\nprint(rate(1))\n", []),
        ("x = lost\n", "y = 1\nx = lost\n", []),
        ("x = lost\n", "y = lost\nx = lost\n", [("lost", 2)]),
        (None, "from os import *\npath.join()\n", []),  # may come from there
        (None, "def f():\n    print(n)\n    n = 1\n", [("n", 2)]),
        (None, "import os\n", []),  # is not used, which is another matter
        (None, "def f(:\n", []),
        (None, "x = 1\0\n", []),
        (None, "print(__file__, __name__)\n", []),
    ],
)
def test_undefined_names(old: str | None, new: str, expected: list[tuple[str, int]]) -> None:
    assert [(found.what, found.line) for found in find_undefined(old, new)] == expected


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (None, "def f():\n    return 1\n    x = 2\n    y = 3\n", [3]),
        ("def f():\n    return 1\n    x = 2\n", "def f():\n    a()\n    return 1\n    x = 2\n", []),
        (None, "for i in x:\n    if i:\n        continue\n    else:\n        raise E\n        g()\n", [6]),
        (None, "f = lambda: 1\nx = [1 for _ in y]\nreturn_ = 1\n", []),
        (
            None,
            "from src.pack.form import a\nfrom pack.form import b\nfrom pack import form\nfrom . import c\n",
            [1, 2],
        ),
        (None, "def f(:\n", []),
    ],
)
def test_pointless_statements(old: str | None, new: str, lines: list[int]) -> None:
    assert [found.line for found in find_pointless(PurePosixPath("src/pack/form.py"), old, new)] == lines


CONTACT = """@dataclass
class Contact:
    name: str
    email: str = ""

    def to_dict(self):
        return {"name": self.name}
"""


@pytest.mark.parametrize(
    ("replaced", "by", "expected"),
    [
        ("self.name}", "self.phone}", [("Contact.phone", 7, 4)]),
        ("self.name}", "self._load()}", [("Contact._load", 7, None)]),
        ("class Contact:", "class Contact(Unknown):", []),
        ("class Contact:", "class Contact(ValueError):", []),
        ("@dataclass", "@magical", []),
        ("self.name}", "self.__class__.__name__}", []),
        ("def to_dict", "@staticmethod\n    def to_dict", []),
        ("def to_dict(self):", "def __getattr__(self, name):\n        return self.lost\n    def to_dict(self):", []),
    ],
)
def test_members_that_nothing_defines(replaced: str, by: str, expected: list[tuple[str, int, int | None]]) -> None:
    assert [tuple(found) for found in find_unknown_members(CONTACT, CONTACT.replace(replaced, by))] == expected


def test_members_are_known_wherever_the_file_stores_them() -> None:
    text = """class Base:
    if True:
        kind = 1
    for size in range(3):
        pass
    import os as system

    def __init__(self):
        self.one, self.two = 1, 2

class Derived(Base):
    def all(self):
        with open("x") as self.file:
            return self.kind, self.size, self.system, self.one, self.two, self.late, self.file

    def loop(self):
        return self.lost

def late(thing):
    thing.late = 1
"""
    assert [tuple(found) for found in find_unknown_members(None, text)] == [("Derived.lost", 17, 12)]
    assert find_unknown_members(text, text) == []
    assert find_unknown_members(None, text.replace("(Base)", "(Derived)")) == []  # a class cannot be its own base


@pytest.mark.parametrize(
    "method",
    [
        "def make(self):\n        class Handler(Base):\n            def do(self):\n                self.send()",
        "def get(self, key, /, default):\n        return default.copy()",
        "def each(self, done):\n        return [done(lambda self: self.lost)]",
        "def __init_subclass__(cls):\n        cls.lost()",
        "def close(self):\n        if hasattr(self, 'on_close'):\n            self.on_close()",
    ],
)
def test_what_is_no_use_of_the_class_itself_is_none(method: str) -> None:
    assert find_unknown_members(None, f"class A:\n    {method}\n") == []
