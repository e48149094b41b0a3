"""The trials summed up."""

from collections.abc import Iterable, Sequence
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.bench_edits.trial import Trial


def arms_json(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """Return a summary for each model and arm: counts, and means for one answer."""
    groups: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        groups.setdefault((trial.model, trial.arm), []).append(trial)
    return [
        {
            "model": model,
            "arm": arm,
            "solved": sum(trial.solved for trial in group),
            "applied": sum(trial.applied for trial in group),
            "broke_syntax": sum(trial.exit_code == 5 for trial in group),
            "cut_off": sum(trial.exit_code == 4 and "still writing" in trial.error for trial in group),
            "n": len(group),
            "seconds": round(sum(trial.seconds for trial in group), 1),
            "tokens": sum(trial.n_new_tokens for trial in group),
            "mean_tokens": round(mean(trial.n_new_tokens for trial in group), 1),
            "mean_passes": round(mean(trial.n_passes for trial in group), 1),
            "mean_decode_s": round(mean(trial.decode_s for trial in group), 2),
            "rewinds": sum(trial.n_rewinds for trial in group),
        }
        for (model, arm), group in sorted(groups.items())
    ]


def show(console: Console, trials: Sequence[Trial]) -> None:
    """Print a line for each model and arm, then solved tasks by kind."""
    table = Table(title="Editing tasks", title_justify="left")
    names = ("model", "arm", "solved", "applied", "broke syntax", "cut off", "tokens", "passes", "decode s", "seconds")
    for name in names:
        table.add_column(name, justify="left" if name in {"model", "arm"} else "right")
    for arm in arms_json(trials):
        table.add_row(
            arm["model"],
            arm["arm"],
            f"{arm['solved']} of {arm['n']}",
            *(str(arm[key]) for key in ("applied", "broke_syntax", "cut_off", "mean_tokens", "mean_passes")),
            str(arm["mean_decode_s"]),
            f"{arm['seconds'] / arm['n']:.1f}",
        )
    console.print(table)
    kinds = Table(title="Solved, by kind", title_justify="left")
    columns = sorted({(trial.model, trial.arm) for trial in trials})
    kinds.add_column("kind")
    for model, name in columns:
        kinds.add_column(f"{model}\n{name}", justify="right")
    for kind in sorted({trial.kind for trial in trials}):
        cells = []
        for column in columns:
            group = [trial for trial in trials if trial.kind == kind and (trial.model, trial.arm) == column]
            cells.append(f"{sum(trial.solved for trial in group)} of {len(group)}")
        kinds.add_row(kind, *cells)
    console.print(kinds)
