"""Where hunks land, what they refuse, and that the new text is the diff's."""

import difflib
import time
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import NoChangeError, PlacementError
from agent.parse import parse_patch
from agent.place import PlacedPatch, place
from agent.render import patch_text
from repo_index.text import TextFile

F = PurePosixPath("f")
HEAD = "--- a/f\n+++ b/f\n"


def placed(text: str, diff: str) -> PlacedPatch:
    return place(parse_patch(diff), {F: TextFile.from_text(text)})


def new_text(text: str, diff: str) -> str:
    new = placed(text, diff).new_texts[F]
    assert new is not None
    return new.encode().decode()


@pytest.mark.parametrize(
    ("text", "hunk", "tier", "start"),
    [
        ("a\nb\n", "@@ -9,1 +9,1 @@\n-b\n+c\n", "exact", 2),
        ("a\nb \n", "@@\n a\n-b\n+c\n", "trailing space", 1),
        ("a\n\tb\n", "@@\n-b\n+c\n", "indentation", 2),
        ("a\n  “b”\n", '@@\n-"b"\n+c\n', "punctuation", 2),
        ("a\u00a0b\n", "@@\n-a b\n+c\n", "punctuation", 1),
    ],
)
def test_tier_is_recorded(text: str, hunk: str, tier: str, start: int) -> None:
    (placement,) = placed(text, HEAD + hunk).placements
    assert (placement.path, placement.hunk_index) == (F, 0)
    assert (placement.tier, placement.old_start) == (tier, start)


def test_an_exact_place_wins_over_looser_ones() -> None:
    assert new_text("b \nb\n  b\n", HEAD + "@@\n-b\n+c\n") == "b \nc\n  b\n"


def test_a_shift_that_is_not_uniform_is_no_match() -> None:
    with pytest.raises(PlacementError, match=r"line 1 is '  a'"):
        placed("  a\n      b\n", HEAD + "@@\n a\n b\n-c\n+d\n".replace("-c\n", ""))


def test_added_lines_lose_the_indentation_that_old_lines_have_too_much() -> None:
    assert new_text("if x:\n    y\n", HEAD + "@@\n     if x:\n-        y\n+        z\n") == "if x:\n    z\n"


def test_lines_removed_and_added_again_keep_the_files_bytes() -> None:
    diff = HEAD + "@@ -1,3 +1,3 @@\n-a\n-b\n-c\n+a\n+B\n+c\n"
    assert new_text("a  \nb\nc\t\n", diff) == "a  \nB\nc\t\n"


def test_a_hunk_that_changes_nothing_is_dropped_and_the_others_stay() -> None:
    result = placed("a\nb\n", HEAD + "@@\n-a\n+a\n@@\n-b\n+c\n")
    assert [placement.hunk_index for placement in result.placements] == [1]
    with pytest.raises(NoChangeError):
        placed("a\nb\n", HEAD + "@@\n a\n b\n")


def test_placed_hunks_have_the_files_lines_and_three_lines_of_context() -> None:
    text = "".join(f"{i} \n" for i in range(1, 21))
    result = placed(text, HEAD + "@@\n 10\n-11\n+eleven\n@@\n-20\n+twenty\n")
    first, second = result.patch.files[0].hunks
    assert (first.old_start, first.old_lines) == (8, tuple(f"{i} " for i in range(8, 15)))
    assert (second.old_start, second.old_lines) == (17, ("17 ", "18 ", "19 ", "20 "))
    again = place(parse_patch(patch_text(result.patch)), {F: TextFile.from_text(text)})
    assert (again.patch, again.new_texts) == (result.patch, result.new_texts)


def test_many_candidates_are_counted() -> None:
    with pytest.raises(PlacementError, match=r"1, 2, 3, 4, 5, 6, 7, 8 and 12 more; add context"):
        placed("x\n" * 20, HEAD + "@@\n-x\n+y\n")


def test_repetitive_files_are_searched_in_linear_time() -> None:
    hunk = HEAD + "@@\n" + " x\n" * 5_000 + "-y\n+z\n"
    before = time.process_time()
    with pytest.raises(PlacementError, match="expects 'y' as old line 5001, but line 5001 is 'x'"):
        placed("x\n" * 10_000, hunk)
    assert time.process_time() - before < 2  # comparing at each line takes 25 times as long


