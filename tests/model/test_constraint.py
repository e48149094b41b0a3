"""Whatever a model prefers, what it writes under the automaton is a diff that applies where it was meant to."""

import random
import shutil
import subprocess
import time
from collections.abc import Container, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from agent.parse import parse_patch
from agent.place import place
from agent.validate import validate
from model.api import CheckFile, Editable, Flaw
from model.constraint import DiffConstraint
from model.correction import Rewrite
from model.decoding import add_bonuses
from model.errors import WeightsError
from model.hints import NEW
from model.hunk import MAX_CONTEXT_RUN, MAX_LEADING_CONTEXT
from model.tokenizer import Tokenizer
from model.tree import FileTree
from model.uses import Uses
from model.vocabulary import Vocabulary
from repo_index.text import TextFile
from tests.fakes.driving import apply_plainly, drive, lines_of
from tests.fakes.logits import HABITS, Copying, Logits, by_habit, repeating
from tests.fakes.repositories import CORPUS, random_repository
from tests.fakes.tokenizers import sentence_piece
from tests.model.conftest import Language

BYTES = Vocabulary([bytes([byte]) for byte in range(256)])
HEADER, FENCE = 256, 257
WITH_MARKS = Vocabulary([*BYTES.tokens, b"---", b"```"])
TAKEN = ("taken.py", "src/taken/x", "DOCS/z", "\u00e4.bin", "caf\u0065\u0301.txt")


class Everything(Container[PurePosixPath]):
    """The user says yes to every file that executes on its own."""

    def __contains__(self, _path: object) -> bool:
        return True


@pytest.fixture(scope="module")
def work_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("work tree")
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


