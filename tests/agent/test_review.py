"""What the user takes is what is applied: no more, no less, and at the right place."""

import difflib
import io
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from agent.hunks import join, split
from agent.keys import ask_on_terminal, edit_in_editor, show_in_editor
from agent.parse import parse_patch
from agent.patch import FilePatch, Hunk, Line, Marker, Patch
from agent.review import Review, review

_MARKERS: dict[str, Marker] = {" ": " ", "-": "-", "+": "+"}


def _lines(*marked: str) -> tuple[Line, ...]:
    return tuple(Line(_MARKERS[text[0]], text[1:]) for text in marked)


def _file(name: str, *hunks: Hunk) -> FilePatch:
    path = PurePosixPath(name)
    return FilePatch(path, path, hunks)


def _console() -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=False)


def _said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


class _Answers:
    """Gives scripted keys; a question too many is an error, and so is an answer too many."""

    def __init__(self, keys: str) -> None:
        self.keys = list(keys)
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self.keys.pop(0)


def _review(
    patch: Patch, keys: str, *, mode: Review = "hunk", edit: Callable[[str], str] | None = None
) -> tuple[Patch, _Answers, str]:
    answers, console = _Answers(keys), _console()
    accepted = review(patch, mode=mode, ask=answers, console=console, edit=edit, parse=parse_patch)
    assert answers.keys == []
    return accepted, answers, _said(console)


_ONE = Hunk(1, _lines(" a", "-b", "+B", " c"), "def f")
_TWO = Hunk(11, _lines(" k", "+new", " l"))
_THREE = Hunk(21, _lines(" u", "-v", " w"))
_SPLITTABLE = Hunk(4, _lines(" d", "-e", "+E", " f", " g", "+G", " h", "-i", " j"), "class C")
_CREATED = FilePatch(None, PurePosixPath("new.py"), (Hunk(0, _lines("+x", "+y")),), "100644")
_DELETED = FilePatch(PurePosixPath("old.py"), None, (Hunk(1, _lines("-x")),))
_RENAMED = FilePatch(PurePosixPath("a.py"), PurePosixPath("b.py"), (_ONE, _TWO))
_PATCH = Patch((_file("p.py", _ONE, _TWO, _THREE), _file("q.py", _ONE)))


class TestKeys:
    @pytest.mark.parametrize(
        ("keys", "in_p", "in_q"),
        [
            ("yyyy", [_ONE, _TWO, _THREE], [_ONE]),
            ("nynn", [_TWO], []),
            ("nnny", [], [_ONE]),
            ("ay", [_ONE, _TWO, _THREE], [_ONE]),
            ("nan", [_TWO, _THREE], []),
            ("ydy", [_ONE], [_ONE]),
            ("yq", [_ONE], []),
            ("q", [], []),
            ("nA", [_TWO, _THREE], [_ONE]),
        ],
    )
    def test_of_git_add_p(self, keys: str, in_p: list[Hunk], in_q: list[Hunk]) -> None:
        accepted, _, _ = _review(_PATCH, keys)
        expected = [_file("p.py", *in_p)] * bool(in_p) + [_file("q.py", *in_q)] * bool(in_q)
        assert accepted == Patch(tuple(expected))

    def test_help_and_unknown_keys_ask_again(self) -> None:
        accepted, answers, said = _review(Patch((_file("p.py", _ONE),)), ["?", "x", "", "s", "y"])  # type: ignore[arg-type]
        assert accepted == Patch((_file("p.py", _ONE),))
        assert len(answers.prompts) == 5
        assert "q - quit: leave this hunk and all that remain" in said
        assert "s - split" not in said
        assert "[y,n,a,d,A,q,?]" in answers.prompts[0]

    def test_words_count_by_their_first_letter(self) -> None:
        accepted, _, _ = _review(_PATCH, ["yes", " quit\n"])  # type: ignore[arg-type]
        assert accepted == Patch((_file("p.py", _ONE),))

    def test_a_hostile_path_does_not_reach_the_prompt(self) -> None:
        _, answers, said = _review(Patch((_file("\x1b[2J[bold]", _ONE),)), "n")
        assert "\x1b" not in answers.prompts[0] + said

    def test_a_change_of_mode_alone_is_a_question(self) -> None:
        path = PurePosixPath("run.sh")
        patch = Patch((FilePatch(path, path, (), "100755"),))
        assert _review(patch, "y")[0] == patch
        assert _review(patch, "n")[0] == Patch(())

    @pytest.mark.parametrize("file", [_CREATED, _DELETED, _RENAMED])
    def test_whole_files_are_one_question(self, file: FilePatch) -> None:
        patch = Patch((file, _file("p.py", _ONE)))
        assert _review(patch, "yy")[0] == patch
        assert _review(patch, "ny")[0] == Patch((patch.files[1],))
        assert _review(patch, "q")[0] == Patch(())
        assert _review(patch, "A")[0] == patch


