"""What happens to a job, as JSON objects a line: for editors, scripts and whoever else drives magicode."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any

from agent.attempts import Attempt
from agent.errors import AgentError, message_of
from agent.patch import FilePatch, Patch
from agent.sandbox import TestReport
from agent.ui import Ui
from agent.validate import ValidatedPatch
from model.api import Attended, Progress, TakenBack

_PAUSE_S = 0.25  # between two events that say how far a phase is


def write_line(out: IO[str], value: Mapping[str, Any]) -> None:
    """Write an object on a line of its own, so that a reader has it at once."""
    out.write(json.dumps(value) + "\n")
    out.flush()


def attended_fields(attended: Attended) -> dict[str, Any]:
    """Tell what of the repository is in view."""
    return {
        "tokens": attended.n_tokens,
        "of_tokens": attended.n_repository_tokens,
        "files": attended.n_files,
        "of_files": attended.n_repository_files,
    }


def attempts_fields(attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Tell what came of several answers."""
    return {
        "attempts": [
            {"number": each.number, "alike": each.n_alike, "reason": message_of(each.error) if each.error else None}
            for each in attempts
        ]
    }


def tested_fields(report: TestReport) -> dict[str, Any]:
    """Tell how the test command ended."""
    return {
        "command": report.command,
        "passed": report.passed,
        "exit_code": report.exit_code,
        "seconds": round(report.duration_s, 3),
    }


class EventUi:
    """A `Ui` that writes each event to `out`, and hands it on to another one, which asks the questions.

    An object has `event`, what it is, `at_s`, seconds since the start, and the fields of its kind. A reader that goes
    away ends the job, as an interrupt would.
    """

    def __init__(self, inner: Ui, out: IO[str]) -> None:
        """Begin to count seconds."""
        self._inner, self._out = inner, out
        self._started = time.monotonic()
        self._told: Progress | None = None
        self._told_at = 0.0

    def say(self, event: str, **fields: Any) -> None:
        """Write an event."""
        write_line(self._out, {"event": event, "at_s": round(time.monotonic() - self._started, 3), **fields})

    def on_progress(self, progress: Progress) -> None:
        """Tell how far a phase is: its beginning, its end, and a few steps between."""
        told, now = self._told, time.monotonic()
        is_end = bool(progress.total) and progress.done >= progress.total
        if told is None or told.phase != progress.phase or is_end or now - self._told_at >= _PAUSE_S:
            self._told, self._told_at = progress, now
            self.say("progress", phase=progress.phase, done=progress.done, total=progress.total, detail=progress.detail)
        self._inner.on_progress(progress)

    def on_note(self, text: str) -> None:
        """Tell what the user should know."""
        self.say("note", text=text)
        self._inner.on_note(text)

    def on_attended(self, attended: Attended) -> None:
        """Tell what of the repository is in view."""
        self.say("attended", **attended_fields(attended))
        self._inner.on_attended(attended)

    def on_answer(self) -> None:
        """Tell that an answer begins."""
        self.say("answer")
        self._inner.on_answer()

    def on_text(self, text: str) -> None:
        """Pass on a piece of the answer, or that lines of it are none."""
        if isinstance(text, TakenBack):
            self.say("taken_back", lines=text.n_lines)
        else:
            self.say("text", text=text)
        self._inner.on_text(text)

    def on_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Tell what came of several answers."""
        self.say("attempts", **attempts_fields(attempts))
        self._inner.on_attempts(attempts)

    def on_rejected(self, error: AgentError) -> None:
        """Tell why a round was not taken; the model is asked again."""
        self.say("rejected", reason=message_of(error))
        self._inner.on_rejected(error)

    def on_tests(self, command: str) -> None:
        """Tell that tests begin."""
        self.say("tests", command=command)
        self._inner.on_tests(command)

    def on_test_output(self, text: str) -> None:
        """Pass on what the test command prints."""
        self.say("test_output", text=text)
        self._inner.on_test_output(text)

    def on_tested(self, report: TestReport) -> None:
        """Tell how the tests ended."""
        self.say("tested", **tested_fields(report))
        self._inner.on_tested(report)

    def consent(self, file: FilePatch, why: str) -> bool:
        """Ask, and tell the answer."""
        answer = self._inner.consent(file, why)
        self.say("consent", path=str(file.path), reason=why, given=answer)
        return answer

    def review(self, patch: ValidatedPatch) -> Patch:
        """Show the diff, ask, and tell which files were taken."""
        self.say("diff", diff=patch.render().decode(errors="replace"))
        taken = self._inner.review(patch)
        self.say("reviewed", files=[str(file.path) for file in taken.files])
        return taken