def fill(root: Path, files: dict[PurePosixPath, TextFile], taken: tuple[str, ...]) -> None:
    for child in root.iterdir():
        if child.name != ".git":
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    contents = {path: file.encode() for path, file in files.items()} | {PurePosixPath(path): b"\0" for path in taken}
    for path, content in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def check_applies(diff: str, files: dict[PurePosixPath, TextFile], taken: tuple[str, ...], root: Path) -> None:
    """Follow a diff to the bytes on disk, and compare with what its own line numbers say."""
    expected = apply_plainly(diff, files)
    patch = parse_patch(diff)
    assert all(hunk.trusted for file in patch.files for hunk in file.hunks)
    placed = place(patch, files, others=[PurePosixPath(path) for path in taken])
    for placement in placed.placements:
        hunks = next(file.hunks for file in patch.files if file.path == placement.path)
        assert placement.tier == "exact"
        assert placement.old_start == max(1, hunks[placement.hunk_index].old_start)
    assert {str(path) for path in placed.new_texts} == expected.keys()
    for path, text in placed.new_texts.items():
        lines = expected[str(path)]
        ends_open = path in files and not files[path].ends_with_newline
        if lines and lines[-1] == "" and ends_open:  # what follows is the end of the line before, and no line
            assert text is not None
            assert list(text.lines) in (lines, lines[:-1])
        else:
            assert (None if text is None else list(text.lines)) == lines
    patch_bytes = validate(placed, allow_syntax_errors=True, consent=Everything()).render()
    fill(root, files, taken)
    for options in (["--check"], []):
        git = ["git", "-C", root, "apply", *options, "--whitespace=nowarn", "-"]
        done = subprocess.run(git, input=patch_bytes, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    for path, text in placed.new_texts.items():
        assert not (root / path).exists() if text is None else (root / path).read_bytes() == text.encode()


def model_of(kind: str, vocabulary: Vocabulary, files: dict[PurePosixPath, TextFile], seed: int) -> Logits:
    if kind == "copies":
        return Copying(vocabulary, lines_of(files), seed)
    return repeating(vocabulary, seed) if kind == "repeats" else by_habit(vocabulary, kind, seed)


KINDS = (*HABITS, "repeats", *["copies"] * 6)


@pytest.mark.parametrize("round_", range(5))
def test_whatever_is_decoded_applies(language: Language, round_: int, work_tree: Path) -> None:
    n_diffs = 0
    for number, kind in enumerate(KINDS):
        seed = 1_000_000 * round_ + 1000 * len(language.vocabulary.tokens) + number
        draw = random.Random(seed)
        files = random_repository(seed)
        taken = tuple(draw.sample(TAKEN, draw.randint(0, 3)))
        driven = drive(
            lines_of(files),
            language.tokenizer,
            language.vocabulary,
            model_of(kind, language.vocabulary, files, seed),
            taken=taken,
            seed=seed,
            temperature=draw.choice((0.0, 0.7, 1.0)),
            n_steps=draw.choice((60, 150, 300)),
        )
        assert driven.diff or not driven.done
        if driven.diff:
            check_applies(driven.diff, files, taken, work_tree)
        n_diffs += driven.diff != ""
    assert n_diffs > len(KINDS) // 3


def test_a_model_that_writes_files_anew_is_corrected(language: Language, work_tree: Path) -> None:
    n_rewrites = 0
    for seed in range(8):
        lines = [f"    value_{number} = {number}" for number in range(20)]
        files = {PurePosixPath("one.py"): TextFile.from_text("\n".join([*lines, "", *lines[:3], "end"]))}
        model = Copying(language.vocabulary, lines_of(files), seed)
        driven = drive(lines_of(files), language.tokenizer, language.vocabulary, model, n_steps=600)
        n_rewrites += driven.n_rewrites
        check_applies(driven.diff, files, (), work_tree)
    assert n_rewrites > 3


def test_a_tokenizer_without_byte_fallback_never_gets_stuck(work_tree: Path) -> None:
    """Lines that differ in characters which no token has cannot be chosen between, but they do not end the answer."""
    definition = sentence_piece("import os\ndef add(a, b):\n+-@ `abcdefghijklmnopqrstuvwxyz./" * 3, byte_fallback=False)
    language = Language.of(definition)
    assert not language.vocabulary.spells_all
    text = "".join(f"{mark}\u65e5{number}\n{mark}\u672c\n\u00e9{mark}\n" for number in "abc" for mark in " x")
    files = {PurePosixPath("\u65e5.py"): TextFile.from_text(text), PurePosixPath("\u672c.py"): TextFile.from_text(text)}
    n_diffs = 0
    for seed in range(12):
        model = by_habit(language.vocabulary, list(HABITS)[seed % len(HABITS)], seed)
        driven = drive(lines_of(files), language.tokenizer, language.vocabulary, model, n_steps=120, exact=False)
        if driven.diff:
            n_diffs += 1
            check_applies(driven.diff, files, (), work_tree)
    assert n_diffs


def test_a_tokenizer_without_line_ends_can_write_no_diff() -> None:
    with pytest.raises(WeightsError, match=r"no token for b'\\n', so this model can write no diff"):
        FileTree(Editable({}), Vocabulary([bytes([byte]) for byte in range(256) if byte != 10]))


class Pen:
    """Writes a text byte by byte, and minds what is allowed."""

    def __init__(
        self,
        files: dict[str, list[str]],
        taken: tuple[str, ...] = (),
        check: CheckFile | None = None,
        task: str = "",
        vocabulary: Vocabulary = BYTES,
    ) -> None:
        self.constraint = DiffConstraint(FileTree(Editable(files, taken, check), vocabulary, task))
        self._force()

    def may(self, text: str) -> bool:
        """Whether the next byte may be `text`'s first."""
        return bool(self.constraint.allowed()[text.encode()[0]])

    def write(self, text: str) -> Rewrite | None:
        """Write text and all that is forced after it. Return the correction that the last byte caused."""
        left = text.encode()
        rewrite = None
        while left:
            assert self.constraint.allowed()[left[0]], f"{left!r} may not follow"
            self.constraint.advance(left[:1])
            rewrite = self.constraint.take_rewrite()
            forced, left = self._force(), left[1:]
            assert left.startswith(forced) or forced.startswith(left), f"{forced!r} follows, not {left!r}"
            left = left[len(forced) :]
        return rewrite

    def _force(self) -> bytes:
        forced = b""
        while piece := self.constraint.forced():
            self.constraint.advance(piece)
            forced += piece
        return forced

    def open(self, path: str) -> None:
        """Write headers up to the first line of a hunk."""
        self.open_file(path)
        self.hunk()

    def open_file(self, path: str) -> None:
        """Write headers up to the place of a hunk."""
        self.write(f"--- a/{path}\n")
        self.write("+++ b")

    def hunk(self, heading: str = "") -> None:
        """Begin a hunk, with or without a heading, where that is a choice."""
        if self.may("@"):
            self.write(f"@@ {heading}\n" if heading else "@@\n")

    def offers(self, line: str) -> bool:
        """Whether the line may be one that keeps, removes or heads."""
        return any(choice.rests(line.encode()) for choice in self.constraint._choices)

    @property
    def may_close(self) -> bool:
        return self.may("`")


HELLO = ["import sys", "", "", "def hello(name):", "    return name", "", "", "def main():", "    hello(sys.argv)"]


def test_a_modification_is_rendered_with_counts_and_line_numbers() -> None:
    pen = Pen({"hello.py": HELLO, "other.py": ["x"]})
    pen.open("hello.py")
    pen.write("     return name\n")
    pen.write("+    # done\n")
    pen.hunk()
    pen.write(" def m")
    pen.write("-")
    pen.write("+    hello(1)\n")
    pen.write("`")
    assert pen.constraint.done
    assert pen.constraint.text() == (
        "diff --git a/hello.py b/hello.py\n--- a/hello.py\n+++ b/hello.py\n"
        "@@ -5,1 +5,2 @@\n     return name\n+    # done\n"
        "@@ -8,2 +9,2 @@\n def main():\n-    hello(sys.argv)\n+    hello(1)\n"
    )


def test_an_open_hunk_is_left_out() -> None:
    pen = Pen({"a.py": ["x", "y"]})
    pen.open("a.py")
    assert pen.constraint.text() == ""
    pen.write(" x")
    assert pen.constraint.text() == ""
    pen.write("-")
    assert pen.constraint.text().endswith("@@ -1,2 +1,1 @@\n x\n-y\n")
    pen.write("+half a li")
    assert pen.constraint.text().endswith("@@ -1,2 +1,1 @@\n x\n-y\n")


def test_creation_and_deletion() -> None:
    pen = Pen({"old.txt": ["a", "b"], "empty": [], "kept": ["z"]}, taken=("logo.png",))
    assert not pen.may_close
    pen.write("--- /")
    pen.write("src/new.py\n")
    pen.write("+print(1)\n")
    pen.write("--- a/o")
    pen.write("+++ /")
    pen.write("--- a/e")
    pen.write("+++ /")
    pen.write("`")
    assert pen.constraint.text() == (
        "diff --git a/src/new.py b/src/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/src/new.py\n"
        "@@ -0,0 +1,1 @@\n+print(1)\n"
        "diff --git a/old.txt b/old.txt\ndeleted file mode 100644\n--- a/old.txt\n+++ /dev/null\n"
        "@@ -1,2 +0,0 @@\n-a\n-b\n"
        "diff --git a/empty b/empty\ndeleted file mode 100644\n"
    )


def test_an_empty_repository_can_only_get_new_files() -> None:
    pen = Pen({})
    pen.write("first.py\n")
    pen.write("+x\n")
    pen.write("`")
    assert pen.constraint.text().startswith("diff --git a/first.py b/first.py\nnew file mode 100644\n")


def test_a_file_is_named_once() -> None:
    pen = Pen({"a.py": ["x"], "b.py": ["y"]})
    pen.open("a.py")
    pen.write("-")
    pen.write("--- a")
    pen.write("+++ b")  # b.py was the only one left, so its name is forced
    assert [section.old for section in pen.constraint._written] == ["a.py", "b.py"]


def test_a_path_with_a_space_is_rendered_as_git_does() -> None:
    pen = Pen({"log 2020-01-01 10:00:00": ["x"]})
    pen.open("log 2020-01-01 10:00:00")
    pen.write("-")
    pen.write("`")
    diff = pen.constraint.text()
    assert "--- a/log 2020-01-01 10:00:00\t\n" in diff
    assert str(parse_patch(diff).files[0].path) == "log 2020-01-01 10:00:00"


def test_text_that_is_not_allowed_is_an_error() -> None:
    pen = Pen({"a.py": ["x"]})
    with pytest.raises(ValueError, match="is not a line that this diff can have here"):
        pen.constraint.advance(b"--- a/b.py\n")


REPEATED = ["x = 1", "a", "b", "y = 2", "a", "b"]


def test_a_hunk_does_not_close_while_several_places_are_open() -> None:
    pen = Pen({"r.py": REPEATED})
    pen.open("r.py")
    pen.write(" a")
    pen.write("+new\n")
    assert not pen.may_close
    pen.write(" b")
    pen.write(" y")  # only the first `b` has a line after it
    assert pen.may_close
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -2,3 +2,4 @@\n a\n+new\n b\n y = 2\n")


def test_the_copy_at_the_end_of_the_file_is_reached_by_writing_nothing_behind_it() -> None:
    pen = Pen({"r.py": REPEATED})
    pen.open("r.py")
    pen.write(" a")
    pen.write("-")
    assert pen.offers(" y = 2\n")
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -5,2 +5,1 @@\n a\n-b\n")


def test_hunks_come_in_any_order_and_are_rendered_in_the_files() -> None:
    pen = Pen({"r.py": ["import os", "", "def one():", "    return 1", "", "def two():", "    return 2"]})
    pen.open_file("r.py")
    pen.hunk("def two():")
    pen.write("():\n+    return sys.argv\n")
    pen.hunk()
    assert not pen.offers("-def two():\n")  # another hunk's
    pen.write(" import os\n+import sys\n")
    pen.hunk("def one():")
    pen.write("(n):\n+    return n\n")
    assert not pen.offers(" def two():\n")
    pen.write("`")
    _, _, hunks = pen.constraint.text().partition("+++ b/r.py\n")
    assert hunks == (
        "@@ -1,1 +1,2 @@\n import os\n+import sys\n"
        "@@ -3,2 +4,2 @@\n-def one():\n-    return 1\n+def one(n):\n+    return n\n"
        "@@ -6,2 +7,2 @@\n def two():\n-    return 2\n+    return sys.argv\n"
    )


def test_copies_that_other_hunks_end_are_settled_at_the_last() -> None:
    pen = Pen({"r.py": ["a", "stop", "b", "a", "stop", "end"]})
    pen.open_file("r.py")
    for following in (" b\n", " end\n"):
        pen.hunk()
        pen.write("-stop\n" + following)
    pen.hunk()
    pen.write("-a\n")
    pen.write("`")
    assert pen.constraint.text().endswith(
        "@@ -2,2 +2,1 @@\n-stop\n b\n@@ -4,1 +2,0 @@\n-a\n@@ -5,2 +3,1 @@\n-stop\n end\n"
    )


def test_context_that_leaves_several_places_open_may_go_on_for_long() -> None:
    block = [f"line {number}" for number in range(100)]
    pen = Pen({"r.py": [*block, "one", *block, "two"]})
    pen.open("r.py")
    for line in block:
        pen.write(f" {line}\n")
    assert pen.may(" ")
    pen.write(" two\n")
    assert not pen.may_close


def test_context_at_one_place_ends_in_a_change() -> None:
    pen = Pen({"r.py": [f"line {number}" for number in range(100)]})
    pen.open("r.py")
    pen.write(" line 3\n")
    for _ in range(MAX_LEADING_CONTEXT - 1):
        pen.write(" ")
    assert not pen.may(" ")
    assert pen.may("-")
    pen.write("+new\n")
    for _ in range(MAX_CONTEXT_RUN):
        pen.write(" ")
    assert not pen.may(" ")
    assert pen.may_close


def test_what_was_removed_and_is_added_again_is_kept() -> None:
    pen = Pen({"r.py": ["one", "two", "three"]})
    pen.open("r.py")
    pen.write("-one\n")
    pen.write("-two\n")
    assert pen.write("+one\n") is None
    assert pen.write("+two\n") == Rewrite(4, b" one\n two\n")
    assert not pen.may_close
    pen.write("-three\n")
    assert pen.write("+three!\n") is None
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -1,3 +1,3 @@\n one\n two\n-three\n+three!\n")


def test_a_line_added_before_itself_is_not_removed_then() -> None:
    pen = Pen({"r.py": ["one", "}", "}", "end"]})
    pen.open("r.py")
    pen.write(" one\n")
    pen.write("+}\n")
    assert not pen.offers("-}\n")
    assert pen.offers(" }\n")
    pen.write("+{\n")
    assert pen.offers("-}\n")


def test_a_hunk_whose_lines_end_as_they_were_does_not_close() -> None:
    pen = Pen({"r.py": ["p", "p"]})
    pen.open("r.py")
    pen.write("-")
    assert pen.may_close  # the p at the end is meant
    pen.write(" ")
    assert pen.may_close
    pen.write("+p\n")
    assert not pen.may_close
    pen.write("+q\n")
    assert pen.may_close


def test_hunks_that_only_move_a_block_among_its_copies_do_not_close() -> None:
    pen = Pen({"r.py": ["p", "q", "p", "q", "p", "q"]})
    pen.open("r.py")
    for start in ("-p\n", "-", " ", " ", " "):
        pen.write(start)
    assert pen.may_close
    pen.hunk()
    pen.write(" ")
    assert not pen.may_close
    pen.write("+p\n")
    assert pen.may_close
    pen.write("+q\n")
    assert not pen.may_close
    assert pen.constraint.text().count("@@ -") == 1


def test_added_lines_that_repeat_the_file_are_kept_instead() -> None:
    pen = Pen({"hello.py": HELLO})
    pen.open("hello.py")
    pen.write(" import sys\n")
    assert pen.write("+\n") is None
    assert pen.write("+\n") is None
    assert pen.write("+def hello(name):\n") == Rewrite(3, b" \n \n def hello(name):\n")
    assert pen.write("+    return name.title()\n") is None
    # it stands further on: first the lines before it are decided
    assert pen.write("+def main():\n") == Rewrite(1)
    assert not pen.may("+")
    pen.write("-    return name\n")
    pen.write(" ")
    pen.write(" ")
    assert pen.may("+")
    pen.write("`")
    assert pen.constraint.text().endswith(
        "@@ -1,7 +1,7 @@\n import sys\n \n \n def hello(name):\n-    return name\n+    return name.title()\n \n \n"
    )


def test_lines_added_at_the_top_stand_at_the_top() -> None:
    pen = Pen({"r.py": ["}", "import os", "}"]})
    pen.open("r.py")
    pen.write("+# new\n")
    assert not pen.may_close  # no old line says where it stands
    pen.write(" ")
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -1,1 +1,2 @@\n+# new\n }\n")


def test_a_later_hunk_begins_with_an_old_line() -> None:
    pen = Pen({"hello.py": HELLO})
    pen.open("hello.py")
    pen.write("-import")
    pen.hunk()
    assert not pen.may("+")
    assert pen.may(" ")
    assert pen.may("-")


def test_the_same_line_is_not_added_for_ever() -> None:
    pen = Pen({"hello.py": HELLO})
    pen.open("hello.py")
    pen.write(" import sys\n")
    for _ in range(8):
        assert pen.may("+")
        pen.write("+    x = 1\n")
    assert not pen.may("+")
    assert pen.may_close
    pen.write(" ")
    assert pen.may("+")


def test_the_same_lines_are_not_added_for_ever() -> None:
    pen = Pen({})
    pen.write("new.py\n")
    for line in ("+one()\n", "+two(1)\n", "+\n") * 3 + ("+one()\n", "+two(1)\n"):
        assert pen.write(line) is None
    assert pen.write("+\n") == Rewrite(10)  # three of four, and the blank line that led to them
    assert not pen.may("+")
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -0,0 +1,2 @@\n+one()\n+two(1)\n")


def test_comments_that_go_round_in_a_new_file_are_left_a_way_on() -> None:
    pen = Pen({})
    pen.write("new.py\n")
    for _ in range(4):
        assert pen.write("+# one more line\n") is None
        assert pen.write("+\n") is None
    assert not pen.may("+")
    assert pen.may_close


def test_rows_that_were_there_as_often_are_written_anew() -> None:
    table = ["table = [", *["    (0, 0, 0),", "    (1, 1, 1),"] * 5, "]"]
    pen = Pen({"a.py": table})
    pen.open_file("a.py")
    pen.write("@@ table")
    pen.write(" = (\n")
    for row in table[1:-1]:
        assert pen.write(f"+{row}\n") is None


def test_a_definition_is_not_added_again() -> None:
    pen = Pen({})
    pen.write("new.js\n")
    for line in ("+class A {\n", "+  step(x) {\n", "+    expect(() => {\n", "+    });\n", "+    expect(() => {\n"):
        assert pen.write(line) is None
    for line in ("+    });\n", "+  }\n", "+}\n", "+class B {\n"):
        assert pen.write(line) is None
    assert pen.write("+  step(x) {\n") is None  # of another class
    pen.write("+  }\n")
    pen.write("+\n")
    assert pen.write("+  step(x) {\n") == Rewrite(2)
    assert not pen.may("+")


def test_repetition_goes_on_where_nothing_else_can() -> None:
    """Nine lines are removed and eight of them added again: to close would be right, so nothing more is added."""
    pen = Pen({"p": ["p"] * 9})
    pen.open("p")
    for _ in range(8):
        pen.write("-p\n")
    pen.write(" ")
    for _ in range(8):
        pen.write("+p\n")
    assert not pen.may_close  # the file would be as it was
    assert pen.may("+")


def test_one_space_before_added_text_is_allowed_only_where_the_file_has_it() -> None:
    for lines, usual in ((["x = 1"], False), ([" x"], True), (["/*", " * doc", " */"], False)):
        pen = Pen({"f": lines})
        pen.open("f")
        pen.write("-" if len(lines) == 1 else "-/")
        pen.write("+")
        assert pen.may(" ")
        pen.write(" ")
        assert pen.may("y") == usual
        assert pen.may(" ")
        assert pen.may("*")


def test_one_space_is_seen_inside_a_token_as_well() -> None:
    vocabulary = Vocabulary([*(bytes([byte]) for byte in range(256)), b"+ x", b"+  x", b"+ *", b"+\tx"])
    constraint = DiffConstraint(FileTree(Editable({}), vocabulary))
    for text in (b"```diff\n", b"--- /dev/null\n", b"+++ b/", b"n", b"\n", b"@@ -0,0 +1 @@\n"):
        constraint.advance(text)
    assert constraint.allowed()[256:].tolist() == [False, True, True, True]


def test_a_line_that_reads_as_a_header_is_removed_as_a_line() -> None:
    files = {"a.sql": ["-- one", "-- a/b.sql", "-- two"], "b.sql": ["x"], "c.sql": ["y"]}
    pen = Pen(files)
    pen.open("a.sql")
    pen.write("--- one\n")
    pen.write("--- a/b.sql\n")
    pen.write("--- a/c")
    pen.write("+++ /")
    pen.write("`")
    diff = pen.constraint.text()
    assert "@@ -1,2 +0,0 @@\n--- one\n--- a/b.sql\n" in diff
    assert [str(file.path) for file in parse_patch(diff).files] == ["a.sql", "c.sql"]


def test_a_line_that_ends_in_a_carriage_return_keeps_it() -> None:
    files = {PurePosixPath("r"): TextFile.decode(b"one\r\r\ntwo\r\r\nthree\r\n")}
    pen = Pen({"r": list(files[PurePosixPath("r")].lines)})
    pen.open("r")
    pen.write(" o")
    pen.write("-")
    pen.write("`")
    placed = place(parse_patch(pen.constraint.text()), files)
    assert placed.placements[0].tier == "exact"
    new = placed.new_texts[PurePosixPath("r")]
    assert new is not None
    assert new.encode() == b"one\r\r\nthree\r\n"


def test_control_characters_and_broken_characters_are_not_added() -> None:
    pen = Pen({})
    pen.write("new\n")
    pen.write("+")
    for byte in (0, 7, 13, 27, 127, 0x80, 0xC0, 0xF5, 0xFF):
        assert not pen.constraint.allowed()[byte]
    pen.write("\t")
    pen.constraint.advance(b"\xed")
    assert pen.constraint.allowed().nonzero()[0].tolist() == list(range(0x80, 0xA0))  # others begin surrogates
    pen.constraint.advance(b"\x9f")
    assert pen.constraint.allowed().nonzero()[0].tolist() == list(range(0x80, 0xC0))  # no line end inside a character
    pen.constraint.advance(b"\xbf")
    assert pen.may("\n")


def test_the_path_of_a_new_file_ends_when_it_is_long() -> None:
    pen = Pen({"x": ["y"]}, taken=("a" * 200,))
    pen.write("--- /")
    pen.write("a" * 199)
    pen.write("a")  # 200 bytes, and taken: one more letter, then the end
    assert not pen.may("\n")
    assert not pen.may("/")
    assert not pen.may(".")
    pen.write("b")
    assert pen.constraint.allowed().nonzero()[0].tolist() == [10]


def test_no_token_makes_a_path_too_long() -> None:
    vocabulary = Vocabulary([*(bytes([byte]) for byte in range(256)), b"a" * 150, b"/" + b"b" * 100])
    constraint = DiffConstraint(FileTree(Editable({}), vocabulary))
    for text in (b"```diff\n", b"--- /dev/null\n", b"+++ b/", b"a" * 50):
        assert constraint.forced() in (text, b"")
        constraint.advance(text)
    assert constraint.allowed()[256:].tolist() == [True, True]
    constraint.advance(b"a" * 50)
    assert constraint.allowed()[256:].tolist() == [False, False]


@pytest.mark.parametrize("path", ["/", "a//", "a/./", "a/../", ".git/", ".GIT/", "file/", "dir.", "DIR/"])
def test_the_path_of_a_new_file_is_one_that_can_be_made(path: str) -> None:
    pen = Pen({"file": ["y"], "dir/x": ["z"]})
    pen.write("--- /")
    pen.write(path[:-1])
    assert not pen.may("\n" if path.endswith(".") else path[-1])


def walk(constraint: DiffConstraint, text: str) -> float:
    """Write a text in the longest tokens that fit; return the seconds that the slowest step took."""
    left, slowest = text.encode(), 0.0
    while left:
        started = time.process_time()
        constraint.allowed()
        token = max(
            constraint.vocabulary.prefixes_of(left), key=lambda id_: len(constraint.vocabulary.tokens[id_] or b"")
        )
        written = constraint.vocabulary.tokens[token] or b""
        assert constraint.allowed()[token]
        constraint.advance(written)
        left = left[len(written) :]
        while left and (forced := constraint.forced()):
            constraint.advance(forced)
            left = left[len(forced) :]
        slowest = max(slowest, time.process_time() - started)
    return slowest


def test_a_step_costs_little_in_a_large_repository() -> None:
    """Looking at each of 100,000 headers, or of 50,000 lines, would take a second a step."""
    tokenizer = Tokenizer(sentence_piece(CORPUS))
    vocabulary = Vocabulary.from_definition(tokenizer.definition)
    files: dict[str, list[str]] = {f"src/d{number % 500}/f{number:05}.py": [] for number in range(100_000)}
    files["big.py"] = [line for number in range(25_000) for line in ("}", f"x = {number}")]
    constraint = DiffConstraint(FileTree(Editable(files), vocabulary))
    constraint.advance(constraint.forced())
    slowest = max(
        walk(constraint, text)
        for text in ("--- a/big.py\n", "+++ b/big.py\n@@\n", " }\n", " x = 12345\n", "+new\n", "@@\n", " x = 20000\n")
    )
    assert walk(constraint, "+more\n--- a/src/d77/f00077.py\n") < 0.2
    assert slowest < 0.6  # the file is indexed when it is opened


SHAPES = [
    "import math", "", "", "class Circle:", "    def __init__(self, radius):", "        self.radius = radius", "",
    "    def area(self):", "        return 3.14 * self.radius**2", "", "", "def unit():", "    return Circle(1)",
]  # fmt: skip


def test_a_heading_removes_its_definition_to_write_it_anew() -> None:
    pen = Pen({"shapes.py": SHAPES, "other.py": ["x"]})
    pen.open_file("shapes.py")
    pen.write("@@ def area(self):\n")
    assert pen.constraint._line == b"+    def area"  # the block is removed, and its name stays
    pen.write("(self):\n")
    pen.write("+        return math.pi * self.radius**2\n")
    pen.write("`")
    assert pen.constraint.text() == (
        "diff --git a/shapes.py b/shapes.py\n--- a/shapes.py\n+++ b/shapes.py\n@@ -8,2 +8,2 @@\n"
        "     def area(self):\n-        return 3.14 * self.radius**2\n+        return math.pi * self.radius**2\n"
    )


def test_a_block_that_is_written_as_it_was_can_be_dropped() -> None:
    pen = Pen({"shapes.py": SHAPES})
    pen.open_file("shapes.py")
    pen.write("@@ def unit():\n")
    pen.write("():\n")
    assert pen.write("+    return Circle(1)\n") == Rewrite(4, b" def unit():\n     return Circle(1)\n")
    assert not pen.may_close  # nothing is changed so far
    pen.write("@@ def area")  # and what stands before it can be changed still; `unit` is not offered again
    pen.write("(self):\n")
    pen.write("+        return 0\n")
    assert not pen.offers("@@ def area(self):\n")
    pen.write("`")
    assert pen.constraint.text().count("@@ -") == 1


def test_where_something_is_renamed_a_definition_need_not_keep_its_name() -> None:
    pen = Pen({"shapes.py": SHAPES}, task="area has to be renamed")
    pen.open_file("shapes.py")
    pen.write("@@ def area(self):\n")
    assert pen.constraint._line == b"+    def"
    pen.write(" surface(self):\n")


def test_a_definition_beside_the_one_that_is_written_anew_ends_it() -> None:
    pen = Pen({"shapes.py": SHAPES})
    pen.open_file("shapes.py")
    pen.write("@@ def __init__")
    pen.write("(self, radius):\n")
    pen.write("+        self.radius = abs(radius)\n")
    pen.write("+\n")
    assert pen.write("+    def area(self):\n") == Rewrite(2)
    assert not pen.may("+")
    pen.write("`")
    assert "+    def area" not in pen.constraint.text()


def test_an_old_line_between_what_is_added_stays_where_it_ends() -> None:
    pen = Pen({"shapes.py": SHAPES})
    pen.open_file("shapes.py")
    pen.write("@@ def area(self):\n")
    pen.write("(self):\n")
    pen.write("+\n")  # leads to what is dropped below, but stands before the old line
    pen.write("-\n")
    assert pen.write("+    def __init__(self, radius):\n") == Rewrite(1)
    pen.write("`")
    assert pen.constraint.text().endswith(
        "@@ -8,3 +8,2 @@\n     def area(self):\n-        return 3.14 * self.radius**2\n \n"
    )


def test_a_class_keeps_its_name() -> None:
    pen = Pen({"errors.js": ["class LostError extends Error {", "  code() {", "    return 1;", "  }", "}"]})
    pen.open_file("errors.js")
    pen.write("@@ class")
    assert pen.constraint._line == b"+class LostError"


COMMENTED = ["[search]", "host = a", "; The index is built at night.", "; Do not hurry.", "timeout = 20", "retries = 1"]


def test_comments_of_a_block_that_is_written_anew_are_kept() -> None:
    pen = Pen({"a.ini": COMMENTED}, task="raise the timeout")
    pen.open_file("a.ini")
    pen.write("@@ [search]\n")
    pen.write("]\n")
    pen.write("+host = a\n")
    assert pen.write("+timeout = 45\n") == Rewrite(
        1, b"+; The index is built at night.\n+; Do not hurry.\n+timeout = 45\n"
    )
    pen.write("+retries = 1\n")
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -1,6 +1,6 @@\n [search]\n host = a\n ; The index is built at night.\n"
        " ; Do not hurry.\n-timeout = 20\n+timeout = 45\n retries = 1\n")  # fmt: skip