class TestModes:
    def test_none_asks_nothing(self) -> None:
        assert _review(_PATCH, "", mode="none")[0] is _PATCH

    @pytest.mark.parametrize(("key", "taken"), [("y", True), ("n", False), ("q", False)])
    def test_all_is_one_question(self, key: str, taken: bool) -> None:  # noqa: FBT001
        accepted, _, said = _review(_PATCH, key, mode="all")
        assert accepted == (_PATCH if taken else Patch(()))
        assert "+B" in said
        assert "+3 -3 in 2 files" in said

    @pytest.mark.parametrize(
        ("keys", "names"), [("yny", "pr"), ("a", "pqr"), ("na", "qr"), ("yd", "p"), ("yq", "p"), ("nnn", "")]
    )
    def test_file_is_a_question_a_file(self, keys: str, names: str) -> None:
        files = {name: _file(name, _ONE) for name in "pqr"}
        accepted, _, _ = _review(Patch(tuple(files.values())), keys, mode="file")
        assert accepted == Patch(tuple(files[name] for name in names))

    @pytest.mark.parametrize("mode", ["hunk", "file", "all", "none"])
    def test_an_empty_patch_asks_nothing(self, mode: Review) -> None:
        assert _review(Patch(()), "", mode=mode)[0] == Patch(())


class TestSplit:
    def test_pieces_share_the_context_between_them(self) -> None:
        assert split(_SPLITTABLE) == (
            Hunk(4, _lines(" d", "-e", "+E", " f", " g"), "class C"),
            Hunk(6, _lines(" f", " g", "+G", " h"), "class C"),
            Hunk(8, _lines(" h", "-i", " j"), "class C"),
        )

    def test_taking_all_pieces_gives_the_hunk_back(self) -> None:
        patch = Patch((_file("p.py", _SPLITTABLE, _THREE),))
        accepted, _, said = _review(patch, "syyyy")
        assert accepted == patch
        assert "Split into 3 hunks." in said

    @pytest.mark.parametrize(
        ("keys", "starts"), [("synn", [4]), ("snyn", [6]), ("syny", [4, 8]), ("snyy", [6]), ("sna", [6]), ("sd", [])]
    )
    def test_some_pieces(self, keys: str, starts: list[int]) -> None:
        accepted, _, _ = _review(Patch((_file("p.py", _SPLITTABLE),)), keys)
        assert [hunk.old_start for file in accepted.files for hunk in file.hunks] == starts

    def test_a_hunk_of_unknown_place_is_not_split(self) -> None:
        hunk = Hunk(0, _SPLITTABLE.lines, trusted=False)
        assert split(hunk) == (hunk,)
        assert join((hunk, hunk)) == (hunk, hunk)

    def test_neighbours_that_only_touch_stay_apart(self) -> None:
        hunks = (Hunk(1, _lines("-a", " b")), Hunk(3, _lines(" c", "+d")))
        assert join(hunks) == hunks


