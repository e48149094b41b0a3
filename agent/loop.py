"""One task from words to a tested change: read, ask the model, check, review, apply, test, and repair what fails."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Literal, Protocol

from agent.change import change_of
from agent.errors import (
    AgentError,
    BrokenSyntaxError,
    FailingTestsError,
    NoChangeError,
    PatchError,
    TruncatedError,
)
from agent.patch import Patch
from agent.proposal import Checker
from agent.protocols import LanguageModel, Memory
from agent.sandbox import TestReport, run_tests
from agent.validate import ValidatedPatch
from agent.workspace import AppliedChange, Workspace
from model.api import Completion, Editable, Progress, Query, Sampling
from repo_index.frame import quote_path
from repo_index.git import Git
from repo_index.history import Turn
from repo_index.prompt import Prompt, build_prompt, render_repair
from repo_index.snapshot import RepoSnapshot, take_snapshot

Status = Literal["applied", "proposed", "declined"]
Phase = Literal["read", "encode", "decode", "check", "review", "apply", "test"]
# What another answer of the model may mend. Everything else is for the user.
_REPAIRABLE = (NoChangeError, PatchError, BrokenSyntaxError, FailingTestsError, TruncatedError)

_REPAIR_TEMPERATURE = 0.6


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the user asked for besides the task. `test_timeout_s` is in seconds; `context_limit` in tokens."""

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


class Ui(Protocol):
    """Where a job shows what it does, and whom it asks."""

    def on_progress(self, progress: Progress, /) -> None:
        """Hear how far a long step is."""
        ...

    def on_text(self, text: str, /) -> None:
        """Hear a piece of the model's answer."""
        ...

    def consent(self, path: PurePosixPath, why: str, /) -> bool:
        """Ask whether a file that executes on its own may be changed."""
        ...

    def on_answer(self) -> None:
        """Hear that the model has begun a new answer."""
        ...

    def on_rejected(self, error: AgentError) -> None:
        """Hear why an attempt was not taken."""
        ...

    def on_test_output(self, text: str) -> None:
        """Hear raw output of the test command."""
        ...

    def review(self, patch: ValidatedPatch) -> Patch:
        """Return what the user takes of a patch, possibly nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Rejected:
    """An attempt that was not taken, and why."""

    text: str
    error: AgentError


@dataclass(slots=True)
class Record:
    """What a job has done so far; it is filled in as the job goes and tells the rest when a job fails."""

    status: Status | None = None
    diff: str = ""
    patch: ValidatedPatch | None = None
    change: AppliedChange | None = None
    report: TestReport | None = None
    completions: list[Completion] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    timings_s: dict[Phase, float] = field(default_factory=dict)
    said: tuple[Turn, ...] = ()

    @contextmanager
    def timed(self, phase: Phase) -> Iterator[None]:
        """Add the seconds spent inside to a phase."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.timings_s[phase] = self.timings_s.get(phase, 0.0) + time.perf_counter() - start


