"""What a user is told of how a patch was placed."""

from pathlib import PurePosixPath

import pytest

from agent.parse import parse_patch
from agent.place import place
from agent.placed_as import placed_as
from agent.validate import validate
from repo_index.text import TextFile

TEXT = "one\n  two\nthree \n\u201cfour\u201d\nfive\nsix\n"


def told(diff: str, name: str = "a.md", text: str = TEXT, *, allow_syntax_errors: bool = False) -> tuple[str, ...]:
    texts = {PurePosixPath(name): TextFile.from_text(text)}
    head = f"--- a/{name}\n+++ b/{name}\n"
    return placed_as(validate(place(parse_patch(head + diff), texts), allow_syntax_errors=allow_syntax_errors))


@pytest.mark.parametrize("header", ["@@ -5 +5 @@", "@@", "@@ -1,9 +1,9 @@"])
def test_what_fits_is_one_sentence(header: str) -> None:
    assert told(f"{header}\n-five\n+5\n") == ("Placed exactly: 1 hunk.",)


@pytest.mark.parametrize(
    ("diff", "sentence"),
    [
        ("@@ -2 +2 @@\n-five\n+5\n", "a.md, hunk 1: at line 5 (offset 3 lines)"),
        ("@@ -6 +6 @@\n-five\n+5\n", "a.md, hunk 1: at line 5 (offset -1 line)"),
        ("@@ -3 +3 @@\n-three\n+3\n", "a.md, hunk 1: at line 3, trailing space aside"),
        (
            "@@ -1 +1 @@\n-two\n+2\n",
            "a.md, hunk 1: at line 2 (offset 1 line), indentation aside: its lines are indented as the file is",
        ),
        ('@@ -4 +4 @@\n-"four"\n+4\n', "a.md, hunk 1: at line 4, indentation and typographic punctuation aside"),
    ],
)
def test_what_does_not_is_told(diff: str, sentence: str) -> None:
    assert told(diff) == ("Placed exactly: 0 of 1 hunk. Placed otherwise:", f"  {sentence}")


def test_lines_added_at_a_number_are_where_they_say() -> None:
    assert told("@@ -5,0 +6 @@\n+new\n") == ("Placed exactly: 1 hunk.",)


def test_hunks_are_counted_as_the_diff_has_them() -> None:
    diff = "@@ -1 +1 @@\n-one\n+1\n@@ -4 +4 @@\n-five\n+5\n"
    assert told(diff)[1] == "  a.md, hunk 2: at line 5 (offset 1 line)"


def test_many_are_counted() -> None:
    text = "".join(f"{n}\n" for n in range(60))
    diff = "--- a/a.md\n+++ b/a.md\n" + "".join(f"@@ -{n} +{n} @@\n-{n}\n+x\n" for n in range(1, 60, 2))
    texts = {PurePosixPath("a.md"): TextFile.from_text(text)}
    sentences = placed_as(validate(place(parse_patch(diff), texts)))
    assert (len(sentences), sentences[-1]) == (22, "  and 10 more")


def test_what_is_not_checked_or_broken_is_said() -> None:
    assert told("@@ -5 +5 @@\n-five\n+5\n", "a.f90")[1:] == ("Not checked for syntax, for want of a grammar: a.f90.",)
    broken = told("@@ -1 +1 @@\n-5\n+[5\n", "a.json", "5\n", allow_syntax_errors=True)
    assert broken[1:] == ("Syntax errors that were allowed:", "  a.json:1:3: missing ]: [5")
