"""Which definitions and paragraphs a file's lines lie in."""

import pytest

from model.blocks import find_blocks, find_paragraphs, is_leading, leaves, n_blank_lines

C = """#include <stdio.h>
#include "ring.h"

/* Adds. */
int add(int a, int b)
{
    if (a) {
        return a + b;
    } else {
        return b;
    }
}

struct Ring {
    int size;
};
"""
PYTHON = """import os
import re

LIMIT = 3


class Box:
    side = 1

    def area(
        self,
        scale,
    ):
        return scale * self.side

    @property
    def name(self):
        return "box"


if __name__ == "__main__":
    print(Box())
"""


def headings(text: str) -> list[tuple[str, int, int]]:
    lines = text.splitlines()
    found = leaves(list(find_blocks(lines)))
    found += find_paragraphs(lines, found)
    return [(block.heading, block.start, block.last) for block in sorted(found, key=lambda block: block.start)]


def test_definitions_end_before_what_closes_them() -> None:
    assert headings(C) == [
        ("#include <stdio.h>", 0, 1),
        ("int add(int a, int b)", 4, 10),
        ("struct Ring {", 13, 14),
    ]


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("int a() {\n  b();\n}\nx\n", 2),
        ("call(() => {\n  b();\n});\n", 2),
        ("def a\n  b\nend\n", 2),
        ("def a():\n    b()\nend()\n", 1),
        ("  def a():\n    b()\n}\n", 1),
    ],
)
def test_what_closes_a_definition_is_known(text: str, closed: int) -> None:
    assert next(find_blocks(text.splitlines())).closed == closed


def test_what_a_bracket_with_more_behind_it_closes_has_no_end() -> None:
    for text, lacks_end in (("typedef struct {\n  int a;\n} Ring;\n", True), ("struct Ring {\n  int a;\n};\n", False)):
        assert next(find_blocks(text.splitlines())).lacks_end is lacks_end


@pytest.mark.parametrize(
    ("text", "n_blank"),
    [
        ("def a():\n    b()\n\n\n\ndef c():\n    d()\n", 2),
        ("x = 1\n\ndef a():\n    b()\n\n\n", 1),
        ("int a() {\n  b();\n}\n\nint c;\n", 1),
        ("class A:\n    b: int\nx = 1\n", 0),
    ],
)
def test_definitions_are_set_apart_by_blank_lines(text: str, n_blank: int) -> None:
    lines = text.splitlines()
    assert n_blank_lines(lines, next(find_blocks(lines))) == n_blank


def test_methods_stand_for_their_class() -> None:
    assert headings(PYTHON) == [
        ("import os", 0, 1),
        ("LIMIT = 3", 3, 3),
        ("class Box:", 6, 7),
        ("def area(", 9, 13),
        ("def name(self):", 16, 17),
        ('if __name__ == "__main__":', 20, 21),
    ]


def test_flat_files_have_paragraphs() -> None:
    assert headings("[a]\nx = 1\n\n; note\n[b]\ny = 2\n{\n") == [("[a]", 0, 1), ("[b]", 4, 6)]
    assert headings("") == []
    assert headings("\n\n}\n") == []


def test_a_text_on_several_lines_does_not_end_its_definition() -> None:
    lines = 'def page():\n    return f"""\n<p>\n  text\n</p>\n"""\n\n\ndef next():\n    pass\n'
    assert headings(lines) == [("def page():", 0, 5), ("def next():", 8, 9)]


@pytest.mark.parametrize("ruler", ["# -----", "---", "/**"])
def test_a_ruler_closes_nothing(ruler: str) -> None:
    [block] = find_blocks(["def f():", "    return 1", "", ruler])
    assert (block.last, block.closed) == (1, 1)


@pytest.mark.parametrize("odd", ['    pen.write("`")', "    // as `this' says", "    # a ` alone"])
def test_a_backtick_that_is_no_text_hides_nothing(odd: str) -> None:
    lines = ["def f():", odd, "    return 1", "", "def g():", "    return 2"]
    assert [block.heading for block in find_blocks(lines)] == ["def f():", "def g():"]


def test_what_only_looks_like_a_comment_says_something() -> None:
    assert not any(map(is_leading, ["*out = x;", "--n;", "*args,", "#include <a.h>"]))
    assert all(map(is_leading, ["", "# a", "#!/bin/sh", "* a", "-- a", "@property", "#[test]", "## a"]))
