"""Names without a definition: those that a change brings in are found, those from before are left."""

import pytest

from agent.names import find_undefined


def found(old: str | None, new: str, language: str = "python") -> list[tuple[str, int]]:
    return [(use.name, use.line) for use in find_undefined(language, old, new)]


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
    assert found(old, new) == expected


def test_other_languages_are_not_judged() -> None:
    assert found(None, "rate(1);", "javascript") == []
    assert find_undefined(None, None, "rate") == ()
