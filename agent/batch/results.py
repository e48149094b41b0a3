"""What came of tasks, as values that go into reports and state files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.batch.plan import Task
from agent.errors import ExitCode, exit_code_of, message_of
from agent.outcome import Record, outcome_json

Status = Literal["done", "failed", "open"]

_MAX_DIFF = 1_000_000  # characters that are kept of a diff,
_MAX_REJECTED = 20_000  # and of an answer that was not taken
_KEPT = ("diff", "files", "tests", "usage", "attended", "timings_s")
# The least bad first. An interrupt, or a bug of ours, says more about a batch than any task that did not work out.
_WORSE = (
    ExitCode.DONE, ExitCode.NO_CHANGE, ExitCode.BAD_DIFF, ExitCode.BROKEN_SYNTAX, ExitCode.TESTS_FAILED,
    ExitCode.CONTEXT_TOO_LARGE, ExitCode.CONFLICT, ExitCode.REFUSED, ExitCode.FORGE, ExitCode.USAGE,
    ExitCode.MODEL_UNAVAILABLE, ExitCode.UNEXPECTED, ExitCode.INTERRUPTED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one task. `before` tells that an earlier run did it; `outcome` is what there is to show.

    A task that is `open` was not begun, or broken off; it is done when the batch is run again.
    """

    task: Task
    status: Status
    exit_code: int = 0
    reason: str | None = None
    branch: str | None = None
    commit: str | None = None
    pull_request: str | None = None
    before: bool = False
    outcome: Mapping[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Return a line's worth of it, for programs."""
        task = self.task
        return {
            "id": task.id,
            "number": task.spec.number,
            "task": task.spec.task,
            "status": self.status,
            "before": self.before,
            "exit_code": self.exit_code,
            "reason": self.reason,
            "repository": task.repository.name,
            "base": task.base,
            "branch": self.branch,
            "commit": self.commit,
            "pull_request": self.pull_request,
            "labels": list(task.spec.labels),
            "reviewers": list(task.spec.reviewers),
            "seconds": self.outcome.get("seconds"),
            "new_tokens": self.outcome.get("usage", {}).get("new_tokens"),
        }


def outcome_of(
    record: Record, error: BaseException | None, log: Sequence[Mapping[str, Any]], seconds: float
) -> dict[str, Any]:
    """Return what there is to show of a job, in a size that a state file can hold."""
    whole = outcome_json(record, error)
    outcome = {key: whole[key] for key in _KEPT}
    outcome["diff"] = _cut(whole["diff"], _MAX_DIFF)
    rejected = [{**each, "text": _cut(each["text"], _MAX_REJECTED)} for each in whole["attempts"]["rejected"]]
    return {**outcome, "attempts": whole["attempts"]["n"], "rejected": rejected, "log": list(log), "seconds": seconds}


def failure(error: BaseException) -> tuple[int, str]:
    """Return an error's exit code and what it says."""
    return int(exit_code_of(error)), message_of(error)


def worst(codes: Iterable[int]) -> int:
    """Return the exit code that says most about a batch; 0 if all is done."""
    places = {int(code): place for place, code in enumerate(_WORSE)}
    return max(codes, key=lambda code: places.get(code, places[ExitCode.UNEXPECTED]), default=int(ExitCode.DONE))


def summary_of(results: Sequence[Result], seconds: float, exit_code: int) -> dict[str, Any]:
    """Return the object that ends a batch's output; its keys are stable."""

    def count(status: Status, *, before: bool) -> int:
        return sum(result.status == status and result.before == before for result in results)

    fresh = [result.outcome for result in results if not result.before]
    return {
        "event": "summary",
        "exit_code": exit_code,
        "n_tasks": len(results),
        "n_done": count("done", before=False),
        "n_done_before": count("done", before=True),
        "n_failed": count("failed", before=False),
        "n_failed_before": count("failed", before=True),
        "n_open": count("open", before=False),
        "seconds": round(seconds, 3),
        "new_tokens": sum(outcome.get("usage", {}).get("new_tokens", 0) for outcome in fresh),
        "tasks": [result.summary() for result in results],
    }


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[… {len(text) - most:,} characters left out …]\n"
