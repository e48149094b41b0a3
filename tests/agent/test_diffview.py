"""A diff on a terminal: readable, in bounds, and never in control of it."""

import io
import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from agent.diffview import show_patch, show_summary
from agent.patch import FilePatch, Hunk, Line, Marker, Patch
from agent.render import patch_text

_MARKERS: dict[str, Marker] = {" ": " ", "-": "-", "+": "+"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PLAIN_ANSI = frozenset([0, 1, 2, 3, 7, *range(30, 40), *range(90, 98)])


def _lines(*marked: str) -> tuple[Line, ...]:
    return tuple(Line(_MARKERS[text[0]], text[1:]) for text in marked)


def _file(name: str, *hunks: Hunk, mode: str | None = None) -> FilePatch:
    path = PurePosixPath(name)
    return FilePatch(path, path, hunks, mode)


def _shown(patch: Patch, *, terminal: bool = True, width: int = 80, no_color: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=terminal, no_color=no_color, color_system="standard", legacy_windows=False
    )
    show_patch(patch, console)
    return out.getvalue()


_PATCH = Patch(
    (
        _file(
            "src/app.py",
            Hunk(8, _lines(" def f(a):", "-    return 1", "+    # why", "+    return 'two'", " "), "class C:"),
            Hunk(20, _lines(" a", "+b")),
        ),
        FilePatch(None, PurePosixPath("new.py"), (Hunk(0, (Line("+", "x = 1", newline=False),)),), "100755"),
        FilePatch(PurePosixPath("old.md"), None, (Hunk(1, _lines("-gone")),)),
        FilePatch(PurePosixPath("a.py"), PurePosixPath("b.py"), ()),
        _file("run.sh", mode="100755"),
    )
)
_SUMMARY = """\
+3 -1 src/app.py
+1 -0 new.py (new)
+0 -1 old.md (deleted)
+0 -0 b.py (renamed from a.py)
+0 -0 run.sh (mode 100755)
+4 -2 in 5 files
"""


def test_elsewhere_it_is_the_plain_diff() -> None:
    assert _shown(_PATCH, terminal=False) == patch_text(_PATCH) + _SUMMARY


def test_on_a_terminal_it_has_numbers_and_signs() -> None:
    assert _COLOUR.sub("", _shown(_PATCH)).split("diff --git a/new.py")[0] == (
        "diff --git a/src/app.py b/src/app.py\n"
        "--- a/src/app.py\n"
        "+++ b/src/app.py\n"
        "@@ -8,3 +8,4 @@ class C:\n"
        " 8  def f(a):\n"
        " 9 -    return 1\n"
        " 9 +    # why\n"
        "10 +    return 'two'\n"
        "11  \n"
        "@@ -20,1 +21,2 @@\n"
        "21  a\n"
        "22 +b\n"
    )


def test_on_a_wide_terminal_old_and_new_stand_side_by_side() -> None:
    rows = _COLOUR.sub("", _shown(_PATCH, width=160)).split("diff --git a/new.py")[0].splitlines()
    halves = [tuple(half.rstrip() for half in row.split(" │ ")) for row in rows[4:8]]
    assert halves == [
        (" 8  def f(a):", " 8  def f(a):"),
        (" 9 -    return 1", " 9 +    # why"),
        ("", "10 +    return 'two'"),
        ("10", "11"),
    ]
    assert {row.index("│") for row in rows[4:8]} == {79}
    assert rows[-2:] == ["21  a", "22 +b"]  # nothing is removed there: the new text alone
    assert "│" not in _shown(_PATCH, width=159)


def test_a_long_line_is_folded_within_its_half() -> None:
    hunk = Hunk(1, _lines("-" + "x" * 200, "+" + "y" * 300, "+short"))
    shown = _COLOUR.sub("", _shown(Patch((_file("a", hunk),)), width=200)).split("@@\n")[1].splitlines()[:-1]
    assert [row.split(" │ ")[0].strip()[:3] for row in shown] == ["1 -", "…xx", "…xx", "", ""]
    assert [row.split(" │ ")[1].strip()[:3] for row in shown] == ["1 +", "…yy", "…yy", "…yy", "2 +"]
    assert sum(row.count("x") for row in shown) == 200
    assert sum(row.count("y") for row in shown) == 300


def test_added_is_green_removed_red_and_tokens_differ() -> None:
    rows = _shown(_PATCH).splitlines()
    added = next(row for row in rows if "two" in row)
    removed = next(row for row in rows if "return 1" in row)
    assert added.startswith("\x1b[32m10 +")
    assert "\x1b[1;32mreturn" in added
    assert removed.startswith("\x1b[31m 9 -")
    assert "\x1b[1;35mdef" in next(row for row in rows if "def" in row)


def test_no_color_keeps_weight_and_drops_colour() -> None:
    shown = _shown(_PATCH, no_color=True)
    codes = {int(code) for part in _COLOUR.findall(shown) for code in part[2:-1].split(";")}
    assert codes <= {0, 1, 2, 3, 7}
    assert _COLOUR.sub("", shown) == _COLOUR.sub("", _shown(_PATCH))


def test_one_file_needs_no_total() -> None:
    out = io.StringIO()
    show_summary(Patch(_PATCH.files[:1]), Console(file=out))
    assert out.getvalue() == "+3 -1 src/app.py\n"


def test_trailing_space_is_marked() -> None:
    assert "\x1b[7;32m  " in _shown(Patch((_file("a.py", Hunk(1, _lines("+x = 1  "))),)))


def test_a_changed_line_ending_is_seen() -> None:
    lines = (Line("-", "x", crlf=True), Line("+", "x"))
    assert "-x␍\n" in _COLOUR.sub("", _shown(Patch((_file("a", Hunk(1, lines)),))))
    same = (Line(" ", "x", crlf=True), Line("+", "y", crlf=True))
    assert "␍" not in _shown(Patch((_file("a", Hunk(1, same)),)))


def test_a_hunk_of_unknown_place_has_no_numbers() -> None:
    shown = _COLOUR.sub("", _shown(Patch((_file("a", Hunk(0, _lines(" x", "+y"), trusted=False)),))))
    assert "@@ ... @@\n   x\n  +y\n" in shown


def test_tabs_stay_tabs_in_the_plain_diff_and_are_drawn_on_a_terminal() -> None:
    patch = Patch((_file("Makefile", Hunk(1, _lines("+\tcc", "+a\tb"))),))
    assert "+\tcc\n" in _shown(patch, terminal=False)
    assert "+    cc\n" in _COLOUR.sub("", _shown(patch))


def test_a_minified_line_is_cut_and_counted() -> None:
    shown = _COLOUR.sub("", _shown(Patch((_file("a.js", Hunk(1, _lines("+" + "x" * 100_000))),))))
    assert len(shown.splitlines()) < 15
    assert "more characters" in shown
    n_left = int(re.search(r"… ([\d,]+) more", shown)[1].replace(",", ""))  # type: ignore[index]
    assert n_left + sum(row.count("x") for row in shown.splitlines() if " +x" in row or "…x" in row) == 100_000


_hostile = st.text(
    st.one_of(st.sampled_from("\x1b[]\x9b\r\t\x07 \u202e\u200b日é'\"\\#x("), st.characters(exclude_characters="\n")),
    max_size=120,
)


@given(st.lists(st.tuples(st.sampled_from(" -+"), _hostile), min_size=1, max_size=6), st.integers(12, 200))
def test_whatever_it_shows_fits_and_controls_nothing(marked: list[tuple[str, str]], width: int) -> None:
    lines = tuple(Line(_MARKERS[marker], text) for marker, text in marked)
    shown = _shown(Patch((_file("x.py", Hunk(3, lines, "s\x1b[2J")),)), width=width)
    codes = {int(code) for part in _COLOUR.findall(shown) for code in part[2:-1].split(";")}
    assert codes <= _PLAIN_ANSI
    bare = _COLOUR.sub("", shown)
    assert all(character == "\n" or character.isprintable() or character == "\u3000" for character in bare)
    body = bare.split("@@\n" if "@@\n" in bare else "[2J\n", 1)[1].splitlines()[:-1]
    assert all(cell_len(row) <= width for row in body)


@pytest.mark.parametrize("name", ["a.py", "a.html", "a.json", "a.md", "a.unknown", "Makefile", "a.c", "a.diff"])
@given(lines=st.lists(_hostile, max_size=5))
def test_no_lexer_changes_what_is_shown(name: str, lines: list[str]) -> None:
    marked = tuple(Line("+", text) for text in lines) + _lines("+end")
    as_code = _COLOUR.sub("", _shown(Patch((_file(name, Hunk(1, marked)),)), width=10_000))
    as_text = _COLOUR.sub("", _shown(Patch((_file("x.unknown", Hunk(1, marked)),)), width=10_000))
    assert as_code.split("@@\n")[1].rsplit("\n", 2)[0] == as_text.split("@@\n")[1].rsplit("\n", 2)[0]