class TestEdit:
    def _edit(self, change: Callable[[str], str], keys: str) -> tuple[Patch, str]:
        accepted, _, said = _review(Patch((_file("p q.py", _TWO, _ONE),)), "n" + keys, edit=change)
        return accepted, said

    def test_an_edited_hunk_stands_in_its_place(self) -> None:
        accepted, _ = self._edit(lambda text: text.replace("+B", "+B1\n+B2"), "e")
        expected = Hunk(1, _lines(" a", "-b", "+B1", "+B2", " c"), "def f")
        assert accepted == Patch((_file("p q.py", expected),))

    def test_a_removed_line_may_be_kept(self) -> None:
        accepted, _ = self._edit(lambda text: text.replace("-b", " b"), "e")
        assert accepted.files[0].hunks[0].lines == _lines(" a", " b", "+B", " c")

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (lambda text: text.replace(" a\n", " other\n"), "expected 'a', found 'other'"),
            (lambda text: text.replace(" a\n", ""), "expected 'a', found 'b'"),
            (lambda text: text.replace(" c\n", " c\n more\n"), "expected no further line, found 'more'"),
            (lambda text: text.replace("-b\n+B", " b"), "nothing that changes"),
            (lambda text: text.replace("-b", "*b"), "begins with none of"),
            (lambda _text: "", "nothing is left"),
            (lambda _text: "# only a comment\n", "nothing is left"),
            (lambda _text: "no diff at all", "as it was"),
            (lambda text: text[: text.index("#")] * 2, "2 hunks"),
        ],
    )
    def test_what_cannot_stand_is_asked_again(self, change: Callable[[str], str], why: str) -> None:
        accepted, said = self._edit(change, "ey")
        assert why in " ".join(said.split())
        assert accepted == Patch((_file("p q.py", _ONE),))

    def test_an_editor_that_is_not_there(self) -> None:
        def fail(_text: str) -> str:
            raise FileNotFoundError("no-such-editor")

        accepted, said = self._edit(fail, "en")
        assert "no-such-editor" in said
        assert accepted == Patch(())

    def test_endings_of_the_old_lines_survive(self) -> None:
        hunk = Hunk(1, (Line(" ", "a", crlf=True), Line("-", "b", newline=False), Line("+", "c", newline=False)))
        accepted, _, _ = _review(
            Patch((_file("p", hunk),)), "e", edit=lambda text: text.replace("\\ No newline at end of file\n", "", 1)
        )
        assert accepted.files[0].hunks[0].lines == hunk.lines

    def test_a_split_and_edited_piece_joins_its_neighbours(self) -> None:
        accepted, _, _ = _review(
            Patch((_file("p", _SPLITTABLE),)), "seyy", edit=lambda text: text.replace(" g\n", "-g\n+g2\n")
        )
        (hunk,) = accepted.files[0].hunks
        assert hunk.lines == _lines(" d", "-e", "+E", " f", "-g", "+g2", "+G", " h", "-i", " j")

    def test_a_file_is_opened_and_then_asked_about_again(self) -> None:
        opened: list[FilePatch] = []
        files = (_file("p", _ONE), _CREATED)
        accepted = review(Patch(files), mode="hunk", ask=_Answers("oyooy"), console=_console(), open_=opened.append)
        assert (accepted, opened) == (Patch(files), [files[0], files[1], files[1]])

    def test_an_editor_that_does_not_start_is_told(self) -> None:
        def fail(_: FilePatch) -> None:
            raise FileNotFoundError("no-such-editor")

        console = _console()
        review(Patch((_file("p", _ONE),)), mode="hunk", ask=_Answers("oy"), console=console, open_=fail)
        assert "It cannot be opened: no-such-editor." in _said(console)

    def test_no_key_without_an_editor(self) -> None:
        assert "e" not in _review(Patch((_file("p", _ONE),)), "y")[1].prompts[0].split("[")[1]


