"""Diffs under random logits by the thousand: written, noted, counted."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console

from tests.benchmarks.bench_diffs.log import log_of
from tests.benchmarks.bench_diffs.workers import write_all
from tests.benchmarks.bench_diffs.worktree import Repository

_TELL_EVERY_S = 15.0


class RandomPart:
    """Writes diffs, judges them and notes each."""

    def __init__(self, repositories: Sequence[Repository], seed: int, console: Console) -> None:
        """Find what an earlier run of the same code has done."""
        self._repositories = repositories
        self._seed = seed
        self._console = console
        labels = [repository.label for repository in repositories]
        self._log = log_of("random", {"seed": seed, "repositories": labels})

    def run(self, numbers: Iterable[int], n_workers: int) -> dict[str, Any]:
        """Write the diffs with these numbers that are not noted yet; return the result for all of them."""
        wanted = set(numbers)
        left = wanted - {line["number"] for line in self._log.lines}
        started = told = time.monotonic()
        if left:
            for n_done, outcome in enumerate(write_all(self._seed, self._repositories, sorted(left), n_workers), 1):
                self._log.note(outcome.values())
                if not outcome.applies:
                    self._console.print(
                        f"  diff {outcome.number} does not apply: {outcome.verdict.stage}: {outcome.verdict.error}",
                        style="red",
                        highlight=False,
                        markup=False,
                    )
                now = time.monotonic()
                if now - told > _TELL_EVERY_S or n_done == len(left):
                    told = now
                    n_minutes = (now - started) / n_done * (len(left) - n_done) / 60
                    n_all_done = len(wanted) - len(left) + n_done
                    self._console.print(
                        f"  {n_all_done:,} of {len(wanted):,} diffs, {n_minutes:.0f} minutes left", highlight=False
                    )
        return self._result([line for line in self._log.lines if line["number"] in wanted])

    def clear(self) -> None:
        """Forget what was noted: the run is complete."""
        self._log.clear()

    def _result(self, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
        failed = [line for line in lines if line["stage"]]
        return {
            "counts": _counts(lines),
            "failures": len(failed),
            "by_language": _by("language", lines),
            "by_repository": _by("repository", lines),
            "by_manner": _by("manner", lines),
            "repositories": [repository.label for repository in self._repositories],
            "failed": sorted(failed, key=lambda line: line["number"]),
        }


def _by(key: str, lines: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault(line[key], []).append(line)
    return {name: _counts(groups[name]) for name in sorted(groups)}


def _counts(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return how many diffs there are, and what became of them.

    An answer that was cut before its first hunk was complete is `empty`; it is no diff, and the rest is counted
    among the others.
    """
    diffs = [line for line in lines if not line["empty"]]
    plain = [line for line in diffs if line["plain"]]
    return {
        "n": len(lines),
        "empty": len(lines) - len(diffs),
        "diffs": len(diffs),
        "apply": sum(not line["stage"] for line in diffs),
        "cut": sum(line["cut"] for line in diffs),
        "git_as_written": sum(line["git_as_written"] for line in diffs),
        "plain": len(plain),
        "plain_git_as_written": sum(line["git_as_written"] for line in plain),
        "commands": dict(Counter(line["command"] for line in diffs if line["command"])),
        "files": sum(line["n_files"] for line in diffs),
        "hunks": sum(line["n_hunks"] for line in diffs),
        "tokens": sum(line["n_tokens"] for line in lines),
        "choices": sum(line["n_choices"] for line in lines),
        "rewrites": sum(line["n_rewrites"] for line in lines),
        "rewinds": sum(line["n_rewinds"] for line in lines),
        "decode_s": round(sum(line["decode_s"] for line in lines), 1),
        "judge_s": round(sum(line["judge_s"] for line in lines), 1),
    }
