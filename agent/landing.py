"""The way of a checked change into the user's tree: review, tests, delivery, and back if one of them fails."""

from collections.abc import Callable
from contextlib import nullcontext

from agent.attempts import Attempt
from agent.errors import AgentError, NoChangeError, message_of
from agent.interrupts import held_back
from agent.options import JobOptions
from agent.outcome import Record
from agent.proposal import Checker
from agent.testing import Testing
from agent.ui import Ui
from agent.validate import ValidatedPatch
from agent.workspace import Workspace


def no_delivery(_record: Record) -> None:
    """Leave a change in the work tree as it is."""


class Landing:
    """Carries attempts out. The tree is changed only by `Workspace`."""

    def __init__(
        self,
        workspace: Workspace | None,
        options: JobOptions,
        ui: Ui,
        record: Record,
        testing: Testing,
        deliver: Callable[[Record], None] = no_delivery,
    ) -> None:
        """Take the tree, if it may be changed, and the record to fill in; nothing happens yet.

        `deliver` is given the record of a change that is in place and tested. If it raises, the change is rolled back.
        """
        self._workspace, self._options, self._ui, self._record = workspace, options, ui, record
        self._testing, self._deliver = testing, deliver

    def carry_out(self, attempt: Attempt, checker: Checker, task: str) -> None:
        """Let the user review an attempt, and make and deliver what is taken of it.

        Raises:
            AgentError: the tree is as it was.

        """
        record, testing = self._record, self._testing
        patch = record.patch = attempt.patch
        if patch is None:
            raise NoChangeError("the model wrote no change")
        record.report = attempt.verdict.report if attempt.verdict else None  # others may have been tested behind it
        workspace = self._workspace
        if workspace is None:
            if testing.comes_after:
                self._ui.on_note("not tested: on this machine tests run in your tree, after a change is made")
            record.status = "proposed"
            return
        with record.timed("review"):
            taken = checker.reviewed(patch, self._ui.review)
        if taken is None:
            record.status = "declined"
            return
        record.patch = taken
        if taken is not patch:  # what is left was never tested by itself
            part = Attempt(attempt.number, attempt.completion, taken)
            testing.test([part])
            if part.error:
                raise part.error
        try:
            self._make(workspace, taken, task)
            self._deliver(record)
        except BaseException as error:  # Ctrl-C, too: an untested change does not stay
            if record.delivery is None:  # a commit does
                self._roll_back(workspace, error)
            raise
        record.status = "applied"

    def _make(self, workspace: Workspace, patch: ValidatedPatch, task: str) -> None:
        """Apply a change, and test it where that was not done before."""
        with workspace.testing() if self._testing.comes_after else nullcontext() as probation:
            with self._record.timed("apply"):
                self._record.change = workspace.apply(
                    patch, allow_dirty=self._options.allow_dirty, task=task, probation=probation
                )
            self._testing.test_in_place()

    def _roll_back(self, workspace: Workspace, cause: BaseException) -> None:
        """Take the change back, if it came so far, and say so in `cause`.

        Raises:
            AgentError: it cannot be taken back; the error says why, and what failed before.

        """
        record = self._record
        if record.change is None:
            return
        with held_back():
            try:
                workspace.undo(record.change.undo_id)
            except AgentError as error:
                why = f"{message_of(cause)}, and the change could not be rolled back: {error}"
                raise type(error)(why) from error
            record.change = None
            cause.add_note("the change was rolled back")