def test_a_block_that_lost_its_comments_alone_is_kept_whole() -> None:
    pen = Pen({"a.ini": COMMENTED[:5], "b": ["x"]}, task="raise the timeout")
    pen.open_file("a.ini")
    pen.write("@@ [search]\n")
    pen.write("]\n")
    pen.write("+host = a\n")
    whole = "".join(f" {line}\n" for line in COMMENTED[:5]).encode()
    assert pen.write("+timeout = 20\n") == Rewrite(8, whole)
    assert not pen.may_close


def test_comments_may_go_where_the_task_wants_it_and_where_something_comes_before_them() -> None:
    for task, line in (("remove the comments", "+timeout = 20\n"), ("add a port", "+port = 1\n")):
        pen = Pen({"a.ini": COMMENTED}, task=task)
        pen.open_file("a.ini")
        pen.write("@@ [search]\n")
        pen.write("]\n")
        pen.write("+host = a\n")
        assert pen.write(line) is None


def test_one_of_another_class_does_not() -> None:
    lines = [
        "class A:",
        "    def close(self):",
        "        return 1",
        "",
        "",
        "class B:",
        "    def open(self):",
        "        return 2",
    ]
    pen = Pen({"a.py": lines})
    pen.open_file("a.py")
    pen.write("@@ def open")
    pen.write("(self):\n")
    pen.write("+        return 3\n")
    pen.write("+\n")
    assert pen.write("+    def close(self):\n") is None