def _apply(lines: list[str], hunks: tuple[Hunk, ...]) -> list[str]:
    """Apply hunks strictly: in order, without overlap, each old line where it says."""
    result: list[str] = []
    at = 0
    for hunk in hunks:
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        assert start >= at
        assert tuple(lines[start : start + len(hunk.old_lines)]) == hunk.old_lines
        result += lines[at:start]
        result += hunk.new_lines
        at = start + len(hunk.old_lines)
    return result + lines[at:]


def _diff(old: list[str], new: list[str], context: int) -> tuple[Hunk, ...]:
    hunks = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context):
        lines: list[Line] = []
        for tag, i, j, k, m in group:
            if tag == "equal":
                lines += [Line(" ", text) for text in old[i:j]]
            else:
                lines += [Line("-", text) for text in old[i:j]] + [Line("+", text) for text in new[k:m]]
        start = group[0][1]
        hunks.append(Hunk(start + any(line.marker != "+" for line in lines), tuple(lines)))
    return tuple(hunks)


_texts = st.lists(st.sampled_from("abcde"), max_size=14)


class TestProperties:
    @given(_texts, _texts, st.integers(0, 4))
    def test_accepting_everything_changes_nothing(self, old: list[str], new: list[str], context: int) -> None:
        hunks = _diff(old, new, context)
        patch = Patch((_file("p", *hunks),) if hunks else ())
        assert _review(patch, "y" * len(hunks))[0] == patch

    @given(_texts, _texts, st.integers(0, 4), st.data())
    def test_any_answers_give_a_part_that_applies(
        self, old: list[str], new: list[str], context: int, data: st.DataObject
    ) -> None:
        hunks = _diff(old, new, context)
        if not hunks:
            return

        def answer(prompt: str) -> str:
            return data.draw(st.sampled_from([key for key in "ynads" if key in prompt.split("[")[1]]))

        accepted = review(Patch((_file("p", *hunks),)), mode="hunk", ask=answer, console=_console())
        taken = accepted.files[0].hunks if accepted.files else ()
        _apply(old, taken)
        offered = [line for hunk in hunks for line in hunk.lines if line.marker != " "]
        for line in (line for hunk in taken for line in hunk.lines if line.marker != " "):
            offered.remove(line)

    @given(_texts, _texts, st.integers(0, 4))
    def test_splitting_and_joining_is_the_identity(self, old: list[str], new: list[str], context: int) -> None:
        hunks = _diff(old, new, context)
        assert join(tuple(piece for hunk in hunks for piece in split(hunk))) == hunks
        assert _apply(old, hunks) == new
        for hunk in hunks:
            for piece in split(hunk):
                _apply(old, (piece,))


_ASKER = """
import fcntl, os, sys, termios
terminal = os.open(sys.argv[1], os.O_RDWR)
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
from agent.keys import ask_on_terminal
before = termios.tcgetattr(terminal)
try:
    answers = [ask_on_terminal("? ") for _ in range(int(sys.argv[2]))]
except KeyboardInterrupt:
    answers = ["interrupted"]
print(*map(repr, answers), termios.tcgetattr(terminal) == before)
"""


def _wait_for(lead: int, text: bytes) -> None:
    seen = b""
    while text not in seen:
        assert select.select([lead], [], [], 60)[0], seen
        seen += os.read(lead, 1000)


