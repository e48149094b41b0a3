"""What models made of an evaluation, as a table."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from model.hashhop.heatmap import percent, short
from model.hashhop.measure import Result

_ENOUGH, _HALF = 0.95, 0.5


def table_of(results: Iterable[Result]) -> Table:
    """Return a table with a line for each cell."""
    table = Table(header_style="bold")
    table.add_column("model")
    table.add_column("task")
    for name in (
        "tokens",
        "hops",
        "right",
        "95% interval",
        "at each hop",
        "read",
        "tokens/s",
        "a question",
        "a token",
        "held",
        "peak",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        table.add_row(*_row(result))
    return table


def _row(result: Result) -> tuple[str | Text, ...]:
    low, high = result.score.interval
    share = result.score.share
    style = "green" if share >= _ENOUGH else "yellow" if share >= _HALF else "red"
    by_hop = " ".join(f"{right / result.n:.0%}" for right in result.by_hop) if result.n else ""
    return (
        result.model,
        result.mode if result.task == "hashhop" else result.task,
        f"{result.n_tokens:,}",
        str(result.hops),
        Text(f"{percent(share)} of {result.n:,}", style=style),
        f"{low:.1%} to {high:.1%}",
        by_hop,
        f"{result.read_s:.1f} s",
        short(round(result.n_tokens / max(result.read_s, 1e-9))),
        f"{result.seconds / max(result.n, 1):.3g} s",
        f"{1e3 * result.seconds / max(result.n_decoded_tokens, 1):.3g} ms",
        _bytes(result.held_bytes),
        _bytes(result.peak_bytes),
    )


def _bytes(n: int) -> str:
    return f"{n / 1e9:.2f} GB" if n >= 1e9 else f"{n / 1e6:.1f} MB"
