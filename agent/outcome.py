"""What a job did: filled in as it goes, and told to programs as JSON."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from agent.attempts import Attempt, ranked
from agent.errors import AgentError, ExitCode, exit_code_of, message_of
from agent.sandbox import TestReport
from agent.validate import ValidatedPatch
from agent.workspace import AppliedChange
from model.api import Attended, Completion
from repo_index.history import Turn

Status = Literal["applied", "proposed", "declined"]
Phase = Literal["read", "encode", "decode", "check", "review", "apply", "test"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """An attempt that was not taken, and why."""

    text: str
    error: AgentError


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a change of `paths` went besides the user's work tree: a commit, its branch, a work tree of its own."""

    paths: tuple[PurePosixPath, ...]
    commit: str | None
    branch: str | None
    worktree: Path | None


@dataclass(slots=True)
class Record:
    """What a job has done so far; where it fails, this is what there is to tell.

    `patch`, `change` and `report` are those of the last attempt; `said` are the turns that the chat has gained,
    empty until an attempt was taken. `notes` say what is not as asked though the job is done. `attended` is what of the
    repository is in view, None where all of it is. `flaky` are tests that fail now and then without any change.
    """

    status: Status | None = None
    patch: ValidatedPatch | None = None
    change: AppliedChange | None = None
    delivery: Delivery | None = None
    pull_request: str | None = None
    report: TestReport | None = None
    completions: list[Completion] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    timings_s: dict[Phase, float] = field(default_factory=dict)
    said: tuple[Turn, ...] = ()
    notes: list[str] = field(default_factory=list)
    attended: Attended | None = None
    flaky: frozenset[str] = frozenset()
    _bests: list[tuple[bool, tuple[float, ...]]] = field(default_factory=list)  # of each round: no diff, how bad

    @property
    def diff(self) -> bytes:
        """The exact diff of the last attempt, empty where there is none yet; each file in its own encoding."""
        return self.patch.render() if self.patch else b""

    @property
    def diff_text(self) -> str:
        """The diff as text; what is not UTF-8 in it is replaced."""
        return self.diff.decode(errors="replace")

    @contextmanager
    def timed(self, phase: Phase) -> Iterator[None]:
        """Add the seconds spent inside to a phase."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.timings_s[phase] = self.timings_s.get(phase, 0.0) + time.perf_counter() - start

    def next_round(self) -> None:
        """Forget the round of which nothing was taken, but for `rejected` and `attempts`."""
        self.patch = self.change = self.delivery = self.report = None

    def take_over(self, other: "Record") -> None:
        """Become what another record is."""
        for each in fields(self):
            setattr(self, each.name, getattr(other, each.name))

    def reject(self, attempts: Sequence[Attempt], error: AgentError) -> None:
        """Note a round of which nothing was taken; `error` is that of the best attempt."""
        self.rejected += [Rejected(each.completion.text, each.error or error) for each in attempts]
        self._bests.append((attempts[0].patch is None, attempts[0].severity))

    @property
    def stands_still(self) -> bool:
        """Whether the last two rounds came no further than one before them."""
        return len(self._bests) > 2 and min(self._bests[-2:]) >= min(self._bests[:-2])


def outcome_json(record: Record, error: BaseException | None) -> dict[str, Any]:
    """Return the object that `--output-format json` prints; its keys are stable."""
    return {
        "status": "failed" if error else record.status,
        "exit_code": int(exit_code_of(error)) if error else int(ExitCode.DONE),
        "error": message_of(error) if error else None,
        "diff": record.diff_text,
        "files": _files(record),
        "attempts": {
            "n": len(record.completions),
            "rejected": [{"text": each.text, "reason": message_of(each.error)} for each in record.rejected],
            "ranked": [_attempt(attempt) for attempt in ranked(record.attempts)],
        },
        "tests": _tests(record),
        "usage": usage(record),
        "attended": asdict(record.attended) if record.attended else None,
        "timings_s": {phase: round(seconds, 3) for phase, seconds in record.timings_s.items()},
        "undo_id": record.change.undo_id if record.change else None,
        "commit": record.delivery.commit if record.delivery else None,
        "branch": record.delivery.branch if record.delivery else None,
        "worktree": str(record.delivery.worktree) if record.delivery and record.delivery.worktree else None,
        "pull_request": record.pull_request,
        "notes": record.notes,
    }


def usage(record: Record) -> dict[str, float]:
    """Return what the model's answers cost, in tokens and seconds; `estimated` where a server told no tokens."""
    done = record.completions
    return {
        "prompt_tokens": max((each.n_prompt_tokens for each in done), default=0),
        "reused_tokens": max((each.n_reused_tokens for each in done), default=0),
        "new_tokens": sum(each.n_new_tokens for each in done),
        "chosen_tokens": sum(each.n_chosen_tokens for each in done),
        "prefill_s": round(max((each.prefill_s for each in done), default=0.0), 3),
        "decode_s": round(sum(each.decode_s for each in done), 3),
        "estimated": any(each.is_estimated for each in done),
    }


def _files(record: Record) -> list[dict[str, Any]]:
    if record.patch is None:
        return []
    return [
        {
            "path": str(file.path),
            "kind": file.kind,
            "hunks": [
                {"old_start": each.old_start, "tier": each.tier, "offset": each.offset}
                for each in record.patch.placements
                if each.path == file.path
            ],
        }
        for file in record.patch.patch.files
    ]


def _attempt(attempt: Attempt) -> dict[str, Any]:
    verdict = attempt.verdict
    return {
        "number": attempt.number,
        "good": attempt.is_good,
        "reason": message_of(attempt.error) if attempt.error else None,
        "alike": attempt.n_alike,
        "failures": verdict.n_failures if verdict else None,
        "mean_logprob": round(attempt.completion.mean_logprob, 4),
        "new_tokens": attempt.completion.n_new_tokens,
        "diff": attempt.patch.render().decode(errors="replace") if attempt.patch else None,
    }


def _tests(record: Record) -> dict[str, Any] | None:
    report = record.report
    if report is None:
        return None
    return {
        "command": report.command,
        "exit_code": report.exit_code,
        "duration_s": round(report.duration_s, 3),
        "timed_out": report.timed_out,
        "tail": report.tail,
        "flaky": sorted(record.flaky),
    }
