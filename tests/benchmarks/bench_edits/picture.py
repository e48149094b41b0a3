"""How many tasks are solved in how much time for each, drawn as SVG."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from math import ceil, floor, log10

from tests.benchmarks.bench_edits.trial import Trial

_WIDTH, _HEIGHT = 820, 460
_LEFT, _TOP, _RIGHT, _BOTTOM = 60, 40, 600, 400  # of the plot; names of lines stand right of it
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart by the colour-blind, too (Okabe and Ito)
_DASHES = ("", "6 3", "2 3", "8 3 2 3")
_HEADING = f'<text x="{_LEFT}" y="24" font-size="14">Editing tasks solved within so many seconds each</text>'


def picture(trials: Sequence[Trial]) -> str:
    """Return the share of its tasks that each model solves with each arm within so many seconds a task, as SVG.

    Time is drawn by its logarithm. A line ends where its slowest task, solved or not, had ended.
    """
    lines = {
        key: sorted((max(trial.seconds, 0.1), trial.solved) for trial in group)
        for key, group in groupby(sorted(trials, key=_key), key=_key)
    }
    times = [seconds for line in lines.values() for seconds, _ in line] or [1.0]
    first, last = floor(log10(min(times))), ceil(log10(max(times)) + 1e-9)
    models, arms = (list(dict.fromkeys(key[part] for key in lines)) for part in (0, 1))

    def x(seconds: float) -> float:
        return _LEFT + (log10(seconds) - first) / (last - first) * (_RIGHT - _LEFT)

    parts = [_HEADING, *_axes(x, range(first, last + 1))]
    ends: list[float] = []
    for (model, arm), line in lines.items():
        colour, dash = _COLOURS[arms.index(arm) % len(_COLOURS)], _DASHES[models.index(model) % len(_DASHES)]
        points = [(x(line[0][0]), _y(0.0))]
        n_solved = 0
        for seconds, solved in line:
            points.append((x(seconds), points[-1][1]))
            n_solved += solved
            points.append((x(seconds), _y(n_solved / len(line))))
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        )
        down = _free(points[-1][1] + 4, ends)
        ends.append(down)
        name = escape(f"{n_solved} of {len(line)}  {model}, {arm}")
        parts.append(f'<text x="{_RIGHT + 8}" y="{down:.1f}" fill="{colour}">{name}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="11">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _key(trial: Trial) -> tuple[str, str]:
    return trial.model, trial.arm


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _axes(x: Callable[[float], float], decades: Iterable[int]) -> Iterator[str]:
    for percent in range(0, 101, 20):
        down = _y(percent / 100)
        yield f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{down:.1f}" y2="{down:.1f}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{down + 4:.1f}" text-anchor="end">{percent}%</text>'
    for decade in decades:
        across = x(10.0**decade)
        yield f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{_TOP}" y2="{_BOTTOM}" stroke="#ddd"/>'
        yield f'<text x="{across:.1f}" y="{_BOTTOM + 16}" text-anchor="middle">{10.0**decade:g} s</text>'


def _free(wanted: float, taken: Iterable[float]) -> float:
    """Return the place nearest above `wanted` where no other name stands."""
    place = wanted
    for other in sorted(taken, reverse=True):
        if abs(other - place) < 13:
            place = other - 13
    return place
