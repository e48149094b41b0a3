"""What people see, on a terminal of 80 columns and in a log."""

import io
import time
from pathlib import PurePosixPath

import pytest
from rich.console import Console

from agent.attempts import Attempt
from agent.errors import FailingTestsError, NoChangeError, PatchError
from agent.outcome import Record
from agent.parse import parse_patch
from agent.place import place
from agent.sandbox import TestReport
from agent.terminal import Terminal
from agent.validate import ValidatedPatch, validate
from agent.workspace import AppliedChange
from model.api import Completion, Progress, TakenBack
from repo_index.text import TextFile


def log() -> tuple[Terminal, io.StringIO]:
    out = io.StringIO()
    return Terminal(Console(file=out, width=80)), out


def screen() -> tuple[Terminal, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system=None, legacy_windows=False)
    return Terminal(console), out


def validated() -> ValidatedPatch:
    texts = {PurePosixPath("a.txt"): TextFile.decode(b"one\n")}
    return validate(place(parse_patch("--- a/a.txt\n+++ b/a.txt\n@@\n-one\n+two\n"), texts))


def done(text: str) -> Completion:
    return Completion(text, "stop", 10, 5, 4, 0.5, 1.5, -0.25)


def without_seconds(text: str) -> list[str]:
    return [line.partition(" in ")[0] for line in text.splitlines()]


