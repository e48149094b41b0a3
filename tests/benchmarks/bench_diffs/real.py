"""What the real models write, free and constrained, when they are asked for what real commits did."""

import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console

from agent.editable import editable
from agent.errors import AgentError
from agent.proposal import Checker
from model.api import Completion, Query, Sampling
from model.local import LocalModel
from model.store import ModelStore, resolve
from tests.benchmarks.bench_diffs.commits import MAX_PROMPT_TOKENS, Task, Tasks
from tests.benchmarks.bench_diffs.log import log_of
from tests.benchmarks.bench_diffs.worktree import Repository

MODELS = ("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b")
_FENCED = re.compile(r"^```\w*\n(.*?)(?:^```|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of asking. `drafts` are tokens read ahead; they change passes and seconds alone."""

    name: str
    constrained: bool
    drafts: bool


ARMS = (
    Arm("free", constrained=False, drafts=False),
    Arm("constrained", constrained=True, drafts=True),
    Arm("constrained without drafts", constrained=True, drafts=False),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is asked: `n_diffs` for each model, temperature and arm."""

    models: tuple[str, ...]
    arms: tuple[str, ...]
    n_diffs: int
    n_attempts: int  # answers to one task at temperature 1, written side by side
    max_new_tokens: int
    seed: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One answer.

    `git` is whether `git apply --check` takes the text itself, its fence taken off; `git_zero` whether it does with
    `--unidiff-zero`, without which git takes a hunk that ends in no context for the end of its file. `placed` is
    whether the agent finds the place of each hunk, in any of its tiers, and git takes what it renders, without that
    option; it is what `magicode` goes by. `exact` is that all tiers were the exact one, `parses` that no file has a
    syntax error which it had not. An answer that was `cut` at its length is judged as far as it goes; it is `empty` if
    it holds no diff. `decode_s` is the time in which all attempts of one request were decoded, divided by their number.
    """

    model: str
    arm: str
    temperature: float
    repository: str
    commit: str
    attempt: int
    cut: bool
    empty: bool
    git: bool
    git_zero: bool
    placed: bool
    exact: bool
    parses: bool
    error: str
    n_prompt_tokens: int
    n_tokens: int
    n_choices: int
    n_passes: int
    n_rewinds: int
    decode_s: float
    text: str

    @property
    def key(self) -> tuple[str, str, float, str, str]:
        """What one request answers."""
        return self.model, self.arm, self.temperature, self.repository, self.commit


class RealPart:
    """Asks, judges, and notes each answer."""

    def __init__(self, repositories: Sequence[Repository], settings: Settings, console: Console) -> None:
        """Find what an earlier run of the same code has done."""
        self._repositories = repositories
        self._settings = settings
        self._console = console
        self._log = log_of(
            "real",
            {
                "repositories": [repository.label for repository in repositories],
                "seed": settings.seed,
                "n_attempts": settings.n_attempts,
                "max_new_tokens": settings.max_new_tokens,
            },
        )

    def run(self) -> dict[str, Any]:
        """Do what is left to do; return the result."""
        settings = self._settings
        wanted: list[tuple[str, str, float, str, str]] = []
        for name in settings.models:
            model = LocalModel(name, resolve(name, ModelStore(), lambda _progress: None), device="cpu")
            with tempfile.TemporaryDirectory() as scratch:
                tasks = Tasks(self._repositories, Path(scratch))
                for i, task in enumerate(tasks.take(settings.n_diffs, model, seed=settings.seed)):
                    wanted += self._ask(model, task, batch=i % settings.n_attempts == 0)
        trials = [trial for trial in self._trials() if trial.key in set(wanted)]
        return {
            "groups": _groups(trials),
            "settings": asdict(settings),
            "max_prompt_tokens": MAX_PROMPT_TOKENS,
            "repositories": [repository.label for repository in self._repositories],
            "trials": [_told(trial) for trial in trials],
        }

    def clear(self) -> None:
        """Forget what was noted: the run is complete."""
        self._log.clear()

    def _ask(self, model: LocalModel, task: Task, *, batch: bool) -> Iterator[tuple[str, str, float, str, str]]:
        """Answer one task in each way that is not noted yet; yield the keys of all of them."""
        done = {trial.key for trial in self._trials()}
        memory = None
        for arm in [arm for arm in ARMS if arm.name in self._settings.arms]:
            for temperature in (0.0, 1.0) if batch else (0.0,):
                key = (model.name, arm.name, temperature, task.commit.repository, task.commit.id)
                yield key
                if key in done:
                    continue
                memory = memory or model.remember(task.system, task.documents, lambda _progress: None)
                sampling = Sampling(
                    temperature=temperature,
                    seed=self._settings.seed,
                    max_new_tokens=self._settings.max_new_tokens,
                    n_attempts=self._settings.n_attempts if temperature else 1,
                    drafts=arm.drafts,
                )
                edits = editable(_checker(task)) if arm.constrained else None
                started = time.perf_counter()
                completions = model.complete(memory, Query((), task.commit.message), edits, sampling, _unheard)
                seconds = time.perf_counter() - started
                decode_s = seconds - (completions[0].prefill_s - memory.prefill_s)
                trials = [
                    _judged(key, attempt, completion, task, decode_s / len(completions), free=not arm.constrained)
                    for attempt, completion in enumerate(completions)
                ]
                for trial in trials:
                    self._log.note(asdict(trial))
                n_placed = sum(trial.placed for trial in trials)
                self._console.print(
                    f"  {seconds:6.1f} s  {model.name}  {arm.name} at {temperature:g}  {task.commit.repository} "
                    f"{task.commit.id[:8]}: {n_placed} of {len(trials)} applied, {task.n_prompt_tokens:,} tokens asked",
                    highlight=False,
                )

    def _trials(self) -> list[Trial]:
        return [Trial(**line) for line in self._log.lines]


def _judged(
    key: tuple[str, str, float, str, str],
    attempt: int,
    completion: Completion,
    task: Task,
    decode_s: float,
    *,
    free: bool,
) -> Trial:
    model, arm, temperature, repository, commit = key
    diff = _unfenced(completion.text) if free else completion.text
    placed, exact, parses, error = _placed(completion.text, task)
    return Trial(
        model,
        arm,
        temperature,
        repository,
        commit,
        attempt,
        cut=completion.finish_reason == "length",
        empty="@@" not in diff and "diff --git" not in diff and "--- " not in diff,
        git=bool(diff.strip()) and not task.tree.refusal(diff.encode()),
        git_zero=bool(diff.strip()) and not task.tree.refusal(diff.encode(), "--unidiff-zero"),
        placed=placed,
        exact=exact,
        parses=parses,
        error=error,
        n_prompt_tokens=completion.n_prompt_tokens,
        n_tokens=completion.n_new_tokens,
        n_choices=completion.n_chosen_tokens,
        n_passes=completion.n_passes,
        n_rewinds=completion.n_rewinds,
        decode_s=decode_s,
        text=completion.text,
    )


def _placed(text: str, task: Task) -> tuple[bool, bool, bool, str]:
    """Return whether an answer is placed, exactly so, and whether its files parse; and what is wrong if it is not."""
    try:
        checked = _checker(task, allow_syntax_errors=True).check_text(text)
    except AgentError as error:
        return False, False, False, f"{type(error).__name__}: {error}"
    if refusal := task.tree.refusal(checked.render()):
        return False, False, False, f"git: {refusal}"
    return True, all(one.tier == "exact" for one in checked.placements), not checked.findings, ""


def _checker(task: Task, *, allow_syntax_errors: bool = False) -> Checker:
    return Checker(task.snapshot, lambda _file, _why: True, allow_syntax_errors)


def _unfenced(text: str) -> str:
    """Return what stands in fences, or the whole text if there are none."""
    return "".join(_FENCED.findall(text)) or text


def _groups(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """Return counts and means for each model, temperature and arm."""
    groups: dict[tuple[str, float, str], list[Trial]] = {}
    for trial in trials:
        groups.setdefault((trial.model, trial.temperature, trial.arm), []).append(trial)
    return [
        {
            "model": model,
            "temperature": temperature,
            "arm": arm,
            "n": len(group),
            "placed": sum(trial.placed for trial in group),
            "exact": sum(trial.exact for trial in group),
            "git": sum(trial.git for trial in group),
            "git_zero": sum(trial.git_zero for trial in group),
            "parses": sum(trial.parses for trial in group),
            "cut": sum(trial.cut for trial in group),
            "empty": sum(trial.empty for trial in group),
            "mean_passes": round(mean(trial.n_passes for trial in group), 1),
            "mean_tokens": round(mean(trial.n_tokens for trial in group), 1),
            "mean_choices": round(mean(trial.n_choices for trial in group), 1),
            "rewinds": sum(trial.n_rewinds for trial in group),
            "mean_decode_s": round(mean(trial.decode_s for trial in group), 2),
        }
        for (model, temperature, arm), group in sorted(groups.items())
    ]


def _told(trial: Trial) -> dict[str, Any]:
    """Return a trial without its text, unless that is a constrained one which does not apply."""
    values = asdict(trial)
    if trial.placed or trial.empty or trial.arm == "free":
        del values["text"]
    return values


def _unheard(_text: str) -> None:
    """Answers are read when they are complete."""
