"""The recalls summed up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.bench_context.recall import BUDGETS, Recall

Means = dict[str, dict[str, float]]
_DIGITS = 4


def means(recalls: Iterable[Recall], of: Callable[[Recall], Mapping[str, float]]) -> Means:
    """Return the mean over commits, by arm and budget."""
    groups: dict[str, list[Mapping[str, float]]] = {}
    for recall in recalls:
        groups.setdefault(recall.arm, []).append(of(recall))
    return {
        arm: {str(budget): round(mean(values[str(budget)] for values in group), _DIGITS) for budget in BUDGETS}
        for arm, group in groups.items()
    }


def commits_json(recalls: Iterable[Recall]) -> list[dict[str, Any]]:
    """Return each commit with the recall of its lines by arm, in the order of the budgets."""
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    for recall in recalls:
        by_arm = found.setdefault((recall.repository, recall.commit), {})
        by_arm[recall.arm] = [round(recall.line_recall[str(budget)], _DIGITS) for budget in BUDGETS]
    return [
        {"repository": repository, "commit": commit, "line_recall": by_arm}
        for (repository, commit), by_arm in found.items()
    ]


def mean_seconds(recalls: Iterable[Recall]) -> dict[str, float]:
    """Return what ranking took by arm, the first commit of a repository and what it has to read included."""
    groups: dict[str, list[float]] = {}
    for recall in recalls:
        groups.setdefault(recall.arm, []).append(recall.seconds)
    return {arm: round(mean(seconds), 3) for arm, seconds in groups.items()}


def lines(recall: Recall) -> Mapping[str, float]:
    """Return the recall of lines."""
    return recall.line_recall


def files(recall: Recall) -> Mapping[str, float]:
    """Return the recall of files."""
    return recall.file_recall


def show(console: Console, recalls: Sequence[Recall]) -> None:
    """Print recall by arm and budget: of lines, of files, and of lines in each repository."""
    n_commits = len({recall.commit for recall in recalls})
    _show(console, f"Edited lines in the working set, mean of {n_commits} commits", means(recalls, lines))
    _show(console, "Edited files with a block in it", means(recalls, files))
    for name in dict.fromkeys(recall.repository for recall in recalls):
        own = [recall for recall in recalls if recall.repository == name]
        _show(console, f"Edited lines, {name}", means(own, lines))


def _show(console: Console, title: str, values: Means) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("arm")
    for budget in BUDGETS:
        table.add_column(f"{budget:,}", justify="right")
    for arm, by_budget in values.items():
        table.add_row(arm, *(f"{by_budget[str(budget)]:.1%}" for budget in BUDGETS))
    console.print(table)
