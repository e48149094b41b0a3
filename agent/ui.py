"""Where a job shows what it does, and whom it asks."""

from collections.abc import Sequence
from typing import Protocol

from agent.attempts import Attempt
from agent.errors import AgentError
from agent.patch import FilePatch, Patch
from agent.sandbox import TestReport
from agent.validate import ValidatedPatch
from model.api import Attended, Progress


class Ui(Protocol):
    """Where a job shows what it does, and whom it asks."""

    def on_progress(self, progress: Progress, /) -> None:
        """Hear how far a long step is."""
        ...

    def on_note(self, text: str, /) -> None:
        """Hear a sentence for the user."""
        ...

    def on_attended(self, attended: Attended) -> None:
        """Hear what of the repository is in view, where that is not all of it."""
        ...

    def on_answer(self) -> None:
        """Hear that the model begins a new answer."""
        ...

    def on_text(self, text: str, /) -> None:
        """Hear a piece of the model's answer."""
        ...

    def on_attempts(self, attempts: Sequence[Attempt], /) -> None:
        """Hear what came of several answers, each different one once."""
        ...

    def on_rejected(self, error: AgentError, /) -> None:
        """Hear why an attempt was not taken, before the next one."""
        ...

    def on_tests(self, command: str, /) -> None:
        """Hear that the test command begins."""
        ...

    def on_test_output(self, text: str, /) -> None:
        """Hear raw output of the test command."""
        ...

    def on_tested(self, report: TestReport, /) -> None:
        """Hear how the test command ended."""
        ...

    def consent(self, file: FilePatch, why: str, /) -> bool:
        """Ask whether a file that executes on its own may be changed."""
        ...

    def review(self, patch: ValidatedPatch, /) -> Patch:
        """Return what the user takes of a patch, possibly nothing."""
        ...
