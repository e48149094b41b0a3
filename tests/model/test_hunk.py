"""A hunk against plain search for its places, and against the file that it makes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from model.hunk import HunkState, in_file_order, lines_taken
from model.lines import FileLines

files = st.lists(st.sampled_from(["a", "b", "}", ""]), max_size=10)


def places_of(lines: list[str], old: list[str], taken: set[int]) -> list[int]:
    starts = range(len(lines) - len(old) + 1)
    return [
        start + len(old)
        for start in starts
        if lines[start : start + len(old)] == old and not taken & set(range(start, start + len(old)))
    ]


@settings(max_examples=300)
@given(files, st.data())
def test_whatever_is_written_the_hunks_fit_and_change_the_file(lines: list[str], data: st.DataObject) -> None:
    file = FileLines(lines)
    hunks = [HunkState(file)]
    written: list[tuple[str, str]] = []
    for _ in range(data.draw(st.integers(1, 30))):
        hunk = hunks[-1]
        options = [("+", line) for line in ("a", "}", "new")] if hunk.may_add else []
        distinct = {line for line in lines if hunk.next_lines.starting_with(f"{line}\n".encode())}
        options += [(" ", line) for line in sorted(distinct) if hunk.may_keep]
        options += [("-", line) for line in sorted(distinct) if hunk.removable.starting_with(f"{line}\n".encode())]
        has_room = not lines_taken(file, [*hunks[:-1], hunk.settled]).all() if hunk.may_close else False
        options += [("@", "")] if has_room else []
        assert options or hunk.may_close, "a dead end"
        if not options:
            break
        marker, line = data.draw(st.sampled_from(options))
        if marker == "@":
            hunks[-1] = hunk.settled
            check_change(lines, hunks)
            hunks.append(HunkState(file, hunks))
            written = []
            continue
        if marker != "+":
            hunk.take_old(marker, line)  # type: ignore[arg-type]  # one of the two
            written.append((marker, line))
        elif hunk.restores(line):
            kept = list(hunk.keep_removed())
            run = 2 * len(kept) - 1
            assert all(marker != " " for marker, _ in written[len(written) - run :])
            written = [*written[: len(written) - run], *((" ", line) for line in kept)]
        else:
            hunk.add(line)
            written.append((marker, line))
        check_places(lines, hunk, hunks[:-1], written)
    if hunks[-1].may_close:
        check_change(lines, [*hunks[:-1], hunks[-1].settled])


def check_places(lines: list[str], hunk: HunkState, earlier: list[HunkState], written: list[tuple[str, str]]) -> None:
    old = [line for marker, line in written if marker != "+"]
    taken = {index for other in earlier for index in range(other.start, other.end)}
    places = places_of(lines, old, taken)
    at_top = written[0][0] == "+"
    expected = [len(old)] if at_top else places
    assert hunk._places.tolist() == expected
    assert hunk._lines == written
    if hunk.may_close:
        assert len(places) >= 1
        stuck = [place for place in expected if place == len(lines) or place in taken]
        assert len(expected) == 1 or stuck
        assert hunk.settled.end == (expected if len(expected) == 1 else stuck)[-1]
        assert hunk.side("-") != hunk.side("+")


def check_change(lines: list[str], hunks: list[HunkState]) -> None:
    new: list[str] = []
    at = shift = 0
    for hunk in in_file_order(hunks):
        assert hunk.start >= at
        assert lines[hunk.start : hunk.end] == hunk.side("-")
        new += [*lines[at : hunk.start], *hunk.side("+")]
        n_old, n_new = len(hunk.side("-")), len(hunk.side("+"))
        head = f"@@ -{hunk.start + (n_old > 0)},{n_old} +{hunk.start + shift + (n_new > 0)},{n_new} @@\n"
        assert hunk.render(shift).startswith(head)
        shift += hunk.growth
        at = hunk.end
    assert new + lines[at:] != lines


def test_a_deletion_removes_every_line() -> None:
    lines = ["}"] * 20_000
    hunk = HunkState.deletion(FileLines(lines))
    assert hunk.may_close
    assert hunk.render(0).startswith("@@ -1,20000 +0,0 @@\n-}\n")
    assert hunk.growth == -20_000
    assert not HunkState.deletion(FileLines([])).may_close


def test_a_repetition_is_found_with_the_lines_before_it() -> None:
    hunk = HunkState(FileLines(["import sys", "", "def one():", "    return 1", "", "def one():"]))
    hunk.take_old(" ", "import sys")
    assert hunk.n_repeated("    return 1") is None  # it stands further on
    assert hunk.n_skipped("    return 1") == 2
    assert hunk.n_skipped("def one():") == 0  # it stands there twice
    assert hunk.n_repeated("}") is None
    hunk.add("")
    assert hunk.n_repeated("def one():") == 1
    assert hunk.keep_repeated(1) == ["", "def one():"]
    assert hunk.end == 3
    assert hunk.n_repeated("    return 1") == 0


def test_nothing_is_added_before_the_lines_that_are_owed() -> None:
    hunk = HunkState(FileLines(["one line", "two", "three", "four lines"]))
    hunk.take_old(" ", "one line")
    hunk.owe(hunk.n_skipped("four lines"))
    for line in ("two", "three"):
        assert not hunk.may_add
        assert hunk.may_keep
        hunk.take_old("-", line)
    assert hunk.may_add


def test_accents_in_two_forms_are_the_same_line() -> None:
    """What the model reads is composed, so it writes composed what the file may have decomposed."""
    hunk = HunkState(FileLines(["# cafe\u0301 one", "# cafe\u0301 two", "# cafe\u0301 three"]))
    hunk.take_old("-", "# cafe\u0301 one")
    assert hunk.restores("# caf\u00e9 one")
    assert hunk.n_repeated("# caf\u00e9 two") == 0
    assert hunk.n_skipped("# caf\u00e9 three") == 1
    assert hunk.keep_removed() == ["# cafe\u0301 one"]


def test_what_is_added_first_stands_at_the_top() -> None:
    lines = ["import os", "x = 10", "import os", "y = 10"]
    for line, rest in (("import os", 0), ("other line", None)):
        hunk = HunkState(FileLines(lines))
        assert hunk.n_repeated(line) == rest
        if rest is None:
            hunk.add(line)
            hunk.take_old(" ", "import os")
        else:
            hunk.keep_repeated(rest)
        assert hunk.end == 1
    hunk = HunkState(FileLines(lines))
    hunk.owe(hunk.n_skipped("y = 10"))
    assert not hunk.may_add
    assert [hunk.next_lines.starting_with(b"")[0], hunk.end] == [b"import os\n", 0]