def test_a_line_that_is_written_twice_in_a_row_stands_for_the_next_one() -> None:
    pen = Pen({"shapes.py": SHAPES})
    pen.open_file("shapes.py")
    pen.write("@@ def unit():\n")
    pen.write("():\n")
    assert pen.write("+def unit():\n") == Rewrite(1)
    assert pen.constraint._line == b"+    return"
    pen.write(" Circle(2)\n")
    assert pen.write("+    return Circle(2)\n") == Rewrite(1)  # the block has no more lines
    assert not pen.may("+")
    pen.write("`")


def test_a_line_that_stands_for_the_next_one_cannot_be_the_last_one_again() -> None:
    lines = ["- [Install](install.md)", "- [Configure](configure.md)", "- [Changes](changes.md)"]
    pen = Pen({"a.md": lines})
    pen.open_file("a.md")
    pen.write("@@ - [Install]")
    pen.write("(x.md)\n")
    assert pen.write("+- [Install](x.md)\n") == Rewrite(1)
    assert pen.constraint._line == b"+- [C"


def test_lines_are_added_behind_a_definition_that_stays() -> None:
    pen = Pen({"shapes.py": SHAPES, "other.py": ["x"]}, task="add a class Name()")
    pen.open_file("shapes.py")
    pen.write("@@ after def __init__")  # its end, a blank line and the indentation are forced, up to the last space
    assert pen.constraint._line == b"+   "
    pen.write(" def name(self):\n")
    assert not pen.may(" ")
    pen.write('+        return "circle"\n')
    pen.write("@@ after class Circle:\n")  # as deep as the class, and as far from it as the next definition
    pen.write("+def circle():\n")
    pen.write("+    return Circle(0)\n")
    pen.write("@@ after import math\n")
    pen.write("+import os\n")
    pen.write("`")
    assert pen.constraint.text() == (
        "diff --git a/shapes.py b/shapes.py\n--- a/shapes.py\n+++ b/shapes.py\n"
        "@@ -1,1 +1,2 @@\n import math\n+import os\n"
        '@@ -6,1 +7,4 @@\n         self.radius = radius\n+\n+    def name(self):\n+        return "circle"\n'
        "@@ -9,1 +13,5 @@\n         return 3.14 * self.radius**2\n+\n+\n+def circle():\n+    return Circle(0)\n"
    )


