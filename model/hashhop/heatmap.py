"""A picture of what is right: sizes across, hops down, a panel for each model and mode. Plain SVG, written here."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from model.hashhop.measure import Result

_CELL_W, _CELL_H, _MARGIN, _LEFT, _TOP = 76, 44, 24, 64, 64
_FONT = "font-family='system-ui,sans-serif'"
# From nothing right to all right; readable without colour, since each cell has its figure.
_STOPS = ((0.0, (178, 58, 72)), (0.5, (233, 196, 106)), (1.0, (42, 140, 110)))


def heatmap(results: Iterable[Result]) -> str:
    """Return an SVG document."""
    panels: dict[str, list[Result]] = {}
    for result in results:
        panels.setdefault(title_of(result), []).append(result)
    drawn: list[str] = []
    top, width = _MARGIN, 2 * _MARGIN
    for title, own in panels.items():
        panel, panel_width, panel_height = _panel(title, own, top)
        drawn += panel
        top += panel_height + _MARGIN
        width = max(width, panel_width)
    head = f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{top}' viewBox='0 0 {width} {top}'>"
    return "\n".join([head, f"<rect width='{width}' height='{top}' fill='white'/>", *drawn, "</svg>", ""])


def short(n: int) -> str:
    """Return a number as people write sizes: 100K, 1.5M."""
    for unit, name in ((1_000_000, "M"), (1_000, "K")):
        if n >= unit:
            return f"{n / unit:.3g}{name}"
    return str(n)


def title_of(result: Result) -> str:
    """Return what a result has in common with the others of its panel: the model, and how or what it was asked."""
    if not result.hash_length:
        return f"{result.model}: {result.task}"
    return f"{result.model}: {result.mode}, hashes of {result.hash_length}"


def _panel(title: str, results: Sequence[Result], top: int) -> tuple[list[str], int, int]:
    """Return what is drawn, its width and its height."""
    sizes = sorted({result.tokens for result in results})
    hops = sorted({result.hops for result in results})
    middle = _LEFT + len(sizes) * _CELL_W / 2
    drawn = [_text(_MARGIN, top + 14, title, size=14, anchor="start", weight="bold")]
    drawn += [_text(_LEFT + (i + 0.5) * _CELL_W, top + 52, short(n)) for i, n in enumerate(sizes)]
    drawn += [_text(_LEFT - 12, top + _TOP + (i + 0.6) * _CELL_H, str(n), anchor="end") for i, n in enumerate(hops)]
    drawn += [
        _text(middle, top + 34, "tokens of the prompt", size=11),
        _text(24, top + 52, "hops", size=11, anchor="start"),
    ]
    for result in results:
        x = _LEFT + sizes.index(result.tokens) * _CELL_W
        y = top + _TOP + hops.index(result.hops) * _CELL_H
        share = result.score.share
        low, high = result.score.interval
        colour = "#{:02x}{:02x}{:02x}".format(*_colour(share))
        about = f"{result.right} of {result.n}; 95% interval {low:.1%} to {high:.1%}"
        drawn += [
            f"<g><title>{escape(about)}</title>",
            f"<rect x='{x}' y='{y}' width='{_CELL_W - 2}' height='{_CELL_H - 2}' rx='3' fill='{colour}'/>",
            _text(x + _CELL_W / 2, y + 20, percent(share), size=14, fill="white", weight="bold"),
            _text(x + _CELL_W / 2, y + 35, f"{low:.0%} to {high:.0%}", size=10, fill="white"),
            "</g>",
        ]
    title_width = _MARGIN * 2 + 8 * len(title)
    return drawn, max(_LEFT + len(sizes) * _CELL_W + _MARGIN, title_width), _TOP + len(hops) * _CELL_H


def percent(share: float) -> str:
    """Return a share with as many digits as it takes to tell it from all and from nothing."""
    return f"{share:.0%}" if share in {0.0, 1.0} else f"{share:.1%}"


def _colour(share: float) -> tuple[int, ...]:
    (low, start), (high, end) = next((lower, upper) for lower, upper in pairwise(_STOPS) if share <= upper[0])
    part = (share - low) / (high - low)
    return tuple(round(a + (b - a) * part) for a, b in zip(start, end, strict=True))


def _text(
    x: float, y: float, text: str, *, size: int = 12, anchor: str = "middle", fill: str = "#222", weight: str = "normal"
) -> str:
    return (
        f"<text x='{x:g}' y='{y:g}' {_FONT} font-size='{size}' font-weight='{weight}' text-anchor='{anchor}' "
        f"fill='{fill}'>{escape(text)}</text>"
    )