class TestProgress:
    def test_each_phase_leaves_one_line_in_a_log(self) -> None:
        terminal, out = log()
        for phase, total in (("download", 100), ("convert", 100), ("load", 1), ("prefill", 1200)):
            for done in (0, total // 2, total):
                terminal.on_progress(Progress(phase, done, total, "name"))  # type: ignore[arg-type]
        terminal.on_answer()
        terminal.on_text("--- a/x\n+++")
        terminal.on_text(" b/x\n")
        terminal.close()
        assert without_seconds(out.getvalue()) == [
            "Fetching the model: 0.0 GB",
            "Converting the model: 0.0 GB",
            "Loading the model: name",
            "Reading the repository: 1,200 tokens",
            "Writing the diff: 2 lines",
        ]

    def test_a_phase_that_goes_on_after_its_end_is_one_phase(self) -> None:
        terminal, out = log()
        for done, detail in ((0, "hub"), (100, "hub"), (100, "verifying"), (100, "")):
            terminal.on_progress(Progress("download", done, 100, detail))
        terminal.close()
        terminal.close()
        assert without_seconds(out.getvalue()) == ["Fetching the model: 0.0 GB"]

    def test_a_phase_of_unknown_length_that_does_not_end_leaves_nothing(self) -> None:
        for terminal, out in (log(), screen()):
            terminal.on_progress(Progress("download", 0, 0, "owner/name"))
            terminal.on_progress(Progress("download", 50, 100, "owner/name"))
            terminal.close()
            assert "in 0" not in out.getvalue()

    def test_lines_that_the_model_takes_back_are_not_counted(self) -> None:
        terminal, out = log()
        terminal.on_answer()
        terminal.on_text("--- a/x\n+++ b/x\n@@\n-o")
        terminal.on_text("ld\n+wrong\n")
        terminal.on_text(TakenBack(2))
        terminal.on_text("-old\n")
        terminal.close()
        assert "Writing the diff: 4 lines in" in out.getvalue()

    def test_text_of_the_model_cannot_steer_the_terminal(self) -> None:
        terminal, out = screen()
        terminal.on_answer()
        terminal.on_text("+\x1b]0;title\x07[bold]x\n" * 30)
        terminal.on_progress(Progress("load", 0, 1, "\x1b]0;title\x07"))
        terminal.close()
        assert "\x1b]0" not in out.getvalue()


class TestSentences:
    def test_long_ones_are_wrapped_at_words_on_a_terminal_and_left_alone_in_a_log(self) -> None:
        sentence = "word " * 30 + "[red]end"
        terminal, out = screen()
        terminal.note(sentence)
        lines = out.getvalue().splitlines()
        assert len(lines) == 2
        assert all(len(line) <= 80 and not line.startswith(" ") for line in lines)
        terminal, out = log()
        terminal.note(sentence)
        assert out.getvalue() == f"{sentence}\n"

    def test_the_end_of_a_job(self) -> None:
        terminal, out = log()
        paths = tuple(PurePosixPath(f"f{n}") for n in range(12))
        record = Record(
            status="applied",
            change=AppliedChange(None, paths, "000001-abcdef", notes=("f0 had other hard links",)),
            report=TestReport("pytest", 0, 1.25, "", timed_out=False),
        )
        terminal.ended(record)
        assert out.getvalue().splitlines() == [
            "`pytest` passed in 1.2 s.",
            f"Changed {', '.join(map(str, paths[:10]))} and 2 more. `magicode undo` takes it back.",
            "f0 had other hard links",
        ]

    def test_tests_that_still_fail_are_not_passed_over(self) -> None:
        terminal, out = log()
        terminal.ended(Record(status="applied", report=TestReport("pytest", 1, 1.25, "", timed_out=False)))
        assert out.getvalue() == "`pytest` still fails, in nothing that passed before.\n"

    def test_usage_is_told_on_request(self) -> None:
        out = io.StringIO()
        Terminal(Console(file=out), show_usage=True).ended(Record(timings_s={"read": 0.25}))
        assert out.getvalue() == "0 prompt tokens, 0 of them remembered; 0 new tokens from 0 decisions\nread 0.2 s\n"

    def test_a_rejected_attempt(self) -> None:
        terminal, out = log()
        terminal.on_answer()
        terminal.on_rejected(PatchError("no hunk"))
        assert out.getvalue().splitlines()[1:] == ["Not taken: no hunk", "Asking the model again."]

    def test_the_best_of_what_was_not_taken_is_shown_at_the_end(self) -> None:
        failing = FailingTestsError("`x` failed")
        good, bad = (Attempt(n, done("text")) for n in (1, 2))
        good.patch, good.error, bad.error = validated(), failing, PatchError("no hunk")
        record = Record()
        record.attempts += [bad, good]
        record.reject([good, bad], failing)
        terminal, out = log()
        terminal.ended(record)
        assert out.getvalue().splitlines()[0] == "The best change, which was not made:"
        assert "-one\n+two\n" in out.getvalue()

    def test_an_answer_that_is_no_diff_is_shown_as_it_is(self) -> None:
        attempt = Attempt(1, done("I would add \x1b[31ma line.\n"))
        attempt.error = NoChangeError("no diff")
        record = Record()
        record.attempts.append(attempt)
        record.reject([attempt], attempt.error)
        terminal, out = log()
        terminal.ended(record)
        first, second = out.getvalue().splitlines()
        assert first == "The best answer, which was not taken:"
        assert second.startswith("I would add ")
        assert "\x1b" not in second

    def test_what_is_read_besides_is_said_while_the_answer_waits(self) -> None:
        terminal, out = screen()
        terminal.on_answer()
        terminal.on_text("--- a/x\n+++ b/x\n")
        terminal.on_progress(Progress("view", 0, 3_120, "src/x.py"))
        time.sleep(0.3)  # longer than from one picture to the next
        terminal.on_text("@@ def f():\n")
        terminal.close()
        assert "Reading more of src/x.py: 3,120 tokens" in out.getvalue()
        assert without_seconds(out.getvalue())[-1].endswith("Writing the diff: 3 lines")


class TestTestOutput:
    def test_pieces_are_put_together_and_a_line_is_ended(self) -> None:
        terminal, out = log()
        terminal.on_tests("x")
        for piece in ("a\tlong line " + "x" * 100, "y\n\nhalf"):
            terminal.on_test_output(piece)
        terminal.note("after")
        assert out.getvalue() == f"Running `x`\na\tlong line {'x' * 100}y\n\nhalf\nafter\n"

    def test_a_megabyte_takes_no_time(self) -> None:
        terminal, out = screen()
        for _ in range(16):
            terminal.on_test_output("line\n" * 13_000)
        assert out.getvalue().count("line\n") == 208_000


class TestQuestions:
    def test_nobody_there_means_no(self) -> None:
        terminal, out = log()
        file = validated().patch.files[0]
        assert terminal.consent(file, "it runs") is False
        assert out.getvalue() == ""

    @pytest.mark.parametrize(("key", "answer"), [("y", True), ("n", False), ("\n", False), ("Y", False)])
    def test_only_y_is_a_yes(self, monkeypatch: pytest.MonkeyPatch, key: str, *, answer: bool) -> None:
        out = io.StringIO()
        terminal = Terminal(Console(file=out, width=80), interactive=True)
        monkeypatch.setattr("agent.terminal.ask_on_terminal", lambda _: key)
        assert terminal.consent(validated().patch.files[0], "it runs") is answer
        assert "-one\n+two\na.txt: it runs.\n" in out.getvalue()

    def test_without_questions_the_patch_is_shown_and_taken(self) -> None:
        terminal, out = log()
        assert terminal.review(validated()) == validated().patch
        assert out.getvalue().endswith("-one\n+two\n+1 -1 a.txt\n")
