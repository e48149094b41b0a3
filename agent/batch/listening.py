"""What is told of a batch while it runs: the quiet `Ui` of one task, and who listens to all of them."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from agent.attempts import Attempt
from agent.batch.plan import Task
from agent.errors import AgentError, message_of
from agent.events import attempts_fields, attended_fields, tested_fields
from agent.patch import FilePatch, Patch
from agent.sandbox import TestReport
from agent.validate import ValidatedPatch
from model.api import Attended, Progress


class Listener(Protocol):
    """Hears what happens. Several threads may speak at once, and it must not raise."""

    def on_event(self, task: Task | None, event: str, fields: Mapping[str, Any], /) -> None:
        """Hear that something happened, to a task or to the batch."""
        ...

    def on_step(self, task: Task, what: str, /) -> None:
        """Hear what a task is at just now; there are many of these."""
        ...

    def on_loading(self, progress: Progress, /) -> None:
        """Hear how far a model is, before any task begins."""
        ...


@dataclass(slots=True)
class TaskUi:
    """A `loop.Ui` that asks nobody: everything is taken, but for files that execute on their own.

    `log` is what happened, each with the seconds since the start.
    """

    task: Task
    listener: Listener
    stop: threading.Event
    log: list[dict[str, Any]] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)
    _n_pieces: int = 0

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return round(time.monotonic() - self._started, 3)

    def say(self, event: str, **fields: Any) -> None:
        """Note an event, and tell it."""
        self.log.append({"at_s": self.seconds, "event": event, **fields})
        self.listener.on_event(self.task, event, fields)

    def on_progress(self, progress: Progress) -> None:
        """Pass on how far the model is."""
        self._break_off()
        share = f" {100 * progress.done // progress.total} %" if progress.total else ""
        self.listener.on_step(self.task, f"{_PHASES.get(progress.phase, progress.phase)}{share}")

    def on_note(self, text: str) -> None:
        """Note what the user should know."""
        self.say("note", text=text)

    def on_attended(self, attended: Attended) -> None:
        """Note what of the repository is in view."""
        self.say("attended", **attended_fields(attended))

    def on_answer(self) -> None:
        """Note that the model begins to write."""
        self._n_pieces = 0
        self.say("answer")

    def on_text(self, _text: str) -> None:
        """Count."""
        self._break_off()
        self._n_pieces += 1
        if self._n_pieces % 16 == 1:
            self.listener.on_step(self.task, f"writing, {self._n_pieces} pieces")

    def on_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Note what came of several answers."""
        self.say("attempts", **attempts_fields(attempts))

    def on_rejected(self, error: AgentError) -> None:
        """Note why an answer was not taken."""
        self.say("rejected", reason=message_of(error))

    def on_tests(self, command: str) -> None:
        """Note that tests begin."""
        self._break_off()
        self.say("tests", command=command)

    def on_test_output(self, _text: str) -> None:
        """Let it pass: the report has its end."""
        self._break_off()

    def on_tested(self, report: TestReport) -> None:
        """Note how the tests ended."""
        self.say("tested", **tested_fields(report))

    def consent(self, file: FilePatch, why: str) -> bool:
        """Say no: nobody is there to ask."""
        self.say("refused", path=str(file.path), reason=why)
        return False

    def review(self, patch: ValidatedPatch) -> Patch:
        """Take all of it; people review the branch."""
        return patch.patch

    def _break_off(self) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt


_PHASES = {"load": "loading", "index": "indexing", "prefill": "reading"}