class Job:
    """Carries one task through. The tree is changed only by `Workspace`, and rolled back if the tests fail."""

    def __init__(self, git: Git, model: LanguageModel[Any], options: JobOptions, ui: Ui) -> None:
        """Take what the job works with; nothing happens yet."""
        self._git, self._model, self._options, self._ui = git, model, options, ui
        self._workspace = Workspace(git)
        self.record = Record()

    def run(self, task: str, turns: Sequence[Turn] = ()) -> Record:
        """Do the task; `turns` is the chat so far.

        Raises:
            AgentError, RepoError, ModelError: see `agent.errors.exit_code_of`; the tree is as it was.

        """
        with self.record.timed("read"):
            snapshot, prompt = self._read(task, turns)
        checker = Checker(snapshot, self._ui.consent, self._options.allow_syntax_errors)
        edits = _editable(snapshot, checker)
        with self.record.timed("encode"):
            memory = self._model.remember(prompt.system, prompt.documents, self._ui.on_progress)
        said: list[Turn] = [Turn("user", task, datetime.now(UTC))]
        for attempt in range(1 + self._options.max_repairs):
            completion = self._ask(memory, edits, (*turns, *said), attempt)
            answer = Turn("assistant", completion.text, datetime.now(UTC))
            try:
                self._carry_out(completion, checker, task)
            except _REPAIRABLE as error:
                self.record.rejected.append(Rejected(completion.text, error))
                if attempt == self._options.max_repairs:
                    raise
                self._ui.on_rejected(error)
                said += [answer, Turn("user", render_repair(_reason(error)), datetime.now(UTC))]
            else:
                self.record.said = (*said, replace(answer, text=self.record.diff))
                break
        return self.record

    def _read(self, task: str, turns: Sequence[Turn]) -> tuple[RepoSnapshot, Prompt]:
        options = self._options
        snapshot = take_snapshot(self._git, self._model.count_tokens, include=options.include, exclude=options.exclude)
        window = min(options.context_limit or self._model.context_limit, self._model.context_limit)
        limit = window - options.sampling.max_new_tokens
        return snapshot, build_prompt(snapshot, turns, task, self._model, limit=limit)

    def _ask(self, memory: Memory, edits: Editable, turns: Sequence[Turn], attempt: int) -> Completion:
        *earlier, last = turns
        sampling = self._options.sampling
        if attempt:  # the likeliest answer was wrong: ask for others
            temperature = max(sampling.temperature, _REPAIR_TEMPERATURE)
            sampling = replace(sampling, seed=sampling.seed + attempt, temperature=temperature)
        self._ui.on_answer()
        with self.record.timed("decode"):
            completion = self._model.complete(memory, Query(earlier, last.text), edits, sampling, self._ui.on_text)
        self.record.completions.append(completion)
        return completion

    def _carry_out(self, completion: Completion, checker: Checker, task: str) -> None:
        record = self.record
        with record.timed("check"):
            if completion.finish_reason == "length":
                raise TruncatedError(
                    f"the model was still writing after {completion.n_new_tokens:,} tokens; "
                    "ask for less at once, or raise --max-new-tokens"
                )
            patch = self._take(checker.check_text(completion.text))
        if not self._options.apply:
            record.status = "proposed"
            return
        with record.timed("review"):
            accepted = self._ui.review(patch)
        if not accepted.files:
            record.status = "declined"
            return
        with record.timed("apply"):
            if accepted != patch.patch:
                patch = self._take(checker.check(accepted))
            record.change = self._workspace.apply(
                change_of(patch, self._git.root), allow_dirty=self._options.allow_dirty, task=task
            )
        if self._options.test_command:
            self._test(self._options.test_command, record.change)
        record.status = "applied"

    def _take(self, patch: ValidatedPatch) -> ValidatedPatch:
        self.record.patch = patch
        self.record.diff = patch.render().decode(errors="replace")
        return patch

    def _test(self, command: str, change: AppliedChange) -> None:
        try:
            with self.record.timed("test"):
                report = run_tests(
                    command,
                    self._git.root,
                    timeout_s=self._options.test_timeout_s,
                    on_output=self._ui.on_test_output,
                    sandboxed=self._options.sandboxed,
                )
        except BaseException:  # Ctrl-C, too: an untested change does not stay
            self._roll_back(change)
            raise
        self.record.report = report
        if not report.passed:
            self._roll_back(change)
            end = f"stopped after {report.duration_s:.0f} s" if report.timed_out else f"exit code {report.exit_code}"
            raise FailingTestsError(f"`{command}` failed ({end}); the change was rolled back", report.tail)

    def _roll_back(self, change: AppliedChange) -> None:
        self._workspace.undo(change.undo_id)
        self.record.change = None


def _editable(snapshot: RepoSnapshot, checker: Checker) -> Editable:
    """Return what the model may touch; a path that a diff would have to quote can be read but not named."""
    plain = [file for file in snapshot.files if quote_path(file.path) == str(file.path)]
    files = {str(file.path): checker.texts[file.path].lines for file in plain}
    paths = [file.path for file in snapshot.files] + [file.path for file in snapshot.skipped]
    return Editable(files, [str(path) for path in paths if str(path) not in files])


def _reason(error: AgentError) -> str:
    return f"{error}\n\n{error.output}" if isinstance(error, FailingTestsError) else str(error)
