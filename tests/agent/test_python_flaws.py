"""What a change brings in and Python has no use for is found; what was there before is left."""

from pathlib import PurePosixPath

import pytest

from agent.python_flaws import find_pointless, find_undefined


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
    assert find_undefined(old, new) == expected


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
    assert [line for _, line in find_pointless(PurePosixPath("src/pack/form.py"), old, new)] == lines
