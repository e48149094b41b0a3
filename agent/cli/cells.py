"""What models made of an evaluation, as a table."""

from collections.abc import Callable, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from model.hashhop.heatmap import percent, short, title_of
from model.hashhop.measure import Result

_ENOUGH, _HALF = 0.95, 0.5
# The width that it takes for a column to be there; the others always are.
_LEAST_WIDTH = {"tokens/s": 120, "a token": 120, "held": 120, "peak": 120, "% at each hop": 90}


def table_of(results: Sequence[Result], width: int) -> Table:
    """Return a table with a line for each cell; what is the same in all of them is its title.

    Where there is less width than all columns take, the least important ones are left out.
    """
    titles = {title_of(result) for result in results}
    table = Table(box=SIMPLE_HEAD, header_style="bold", title_justify="left", title_style="bold", padding=(0, 1, 0, 0))
    columns = {name: show for name, show in _COLUMNS.items() if width >= _LEAST_WIDTH.get(name, 0)}
    if len(titles) == 1:
        table.title = titles.pop()
    else:
        columns = {"": title_of} | columns
    for name in columns:
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for result in results:
        table.add_row(*(show(result) for show in columns.values()))
    return table


def _right(result: Result) -> Text:
    share = result.score.share
    style = "green" if share >= _ENOUGH else "yellow" if share >= _HALF else "red"
    return Text(f"{percent(share)} of {result.n:,}", style=style)


def _interval(result: Result) -> str:
    low, high = result.score.interval
    return f"{100 * low:.1f} to {100 * high:.1f}%"


def _by_hop(result: Result) -> str:
    return " ".join(f"{100 * right / result.n:.0f}" for right in result.by_hop)


def _a_token(result: Result) -> str:
    return _seconds(result.seconds / max(result.n_decoded_tokens, 1))


_COLUMNS: dict[str, Callable[[Result], str | Text]] = {
    "tokens": lambda result: short(result.n_tokens),
    "hops": lambda result: str(result.hops),
    "right": _right,
    "95% interval": _interval,
    "% at each hop": _by_hop,
    "read": lambda result: _seconds(result.read_s),
    "tokens/s": lambda result: short(round(result.n_tokens / max(result.read_s, 1e-9))),
    "a question": lambda result: _seconds(result.seconds / result.n),
    "a token": _a_token,
    "held": lambda result: _bytes(result.held_bytes),
    "peak": lambda result: _bytes(result.peak_bytes),
}


def _seconds(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{1e3 * seconds:.1f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.0f} µs"


def _bytes(n: int) -> str:
    return f"{n / 1e9:.2f} GB" if n >= 1e9 else f"{n / 1e6:.0f} MB"
