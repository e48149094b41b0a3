"""The parts' results as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def show_random(console: Console, result: Mapping[str, Any]) -> None:
    """Print a line for each tokenizer and each repository, and one for all."""
    columns = ("n", "empty", "diffs", "apply", "cut", "git_as_written", "files", "hunks", "rewrites", "rewinds")
    groups = {**result["by_language"], **result["by_repository"], "all": result["counts"]}
    rows = [(name, *(counts[column] for column in columns)) for name, counts in groups.items()]
    _show(console, "Diffs under random logits", ("", *columns), rows)


def show_real(console: Console, result: Mapping[str, Any]) -> None:
    """Print a line for each model, temperature and arm."""
    columns = (
        *("n", "placed", "exact", "git", "git_zero", "parses", "cut", "empty"),
        *("mean_passes", "mean_tokens", "mean_decode_s"),
    )
    rows = [
        (f"{group['model']}, {group['arm']} at {group['temperature']:g}", *(group[column] for column in columns))
        for group in result["groups"]
    ]
    _show(console, "What commits were about, asked of real models", ("", *columns), rows)


def show_cost(console: Console, result: Mapping[str, Any]) -> None:
    """Print a line for each size."""
    columns = ("n_files", "n_lines", "share", "own_ms_per_token", "own_ms_per_step", "free_median_step_ms")
    rows = [
        (*(f"{size[column]:,}" for column in columns), size["slowest_steps_ms"][0], size["setup_s"]["all"])
        for size in result["sizes"]
    ]
    title = f"The automaton beside a network of {result['network']['pass_ms']} ms a pass"
    _show(console, title, (*columns, "slowest_step_ms", "setup_s"), rows)


def _show(console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column.replace("_", " "), justify="right" if i else "left")
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table)
