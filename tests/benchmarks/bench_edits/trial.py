"""One task, one model, one way of asking: the job as the command line does it, then the held tests."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.attempts import Attempt
from agent.errors import AgentError, exit_code_of, message_of
from agent.loop import Job
from agent.options import JobOptions
from agent.outcome import Record
from agent.patch import FilePatch, Patch
from agent.protocols import LanguageModel
from agent.sandbox import TestReport
from agent.unfinished import Round
from agent.validate import ValidatedPatch
from model.api import Attended, Progress, Sampling
from model.errors import ModelError
from repo_index.errors import RepoError
from repo_index.git import Git
from tests.benchmarks.edits.tasks import EditTask


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of asking. `drafts` are tokens read ahead; they change the seconds alone.

    `begins_as` names an arm that this one does not differ from before that one's tests have failed.
    """

    name: str
    constrained: bool
    drafts: bool
    temperature: float = 0.0
    allow_syntax_errors: bool = False
    n_attempts: int = 1
    max_repairs: int = 0
    max_new_tokens: int = 1024
    tested: bool = False  # by the tests that the model sees; those that grade are never run before the end
    begins_as: str | None = None

    def options(self, seed: int, test_command: str) -> JobOptions:
        """Return what the job is told."""
        return JobOptions(
            sampling=Sampling(
                temperature=self.temperature,
                seed=seed,
                max_new_tokens=self.max_new_tokens,
                drafts=self.drafts,
                n_attempts=self.n_attempts,
            ),
            constrained=self.constrained,
            allow_syntax_errors=self.allow_syntax_errors,
            test_command=test_command if self.tested else None,
            max_repairs=self.max_repairs,
        )


ARMS = (
    Arm("free", constrained=False, drafts=False),
    Arm("constrained", constrained=True, drafts=True),
    Arm("n = 8", constrained=True, drafts=True, n_attempts=8, tested=True),
    Arm(
        "n = 8 with repair",
        constrained=True,
        drafts=True,
        n_attempts=8,
        tested=True,
        max_repairs=3,
        begins_as="n = 8",
    ),
    Arm("constrained, no drafts", constrained=True, drafts=False),
    Arm("constrained, no going back", constrained=True, drafts=True, allow_syntax_errors=True),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one task. `applied` is whether there was a diff that was taken; times in seconds.

    Tokens are those of all attempts; passes and seconds those of each round, whose attempts are decoded together.
    """

    model: str
    arm: str
    task: str
    kind: str
    language: str
    solved: bool
    applied: bool
    tests_pass: bool
    exit_code: int
    error: str
    n_prompt_tokens: int
    n_new_tokens: int
    n_chosen_tokens: int
    n_passes: int
    n_rewinds: int
    prefill_s: float
    decode_s: float
    seconds: float
    diff: str

    def values(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


class _Silent:
    """A user who agrees to everything and is shown nothing."""

    def on_progress(self, _progress: Progress, /) -> None: ...

    def on_note(self, _text: str, /) -> None: ...

    def on_attended(self, _attended: Attended, /) -> None: ...

    def on_answer(self) -> None: ...

    def on_attempts(self, _attempts: Sequence[Attempt], /) -> None: ...

    def on_text(self, _text: str, /) -> None: ...

    def on_rejected(self, _error: AgentError, /) -> None: ...

    def on_tests(self, _command: str, /) -> None: ...

    def on_test_output(self, _text: str, /) -> None: ...

    def on_tested(self, _report: TestReport, /) -> None: ...

    def consent(self, _file: FilePatch, _why: str, /) -> bool:
        return True

    def review(self, patch: ValidatedPatch, /) -> Patch:
        return patch.patch


@dataclass(slots=True)
class FirstRound:
    """The answers of an arm's first round, which an arm that begins as it does need not ask for again."""

    seconds: float = 0.0
    begun: Sequence[Round] = ()

    def keep(self, rounds: Sequence[Round]) -> None:
        """Take the answers of a round if they are the first ones."""
        self.begun = self.begun or rounds


def run_trial(model: LanguageModel[Any, Any], arm: Arm, task: EditTask, seed: int, first: FirstRound) -> Trial:
    """Let a model do a task in a fresh copy of its repository, and grade the copy.

    Where `first` holds answers the job goes on from there, and its seconds count; else it is filled in.
    """
    earlier_s, begun = first.seconds, first.begun
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "repo"
        task.check_out(root)
        record, error = Record(), None
        started = time.perf_counter()
        try:
            job = Job(Git.discover(root), model, arm.options(seed, task.test), _Silent(), record, keep=first.keep)
            job.run(task.task, rounds=begun)
        except (AgentError, ModelError, RepoError) as raised:
            error = raised
        seconds = first.seconds = earlier_s + time.perf_counter() - started
        applied = record.change is not None
        tests_pass = applied and task.run_tests(root).passed
        solved = applied and task.run_grading(root).passed
    done = record.completions
    rounds = [done[start : start + arm.n_attempts] for start in range(0, len(done), arm.n_attempts)]
    best = record.attempts[0].completion.text if record.attempts else ""
    return Trial(
        model=model.name,
        arm=arm.name,
        task=task.name,
        kind=task.kind,
        language=task.language,
        solved=solved,
        applied=applied,
        tests_pass=tests_pass,
        exit_code=exit_code_of(error) if error else 0,
        error=message_of(error) if error else "",
        n_prompt_tokens=max((each.n_prompt_tokens for each in done), default=0),
        n_new_tokens=sum(each.n_new_tokens for each in done),
        n_chosen_tokens=sum(each.n_chosen_tokens for each in done),
        n_passes=sum(max(each.n_passes for each in group) for group in rounds),
        n_rewinds=sum(each.n_rewinds for each in done),
        prefill_s=max((each.prefill_s for each in done), default=0.0),
        decode_s=sum(max(each.decode_s for each in group) for group in rounds),
        seconds=seconds,
        diff=record.diff_text if applied else best,
    )
