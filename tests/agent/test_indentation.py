"""What stands behind a closing brace as if it were inside is found."""

import pytest

from agent.indentation import find_misplaced

CLASS = ["class A {", "  go() {", "    return 1;", "  }", "}"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (CLASS, [*CLASS, "", "  stop() {", "  }"], 6),
        (CLASS, [*CLASS, "", "function stop() {", "}"], None),
        (CLASS, [*CLASS[:4], "", "  stop() {", "  }", "}"], None),
        ([*CLASS, "  odd();"], ["x();", *CLASS, "  odd();"], None),  # as it was
        ([*CLASS, "  odd();"], [*CLASS, "  odd();", *CLASS, "  odd();"], 11),
        (CLASS, [*CLASS, "  .then();"], None),
        ([], ["int a;", "\tif (a) {", "        }", "\tb();"], None),  # a tab is as deep as eight spaces
        ([], [], None),
    ],
)
def test_lines_behind_a_brace(old: list[str], new: list[str], expected: int | None) -> None:
    assert find_misplaced(old, new) == expected
