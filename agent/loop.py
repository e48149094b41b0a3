"""One task from words to a tested change: read, ask the model, check, review, apply, test, and repair what fails."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from agent.editable import editable
from agent.errors import (
    AgentError,
    BrokenSyntaxError,
    FailingTestsError,
    NoChangeError,
    PatchError,
    TruncatedError,
    message_of,
)
from agent.interrupts import held_back
from agent.outcome import Record, Rejected
from agent.patch import FilePatch, Patch
from agent.proposal import Checker
from agent.protocols import LanguageModel, Memory
from agent.repair import repair_text
from agent.sandbox import run_tests
from agent.validate import ValidatedPatch
from agent.workspace import Workspace
from model.api import Completion, Editable, Progress, Query, Sampling
from repo_index.errors import ContextTooLargeError
from repo_index.git import Git
from repo_index.history import Role, Turn
from repo_index.prompt import Prompt, build_prompt
from repo_index.snapshot import RepoSnapshot, take_snapshot

# What another answer of the model may mend. Everything else is for the user.
_REPAIRABLE = (NoChangeError, PatchError, BrokenSyntaxError, FailingTestsError, TruncatedError)
_REPAIR_TEMPERATURE = 0.6


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the user asked for besides the task. `test_timeout_s` is in seconds; `context_limit` in tokens.

    An answer that is not `constrained` is free text; the diff in it is placed by its lines. One that was cut off
    counts as far as its hunks are complete, if `allow_truncated`.
    """

    sampling: Sampling = field(default_factory=Sampling)
    context_limit: int | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    apply: bool = True
    allow_dirty: bool = False
    allow_syntax_errors: bool = False
    test_command: str | None = None
    test_timeout_s: float = 600.0
    sandboxed: bool = True
    max_repairs: int = 0
    constrained: bool = True
    allow_truncated: bool = False


class Ui(Protocol):
    """Where a job shows what it does, and whom it asks."""

    def on_progress(self, progress: Progress, /) -> None:
        """Hear how far a long step is."""
        ...

    def on_answer(self) -> None:
        """Hear that the model begins a new answer."""
        ...

    def on_text(self, text: str, /) -> None:
        """Hear a piece of the model's answer."""
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

    def consent(self, file: FilePatch, why: str, /) -> bool:
        """Ask whether a file that executes on its own may be changed."""
        ...

    def review(self, patch: ValidatedPatch, /) -> Patch:
        """Return what the user takes of a patch, possibly nothing."""
        ...