def test_what_closes_a_definition_belongs_to_it() -> None:
    pen = Pen(
        {"ring.c": ["int a(void)", "{", "    return 1;", "}", "", "int b(void)", "{", "    return 2;", "}"]},
        task="add a method name()",
    )
    pen.open_file("ring.c")
    pen.write("@@ after int b")
    pen.write("+int c(void) { return 3; }\n")
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -8,2 +8,4 @@\n     return 2;\n }\n+\n+int c(void) { return 3; }\n")


def test_a_definition_that_is_there_already_ends_what_is_added() -> None:
    pen = Pen({"shapes.py": SHAPES}, task="add a method name()")
    pen.open_file("shapes.py")
    pen.write("@@ after def __init__")
    pen.write(" def name(self):\n")
    pen.write('+        return "circle"\n')
    pen.write("+\n")
    pen.write("+    @property\n")
    assert pen.write("+    def area(self):\n") == Rewrite(3)
    assert not pen.may("+")
    pen.write("`")
    assert pen.constraint.text().endswith('+    def name(self):\n+        return "circle"\n')


def test_a_decorator_that_the_next_one_has_too_is_no_copy() -> None:
    pen = Pen({"shapes.py": [*SHAPES[:7], "    @property", *SHAPES[7:]]}, task="add a property name")
    pen.open_file("shapes.py")
    pen.write("@@ after def __init__")
    pen.write(" @property\n")
    pen.write("+    def name(self):\n")
    pen.write('+        return "circle"\n')
    pen.write("`")
    assert '+    @property\n+    def name(self):\n+        return "circle"\n' in pen.constraint.text()


@pytest.mark.parametrize(
    ("heading", "kept"),
    [
        ("func (r *Ring) Push(x int) {", b"+func (r *Ring) Push"),
        ("pub(crate) fn push(x: i32) {", b"+pub(crate) fn push"),
    ],
)
def test_a_name_behind_a_parenthesis_is_kept(heading: str, kept: bytes) -> None:
    pen = Pen({"ring": [heading, "    x;", "    y;", "}"]})
    pen.open_file("ring")
    pen.write(f"@@ {heading}\n")
    assert pen.constraint._line == kept


def test_where_nothing_new_is_added_the_place_can_be_left() -> None:
    pen = Pen({"shapes.py": SHAPES}, task="add a method name()")
    pen.open_file("shapes.py")
    pen.write("@@ after def __init__")
    assert pen.write(" def area(self):\n") == Rewrite(2)  # with the blank line
    assert not pen.may("+")
    assert not pen.may_close
    pen.write("@@ after def unit")
    pen.write("+def two():\n")
    pen.write("+    return Circle(2)\n")
    assert not pen.offers("@@ after def __init__(self, radius):\n")
    assert pen.offers("@@ def __init__(self, radius):\n")
    pen.write("`")
    assert pen.constraint.text().count("@@ -") == 1