class TestTerminal:
    """The real asker, on a terminal of its own."""

    def _ask(self, *typed: bytes, n_questions: int = 0) -> str:
        lead, follow = pty.openpty()
        asker = subprocess.Popen(
            [sys.executable, "-c", _ASKER, os.ttyname(follow), str(n_questions or len(typed))],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        try:
            for keys in typed:
                _wait_for(lead, b"? ")
                os.write(lead, keys)
            return asker.communicate(timeout=60)[0].strip()
        finally:
            asker.kill()
            os.close(lead)
            os.close(follow)

    @pytest.mark.parametrize(
        ("typed", "answer"),
        [
            (b"y", "'y'"),
            (b"A", "'A'"),
            (b"\x04", "'q'"),
            (b"\x1b[A", "''"),  # arrow up is not "accept everything"
            (b"\x1bOA", "''"),
            (b"\x1b", "''"),
            (b"\r", "''"),
            ("é".encode(), "'é'"),
            (b"\x03", "'interrupted'"),
        ],
    )
    def test_one_key(self, typed: bytes, answer: str) -> None:
        assert self._ask(typed) == f"{answer} True"

    @pytest.mark.parametrize("arrow", [b"\x1b[A", b"\x1bOA", b"\x1b[1;5A"])
    def test_nothing_of_an_arrow_key_is_left_for_the_next_question(self, arrow: bytes) -> None:
        assert self._ask(arrow, b"n") == "'' 'n' True"

    def test_what_is_typed_ahead_counts(self) -> None:
        assert self._ask(b"ynq", n_questions=3) == "'y' 'n' 'q' True"

    def test_without_a_terminal_a_line_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def no_terminal(*_args: object) -> int:
            raise OSError

        monkeypatch.setattr("agent.keys.os.open", no_terminal)
        monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n\n"))
        assert [ask_on_terminal("? ") for _ in range(3)] == ["yes", "", "q"]


class TestEditor:
    def test_visual_goes_before_editor_and_may_have_arguments(self, tmp_path: Path) -> None:
        script = tmp_path / "my editor"
        script.write_text('#!/bin/sh\nprintf "%s" "$1" >> "$2"\n')
        script.chmod(0o755)
        variables = {"VISUAL": f"'{script}' added", "EDITOR": "false"}
        assert edit_in_editor("é\udc80\n", variables) == "é\udc80\nadded"

    @pytest.mark.parametrize(
        ("editor", "flags"),
        [("vim", ["-d"]), ("code --new-window", ["--new-window", "--wait", "--diff"]), ("nano", None)],
    )
    def test_before_and_after_are_compared_where_the_editor_can(
        self, tmp_path: Path, editor: str, flags: list[str] | None
    ) -> None:
        name, *_ = editor.split()
        script, log = tmp_path / name, tmp_path / "log"
        script.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" > {log}\nfor a; do case $a in /*) cat "$a" >> {log};; esac; done\n'
        )
        script.chmod(0o755)
        show_in_editor("-x.py", "old\n", "new é\udc80\n", {"EDITOR": f"{tmp_path}/{editor}", "PATH": str(tmp_path)})
        *said, last = log.read_bytes().splitlines()
        shown = [line.decode() for line in said if line.startswith(b"/")]
        assert [Path(path).name for path in shown] == ["-x.py"] * (2 if flags else 1)
        assert last == "new é".encode() + b"\x80"
        assert [line.decode() for line in said if line.startswith(b"-")] == (flags or [])
        assert (b"old" in said) == bool(flags)
        assert not Path(shown[0]).exists()

    def test_visual_studio_code_is_taken_where_the_editor_cannot_compare(self, tmp_path: Path) -> None:
        script = tmp_path / "code"
        script.write_text(f'#!/bin/sh\necho "$1 $2" > {tmp_path}/log\n')
        script.chmod(0o755)
        show_in_editor("x.py", "old\n", "new\n", {"EDITOR": "nano", "PATH": str(tmp_path)})
        assert (tmp_path / "log").read_text() == "--wait --diff\n"

    def test_a_failing_editor_gives_up(self) -> None:
        assert edit_in_editor("text", {"EDITOR": "false"}) == ""

    def test_a_missing_one_is_named(self) -> None:
        with pytest.raises(OSError, match="no-such-editor"):
            edit_in_editor("text", {"EDITOR": "no-such-editor"})