def test_huge_lines_make_a_short_message_soon() -> None:
    with pytest.raises(PlacementError) as caught:
        placed("x" * 1_000_000 + "\n" + "y\n" * 10, HEAD + "@@\n-" + "x" * 900_000 + "\n+y\n")
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("name", "refused"),
    [("DOCS/b.md", True), ("docs/A.md", True), ("docs", True), ("docs/b.md", False), ("docs/a.md/x", True)],
)
def test_new_names_that_another_system_takes_for_old_ones(name: str, *, refused: bool) -> None:
    patch = parse_patch(f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+x\n")
    texts = {PurePosixPath("docs/a.md"): TextFile.from_text("")}
    if refused:
        with pytest.raises(PlacementError):
            place(patch, texts)
    else:
        assert PurePosixPath(name) in place(patch, texts).new_texts


def test_either_spelling_goes_on_where_both_are_there() -> None:
    texts = {PurePosixPath(name): TextFile.from_text("") for name in ("docs/a", "Docs/b")}
    for name in ("docs/c", "Docs/c"):
        place(parse_patch(f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+x\n"), texts)


def test_two_new_files_may_not_differ_in_case_alone() -> None:
    one = "--- /dev/null\n+++ b/{}\n@@ -0,0 +1 @@\n+x\n"
    with pytest.raises(PlacementError, match="letter case"):
        place(parse_patch(one.format("new") + one.format("NEW")), {})


def test_a_rename_may_change_letter_case() -> None:
    patch = parse_patch("diff --git a/readme b/README\nrename from readme\nrename to README\n")
    new = place(patch, {PurePosixPath("readme"): TextFile.from_text("x\n")}).new_texts
    assert new == {PurePosixPath("readme"): None, PurePosixPath("README"): TextFile.from_text("x\n")}


def test_files_that_hold_no_text_are_neither_changed_nor_overwritten() -> None:
    for diff in (HEAD + "@@\n-a\n+b\n", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n"):
        with pytest.raises(PlacementError):
            place(parse_patch(diff), {}, others=[F])


LINE = st.sampled_from(["a", "b", "", " a", "a ", "x = 1", "-- c", "++ d", "é\x0c", "\u2028", "\\ e", "@@ -1 +1 @@"])
TEXT = st.builds(
    lambda lines, last, ending: ending.join([*lines, last]),
    st.lists(LINE, max_size=12),
    st.sampled_from(["", "end"]),
    st.sampled_from(["\n", "\r\n"]),
)


def diff_of(old: str, new: str, *, n_context: int) -> str:
    """Write a diff as `diff -u` does; difflib leaves out the markers for missing newlines."""
    lines = difflib.unified_diff(
        [line + "\n" for line in old.split("\n")[:-1]] + [line for line in old.split("\n")[-1:] if line],
        [line + "\n" for line in new.split("\n")[:-1]] + [line for line in new.split("\n")[-1:] if line],
        "a/f",
        "b/f",
        n=n_context,
    )
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


@given(old=TEXT, new=TEXT, n_context=st.integers(1, 3))
def test_a_diff_of_two_texts_turns_one_into_the_other(old: str, new: str, n_context: int) -> None:
    if old == new:
        return
    assert new_text(old, diff_of(old, new, n_context=n_context)) == new


@given(old=TEXT, new=TEXT)
def test_without_line_numbers_a_diff_is_placed_rightly_or_not_at_all(old: str, new: str) -> None:
    diff = diff_of(old, new, n_context=3)
    vague = "".join("@@ ... @@\n" if line.startswith("@@ -") else line for line in diff.splitlines(keepends=True)[2:])
    if old == new or len(vague.splitlines()) != len(diff.splitlines()) - 2 or "-- c" in diff or "++ d" in diff:
        return
    result = placed_or_none(old, HEAD + vague)
    # one hunk, unambiguous in the whole file: it can only be the right one
    if result is not None and vague.count("@@ ... @@") == 1:
        assert result == new


def placed_or_none(old: str, diff: str) -> str | None:
    try:
        return new_text(old, diff)
    except PlacementError:
        return None