def test_blank_lines_without_an_end_can_be_left() -> None:
    pen = Pen({"shapes.py": ["SIZE = 1", *SHAPES[1:]]}, task="add a method name()")
    pen.open_file("shapes.py")
    pen.write("@@ after SIZE = 1\n")
    while pen.may("+"):
        pen.write("+\n")
    assert not pen.may_close
    assert pen.offers("@@ def unit():\n")


def test_places_that_look_alike_are_told_apart_behind_what_is_added() -> None:
    twins = ["class A:", "    def go(self):", "        x()", "class B:", "    def go(self):", "        x()", "z = 1"]
    pen = Pen({"twins.py": twins}, task="add a method name()")
    pen.open_file("twins.py")
    pen.write("@@ after def go")
    pen.write(" def name(self): pass\n")
    assert not pen.may_close
    pen.write(" z")
    pen.write("`")
    assert pen.constraint.done
    assert pen.constraint.text().endswith("@@ -6,2 +6,3 @@\n         x()\n+    def name(self): pass\n z = 1\n")


def test_what_is_copied_from_behind_ends_what_is_added() -> None:
    pen = Pen({"shapes.py": ["SIZE = 1", *SHAPES[1:]]}, task="add a method name()")
    pen.open_file("shapes.py")
    pen.write("@@ after SIZE = 1\n")
    pen.write("+WIDTH = 2\n")
    pen.write("+\n")
    assert not pen.offers(" ")
    assert pen.write("+class Circle:\n") == Rewrite(2)
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -1,1 +1,2 @@\n SIZE = 1\n+WIDTH = 2\n")


def test_a_task_for_a_change_begins_with_what_is_there() -> None:
    pen = Pen({"shapes.py": SHAPES}, task="the area must use math.pi")
    pen.open_file("shapes.py")
    assert not pen.offers("@@ after import math\n")
    pen.write("@@ def area(self):\n")
    pen.write("(self):\n")
    pen.write("+        return math.pi\n")
    assert pen.offers("@@ after import math\n")


def test_nothing_is_defined_behind_imports_first() -> None:
    pen = Pen({"shapes.py": SHAPES}, task="add a method name()")
    pen.open_file("shapes.py")
    assert not pen.offers("@@ after import math\n")
    pen.write("@@ after def unit")
    pen.write("+def two():\n")
    pen.write("+    return Circle(2)\n")
    assert pen.offers("@@ after import math\n")


def test_a_task_for_something_new_prefers_to_add() -> None:
    pen = Pen({"shapes.py": SHAPES}, task="add a method name() to Circle")
    pen.open_file("shapes.py")
    pen.write("@@")
    assert pen.constraint.bonuses() == {}  # a blank leads to both
    pen.write(" ")
    assert pen.constraint.bonuses()[ord("a")] == NEW
    pen.write("after def __init__")
    pen.write(" def name(self):\n")
    pen.write('+        return ""\n')
    pen.write("@@ ")
    assert ord("a") not in pen.constraint.bonuses()


def test_an_answer_is_not_ended_inside_brackets() -> None:
    pen = Pen({"a.js": ["function a() {", "  return 1;", "}"]}, task="add b() to a.js")
    pen.open_file("a.js")
    pen.write("@@ after function a")
    pen.write("+function b() {\n")
    assert pen.may_close
    assert pen.constraint.bonuses() == {}
    pen.write("+}\n")
    assert pen.constraint.bonuses()


def test_blocks_with_the_same_heading_are_told_apart_by_their_lines() -> None:
    twins = ["class A:", "    def go(self):", "        return 1", "class B:", "    def go(self):", "        return 2"]
    pen = Pen({"twins.py": twins})
    pen.open_file("twins.py")
    pen.write("@@ def go(self):\n")
    pen.write("-        return 2\n")  # the first line that is not the same in both
    pen.write("(self):\n")
    pen.write("+        return 3\n")
    pen.write("`")
    assert pen.constraint.text().endswith("@@ -5,2 +5,2 @@\n     def go(self):\n-        return 2\n+        return 3\n")


def test_a_rename_with_and_without_a_change() -> None:
    pen = Pen({"a.py": ["x = 1"], "b.py": ["y = 1"]})
    pen.write("rename from a")
    pen.write("src/c.py\n")
    pen.write("--- a/a")
    pen.write("@@\n")
    pen.write("-")
    pen.write("+x = 2\n")
    pen.write("r")  # of b.py, which is the only one left
    pen.write("d.py\n")
    pen.write("`")
    assert pen.constraint.text() == (
        "diff --git a/a.py b/src/c.py\nrename from a.py\nrename to src/c.py\n--- a/a.py\n+++ b/src/c.py\n"
        "@@ -1,1 +1,1 @@\n-x = 1\n+x = 2\n"
        "diff --git a/b.py b/d.py\nrename from b.py\nrename to d.py\n"
    )


def test_a_file_that_breaks_is_gone_back_over() -> None:
    def check(old: str | None, new: str, lines: Sequence[str]) -> Flaw | None:
        assert (old, new) == ("a.py", "a.py")
        return next((Flaw(at) for at, line in enumerate(lines) if line == "bad"), None)

    pen = Pen({"a.py": ["one", "two", "three"]}, check=check)
    pen.open("a.py")
    pen.write(" one\n")
    pen.write("+bad\n")
    pen.write("+fine\n")
    pen.write("`")
    fault = pen.constraint.take_fault()
    assert fault is not None
    assert max(fault.lines) == 5  # the fence, two headers, `@@`, ` one`: the sixth line is at fault
    pen.constraint.rewind(5)
    assert not pen.constraint.done
    pen.write("+good\n")
    pen.write("`")
    assert pen.constraint.take_fault() is None
    assert pen.constraint.text().endswith("@@ -1,1 +1,2 @@\n one\n+good\n")


def test_where_something_lacks_the_answer_can_go_on_from_its_end() -> None:
    def check(_old: str | None, _new: str, lines: Sequence[str]) -> Flaw | None:
        return None if "def used():" in lines else Flaw(0, lacks=True)

    pen = Pen({"a.py": ["used()", "other()"]}, check=check)
    pen.open("a.py")
    pen.write(" used()\n")
    pen.write("+last\n")
    pen.write("`")
    fault = pen.constraint.take_fault()
    assert fault is not None
    assert (fault.lines, fault.closing_line) == (range(3, 5), 6)
    pen.constraint.rewind(6)
    pen.write("+def used():\n")
    pen.write("`")
    assert pen.constraint.take_fault() is None
    assert pen.constraint.text().endswith(" used()\n+last\n+def used():\n")


def test_what_uses_a_name_that_is_gone_is_led_to() -> None:
    def check(_old: str | None, _new: str, lines: Sequence[str]) -> Flaw | None:
        return Flaw(lines.index("    return old() + 1"), lacks=True) if "def old():" not in lines else None

    lines = ["def old():", "    return 1", "", "", "def user():", "    return old() + 1"]
    pen = Pen({"a.py": lines}, check=check, task="old has to be renamed")
    pen.open_file("a.py")
    pen.write("@@ def old():\n")
    pen.write(" new():\n")
    pen.write("+    return 1\n")
    pen.write("`")
    fault = pen.constraint.take_fault()
    assert fault is not None
    assert fault.closing_line is not None
    pen.constraint.rewind(fault.closing_line)
    assert max(pen.constraint.bonuses().values()) > 0
    pen.constraint.advance(b"@@ ")
    led = pen.constraint.bonuses()
    assert [BYTES.tokens[id_] for id_ in led if led[id_] == max(led.values())] == [b"d"]