class Job:
    """Carries one task through. The tree is changed only by `Workspace`, and rolled back if the tests fail."""

    def __init__(self, git: Git, model: LanguageModel[Any], options: JobOptions, ui: Ui, record: Record) -> None:
        """Take what the job works with, and the record to fill in; nothing happens yet."""
        self._git, self._model, self._options, self._ui, self._record = git, model, options, ui, record
        self._workspace = Workspace(git)

    def run(self, task: str, turns: Sequence[Turn] = ()) -> None:
        """Do the task; `turns` is the chat so far.

        Raises:
            AgentError, RepoError, ModelError: see `agent.errors.exit_code_of`; the tree is as it was.

        """
        record, options = self._record, self._options
        with record.timed("read"):
            snapshot, prompt = self._read(task, turns)
        checker = Checker(snapshot, self._ui.consent, options.allow_syntax_errors)
        edits = editable(snapshot, checker) if self._options.constrained else None
        with record.timed("encode"):
            memory = self._model.remember(prompt.system, prompt.documents, self._ui.on_progress)
        said: list[Turn] = [_turn("user", task)]
        for attempt in range(1 + options.max_repairs):
            record.next_attempt()
            completion = self._ask(memory, edits, (*turns, *said), attempt)
            try:
                self._carry_out(completion, checker, task)
            except _REPAIRABLE as error:
                record.rejected.append(Rejected(completion.text, error))
                if attempt == options.max_repairs:
                    raise
                said.append(_turn("assistant", completion.text))
                better = self._repair_text(error, prompt, said)
                if better is None:
                    raise
                self._ui.on_rejected(error)
                said.append(_turn("user", better))
            else:
                record.said = (*said, _turn("assistant", record.diff_text))
                return

    @property
    def _prompt_limit(self) -> int:
        """Tokens that a prompt may have."""
        n_answer = self._options.sampling.max_new_tokens
        window = min(self._options.context_limit or self._model.context_limit, self._model.context_limit)
        if n_answer >= window:
            raise ContextTooLargeError(
                f"an answer of up to {n_answer:,} tokens leaves no room for a prompt in a context of {window:,}; "
                "lower --max-new-tokens or raise --context-limit",
                n_tokens=n_answer,
                limit=window,
            )
        return window - n_answer

    def _read(self, task: str, turns: Sequence[Turn]) -> tuple[RepoSnapshot, Prompt]:
        limit, options = self._prompt_limit, self._options
        snapshot = take_snapshot(self._git, self._model.count_tokens, include=options.include, exclude=options.exclude)
        return snapshot, build_prompt(snapshot, turns, task, self._model, limit=limit)

    def _ask(self, memory: Memory, edits: Editable | None, turns: Sequence[Turn], attempt: int) -> Completion:
        *earlier, last = turns
        sampling = self._options.sampling
        if attempt:  # the likeliest answer was wrong: ask for others
            temperature = max(sampling.temperature, _REPAIR_TEMPERATURE)
            sampling = replace(sampling, seed=sampling.seed + attempt, temperature=temperature)
        self._ui.on_answer()
        with self._record.timed("decode"):
            [completion] = self._model.complete(memory, Query(earlier, last.text), edits, sampling, self._ui.on_text)
        self._record.completions.append(completion)
        return completion

    def _carry_out(self, completion: Completion, checker: Checker, task: str) -> None:
        record, options = self._record, self._options
        with record.timed("check"):
            if completion.finish_reason == "length" and not options.allow_truncated:
                raise TruncatedError(
                    f"the model was still writing after {completion.n_new_tokens:,} tokens; "
                    "ask for less at once, or raise --max-new-tokens"
                )
            patch = record.patch = checker.check_text(completion.text)
        if not options.apply:
            record.status = "proposed"
            return
        with record.timed("review"):
            taken = checker.reviewed(patch, self._ui.review)
        if taken is None:
            record.status = "declined"
            return
        record.patch = taken
        try:
            with record.timed("apply"):
                record.change = self._workspace.apply(taken, allow_dirty=options.allow_dirty, task=task)
            if options.test_command is not None:
                self._test(options.test_command)
        except BaseException as error:  # Ctrl-C, too: an untested change does not stay
            self._roll_back(error)
            raise
        record.status = "applied"

    def _test(self, command: str) -> None:
        options = self._options
        self._ui.on_tests(command)
        with self._record.timed("test"):
            report = run_tests(
                command,
                self._git.root,
                timeout_s=options.test_timeout_s,
                on_output=self._ui.on_test_output,
                sandboxed=options.sandboxed,
            )
        self._record.report = report
        if not report.passed:
            end = f"stopped after {report.duration_s:.0f} s" if report.timed_out else f"exit code {report.exit_code}"
            raise FailingTestsError(f"`{command}` failed ({end})", report.tail)

    def _roll_back(self, cause: BaseException) -> None:
        """Take the change back, if it came so far, and say so in `cause`.

        Raises:
            AgentError: it cannot be taken back; the error says why, and what failed before.

        """
        record = self._record
        if record.change is None:
            return
        with held_back():
            try:
                self._workspace.undo(record.change.undo_id)
            except AgentError as error:
                why = f"{message_of(cause)}, and the change could not be rolled back: {error}"
                raise type(error)(why) from error
            record.change = None
            cause.add_note("the change was rolled back")

    def _repair_text(self, error: AgentError, prompt: Prompt, said: Sequence[Turn]) -> str | None:
        """Return what the model is told about its last answer; None where the window has no room for that."""
        n_documents = prompt.n_tokens - prompt.n_frame_tokens
        turns = (*prompt.turns, *said)

        def fits(text: str) -> bool:
            return n_documents + self._model.count_frame(prompt.system, turns, text) <= self._prompt_limit

        return repair_text(error, fits)


def _turn(role: Role, text: str) -> Turn:
    return Turn(role, text, datetime.now(UTC))