def test_what_lacks_has_a_place_that_is_led_to() -> None:
    def check(_old: str | None, _new: str, lines: Sequence[str]) -> Flaw | None:
        if "    phone = 1" in lines:
            return None
        return Flaw(len(lines) - 1, lacks=True, place=lines.index("    name = 1"))

    getter = ["", "    def get(self):", "        return self.name"]
    lines = ["class A:", "    name = 1", *getter, "", "    def other(self):", "        return 1"]
    pen = Pen({"a.py": lines}, check=check)
    pen.open_file("a.py")
    pen.write("@@ def get")
    pen.write("(self):\n")
    pen.write("+        return self.phone\n")
    pen.write("`")
    fault = pen.constraint.take_fault()
    assert fault is not None
    assert fault.closing_line is not None
    pen.constraint.rewind(fault.closing_line)
    assert led(pen) == {"@@ ", "@@ class A:\n"}


def test_going_back_across_a_hunk_that_was_dropped_keeps_its_lines_apart() -> None:
    pen = Pen({"shapes.py": SHAPES}, check=lambda _old, _new, _lines: Flaw(0))
    pen.open_file("shapes.py")
    pen.write("@@ def unit():\n")
    pen.write("():\n")
    pen.write("+    return Circle(1)\n")  # as it was
    line = pen.constraint._n_lines
    pen.write("@@ def area")
    pen.write("(self):\n")
    pen.constraint.rewind(line)
    pen.write("@@ def area")
    pen.write("(self):\n")
    pen.write("+        return 0\n")
    pen.write("`")
    assert pen.constraint.take_fault() is not None


def test_going_back_offers_again_what_was_tried_since() -> None:
    pen = Pen({"shapes.py": SHAPES}, check=lambda _old, _new, _lines: Flaw(0))
    pen.open_file("shapes.py")
    line = pen.constraint._n_lines
    pen.write("@@ def unit():\n")
    pen.write("():\n")
    pen.write("+    return Circle(1)\n")  # as it was
    pen.write("@@ def area")
    assert not pen.offers("@@ def unit():\n")
    pen.constraint.rewind(line)
    assert pen.offers("@@ def unit():\n")


def test_a_file_gets_no_character_that_its_encoding_lacks() -> None:
    files = {"l.txt": ["caf\u00e9"], "u.txt": ["caf\u00e9"]}
    vocabulary = Vocabulary([*(bytes([byte]) for byte in range(256)), "\u65e5".encode(), "\u00e9".encode()])
    for path, encoding in (("l.txt", "latin-1"), ("u.txt", "utf-8")):
        constraint = DiffConstraint(FileTree(Editable(files, encoding_of=lambda _, name=encoding: name), vocabulary))
        for text in (f"```diff\n--- a/{path}\n+++ b/{path}\n@@\n caf\u00e9\n+").encode().splitlines(keepends=True):
            constraint.advance(text)
        allowed = constraint.allowed()
        assert allowed[257]
        assert allowed[256] == allowed[0xE6] == (encoding == "utf-8")
        assert allowed[ord("x")]


def test_what_the_task_names_is_preferred() -> None:
    pen = Pen({"a.py": ["def one():", "    return 1"], "b.py": ["x = 1"]}, task="raise x in b.py and create c/new.py")
    liked = pen.constraint.bonuses()
    assert set(liked) == {ord("-")}  # a header
    pen.write("--- ")
    assert set(pen.constraint.bonuses()) == {ord("/")}
    pen.write("/")
    assert set(pen.constraint.bonuses()) == {ord("c")}


def test_what_is_new_and_complete_may_end_the_answer() -> None:
    pen = Pen({"a.js": ["function a() {", "  return 1;", "}"]}, task="add a function b()")
    pen.open_file("a.js")
    pen.write("@@ after function a")
    pen.write("+function b() {\n")
    pen.write("+  return 2;\n")
    assert ord("`") not in pen.constraint.bonuses()
    pen.write("+}\n")
    assert pen.constraint.bonuses()[ord("`")] > 0


SHOP = {
    "cart.py": ["import prices", "", "", "def total(items):", "    return sum(map(prices.of, items))"],
    "prices.py": ["def of(item):", "    return item.price"],
    "tests/test_prices.py": ["import prices", "", "", "def test_of():", "    assert prices.of", ""],
    "other.py": ["x = 1"],
}


def led(pen: Pen) -> set[str]:
    """What is preferred most here, of what may come."""
    hints = [(lead + text, bonus) for lead, hinted in pen.constraint._hints for text, bonus in hinted.items()]
    hints = [(line, bonus) for line, bonus in hints if pen.offers(line.decode())]
    most = max((bonus for _, bonus in hints), default=0.0)
    return {line.decode() for line, bonus in hints if bonus == most}


def due(pen: Pen) -> set[str]:
    """The lines of a hunk of which more or less is made here."""
    return {(lead + text).decode() for lead, hinted in pen.constraint._line_hints for text in hinted}


def test_files_that_use_one_that_moves_come_next_and_their_blocks_first() -> None:
    pen = Pen(SHOP, task="rename prices.py to costs.py")
    pen.write("rename from p")
    pen.write("costs.py\n")
    assert led(pen) == {"--- a/cart.py\n", "--- a/tests/test_prices.py\n"}
    pen.write("--- a/c")
    pen.write("+++ b")
    assert led(pen) == {"@@ ", "@@ import prices\n", "@@ def total(items):\n"}
    pen.write("@@ im")
    pen.write(" costs\n")
    assert led(pen) == {"@@ ", "@@ def total(items):\n"}
    pen.write("@@ def t")
    pen.write(" total(items):\n")
    assert due(pen) == {"+    return sum(map(costs.of, items))\n"}
    pen.write("+    return sum(map(costs.of, items))\n")
    assert led(pen) == {"--- a/tests/test_prices.py\n"}


def test_files_that_use_one_that_is_deleted_are_changed_and_its_test_need_not_be() -> None:
    pen = Pen(SHOP, task="delete prices.py")
    pen.write("--- a/p")
    pen.write("+++ /")
    pen.write("--- a/c")
    assert led(pen) == {"+++ b/cart.py\n"}
    pen.write("+++ b")
    pen.write("@@ im")
    assert pen.constraint._line == b""  # nothing of the import has to stay
    assert pen.write("+import prices\n") == Rewrite(1)  # and it may not come back
    assert not pen.may("+")
    pen.write("--- a/t")
    assert led(pen) == set()


def test_files_that_use_a_name_that_is_gone_come_next() -> None:
    files = {
        "money.py": ["def fmt(cents):", "    return cents"],
        "bill.py": ["from money import fmt", "", "print(fmt(1))"],
    }
    pen = Pen({**files, "c.py": ["x"]}, task="rename fmt to format_euros in money")
    pen.open_file("money.py")
    pen.write("-def fmt(cents):\n")
    pen.write("+def format_euros(cents):\n")
    assert led(pen) == {"--- a/bill.py\n"}
    assert not pen.offers("--- a/c.py\n")  # as long as there are others that have the name
    pen.write("--- a/b")
    pen.write("+++ b")
    pen.write("-f")
    pen.write("+from money import format_euros\n")
    pen.hunk()
    pen.write("-p")
    pen.write("+print(format_euros(1))\n")
    assert pen.offers("--- a/c.py\n")
    assert led(pen) == {"```"}


def test_a_word_that_gets_another_leads_to_its_other_places_if_the_task_says_everywhere() -> None:
    lines = ["def limit(n):", "    return capacity + n", "", "", "def show():", "    print(capacity)"]
    for task, leads in (("capacity should be called burst everywhere", True), ("burst, not capacity, in limit", False)):
        pen = Pen({"a.py": lines, "b.py": ["x"]}, task=task)
        pen.open_file("a.py")
        pen.write("@@ def limit")
        pen.write("(n):\n")
        pen.write("+    return burst + n\n")
        assert ("@@ " in led(pen)) is leads


def test_where_the_task_changes_a_name_the_lines_that_have_it_come_first_and_one_by_one() -> None:
    lines = ["import x", "", "class Node:", "    def __init__(self):", "        self.links = [Node, 1]", "", "y = Node"]
    pen = Pen({"a.py": lines}, task="rename the class Node to Station")
    pen.open_file("a.py")  # no other hunk can begin, and no line without the name may begin it
    assert due(pen) == {"-class Node:\n", "-        self.links = [Node, 1]\n", "-y = Node\n"}
    assert not pen.may("+")
    assert not pen.offers("-import x\n")
    pen.write("-c")
    assert due(pen) == {"+class Station:\n", "-    def __init__(self):\n"}
    pen.write("+class Station:\n")
    bonuses = pen.constraint.bonuses()
    assert bonuses[ord("+")] < 0 > bonuses[ord("-")]
    assert bonuses[ord(" ")] < 0
    assert led(pen) == {"@@\n"}
    pen.hunk()
    pen.write("-y")
    pen.write("+y = Station\n")
    pen.hunk()
    pen.write("-        self.links = [Node, 1]\n")
    pen.write("+        self.links = [Station, 1]\n")
    assert pen.offers("@@ import x\n")  # anything else comes now


def test_a_name_that_much_else_has_is_not_changed_wherever_it_stands() -> None:
    lines = ["class Shop:", "    def get(self, name):", "        return self.prices.get(name)"]
    for name, is_left in (("get", True), ("lookup", False)):
        pen = Pen({"a.py": [line.replace("get", name) for line in lines]}, task=f"rename {name} to price_of in Shop")
        pen.open_file("a.py")
        assert pen.offers(f"@@ def {name}(self, name):\n") is is_left


def test_a_block_is_written_anew_with_the_name_that_the_diff_puts_in_anothers_place() -> None:
    lines = ["def limit(n):", "    return capacity + n", "", "", "def show():", "    print(capacity)", "    print(1)"]
    pen = Pen({"a.py": lines, "b.py": ["x"]}, task="capacity should be called burst everywhere")
    pen.open_file("a.py")
    pen.write("@@ def limit")
    pen.write("(n):\n")
    pen.write("+    return burst + n\n")
    pen.write("@@ def s")
    pen.write("():\n")
    assert due(pen) == {"+    print(burst)\n"}
    pen.write("+    print(burst)\n")
    assert due(pen) == {"+    print(1)\n"}
    pen.write("+    print(2)\n")  # which is the model's to decide
    assert due(pen) == set()


def test_an_old_line_with_a_name_that_is_changed_is_not_kept() -> None:
    pen = Pen({"a.py": ["a = fmt(1)", "x = 1", "y = fmt(2)"]}, task="rename fmt to shown")
    pen.open("a.py")
    pen.write("-a")
    pen.write("+a = shown(1)\n")
    pen.write(" x")
    assert due(pen) == {"-y = fmt(2)\n"}


def test_a_file_that_moves_with_its_class_is_changed_itself() -> None:
    files = {
        "src/Node.java": ["class Node {", "    Node next;", "}"],
        "src/Net.java": ["class Net {", "    Node first;", "}"],
    }
    pen = Pen(files, task="Rename the class Node to Station")
    pen.write("rename from src/No")
    pen.write("src/Station.java\n")
    assert "--- a/src/Node.java\n" in led(pen)


def test_what_is_created_is_registered_where_its_neighbours_are() -> None:
    formats = {f"formats/{name}.js": ["x"] for name in ("text", "html")}
    index = ["const text = require('./text');", "const html = require('./html');"]
    files = {**formats, "formats/index.js": index, "main.js": ["const text = require('./formats/text');"]}
    pen = Pen(files, task="write formats/table.js")
    pen.write("--- /")
    pen.write("formats/table.js\n")
    pen.write("+x\n")
    assert led(pen) == {"--- a/formats/index.js\n"}


def test_a_file_that_is_to_be_made_comes_first() -> None:
    pen = Pen({"a.py": ["x = 1"], "b.py": ["y"]}, task="write c.py and use it in a.py")
    assert led(pen) == {"--- /dev/null\n"}


def test_all_files_of_a_directory_come_before_the_end() -> None:
    pen = Pen({"t/a": ["x"], "t/b": ["x"], "c": ["x"]}, task="add a line to all files in t")
    pen.open("t/a")
    pen.write(" x")
    pen.write("+y\n")
    assert led(pen) == {"--- a/t/b\n"}


def test_a_method_that_is_gone_leads_on_only_if_the_task_names_it() -> None:
    files = {"a.py": ["class A:", "    def close(self):", "        return 1"], "b.py": ["file.close()"], "c.py": ["x"]}
    for task, expected in (("close is to be renamed", {"--- a/b.py\n"}), ("rename it", set[str]())):
        pen = Pen(files, task=task)
        pen.open_file("a.py")
        pen.write("@@ def close")
        pen.write(" shut(self):\n")
        pen.write("+        return 1\n")
        assert {line for line in led(pen) if line.startswith("---")} == expected


def test_what_registers_is_looked_for_among_few() -> None:
    few = {f"f/{n}.py": ["x = 1"] for n in range(3)}
    for files, user in ((few, "f/all.py"), ({f"f/{n}.py": ["x = 1"] for n in range(40)}, None)):
        index = {"f/all.py": [f"import {path[2:-3]}" for path in files]}
        assert Uses(files | index).registering("f/new.py") == user
    assert Uses(few | {"main.py": ["import f.0"]}).registering("f/new.py") is None


def test_the_file_of_a_definition_is_the_only_one() -> None:
    uses = Uses({"a.py": ["class Shape:"], "b.py": ["Shape()", "class Other:"], "c.js": ["class Other {"]})
    assert uses.file_of_definition("Shape") == "a.py"
    assert uses.file_of_definition("Other") is None
    assert uses.file_of_definition("Lost") is None


def test_uses_of_many_files_are_not_looked_for() -> None:
    assert not Uses({f"f{n}.py": ["import a"] for n in range(2000)}).of_name("a")


def test_a_task_decides_how_a_hunk_is_left_and_the_model_whether() -> None:
    pen = Pen({f"{name}.py": ["x"] for name in "abc"}, task="say y in a.py and b.py", vocabulary=WITH_MARKS)
    pen.open("a.py")
    pen.write(" x")
    pen.write("+y\n")
    for plus, likeliest in ((5.0, ord("+")), (1.0, HEADER)):
        logits = np.full(258, -20.0, dtype=np.float32)
        logits[[ord("+"), FENCE, HEADER]] = [plus, 2.0, -6.0]
        add_bonuses(logits, pen.constraint)
        assert logits.argmax() == likeliest
        assert logits[HEADER] == 2.0  # what the likeliest way out had
        assert logits[FENCE] == 0.0  # the task's 10 nats, less the 8 between them


def test_the_end_is_one_choice() -> None:
    pen = Pen({"a.py": ["x"], "b.py": ["x"]}, vocabulary=WITH_MARKS)
    pen.open("a.py")
    pen.write("-")
    allowed = pen.constraint.allowed()
    assert allowed[FENCE]
    assert not allowed[ord("`")]


def test_two_hunks_do_not_define_the_same() -> None:
    pen = Pen({"shapes.py": SHAPES}, task="add a method name()")
    pen.open_file("shapes.py")
    pen.write("@@ after def __init__")
    pen.write(" def name(self):\n")
    pen.write("+        return 1\n")
    pen.write("@@ after def area")
    assert pen.write(" def name(self):\n") == Rewrite(3)
    assert not pen.may("+")
