"""Where a hunk's old lines stand in a file: four tiers, from exact to folded punctuation.

The order is that of Codex's `apply-patch`; unlike it, a tier never takes the first of several places.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Tier = Literal["exact", "trailing space", "indentation", "punctuation"]
TIERS: tuple[Tier, ...] = ("exact", "trailing space", "indentation", "punctuation")

_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000", " "),
        "\u2026": "...",
    }
)


@dataclass(frozen=True, slots=True)
class Shift:
    """How a hunk's indentation differs from the file's: `removed` is what the hunk has, `added` what the file has."""

    removed: str = ""
    added: str = ""

    def apply(self, line: str) -> str | None:
        """Indent a line of the hunk as the file is; None if it lacks what has to be removed."""
        if not line.strip():
            return line
        return self.added + line[len(self.removed) :] if line.startswith(self.removed) else None


@dataclass(frozen=True, slots=True)
class Match:
    """One place: the index of the first line, counted from 0, and the shift of the lines to add."""

    start: int
    shift: Shift = Shift()


def find(tier: Tier, old: Sequence[str], lines: Sequence[str], floor: int) -> list[Match]:
    """Return every place at or after index `floor` where `old` stands in `lines` under one tier."""
    key = _KEYS[tier]
    matches: list[Match] = []
    for end, n_same in _prefixes([key(line) for line in old], [key(line) for line in lines[floor:]]):
        if n_same < len(old):
            continue
        start = floor + end - n_same
        if tier in ("exact", "trailing space"):
            matches.append(Match(start))
        elif (shift := _shift(old, lines[start : start + len(old)])) is not None:
            matches.append(Match(start, shift))
    return matches


def longest_start(old: Sequence[str], lines: Sequence[str], floor: int) -> tuple[int, int]:
    """Return where most of the first old lines stand, and how many; white space around lines is ignored."""
    start, n_most = 0, 0
    for end, n_same in _prefixes([line.strip() for line in old], [line.strip() for line in lines[floor:]]):
        if n_same > n_most:
            start, n_most = floor + end - n_same, n_same
    return start, n_most


def _prefixes(wanted: Sequence[str], keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield, for each end in `keys`, how many of the first wanted lines end there (Knuth, Morris and Pratt).

    Linear, also where a file repeats one line many thousand times.
    """
    fallback = [0] * (len(wanted) + 1)  # fallback[n]: the longest proper prefix that ends the first n lines
    n_same = 0
    for i in range(1, len(wanted)):
        while n_same and wanted[i] != wanted[n_same]:
            n_same = fallback[n_same]
        n_same += wanted[i] == wanted[n_same]
        fallback[i + 1] = n_same
    n_same = 0
    for i, key in enumerate(keys):
        while n_same and (n_same == len(wanted) or key != wanted[n_same]):
            n_same = fallback[n_same]
        n_same += key == wanted[n_same]
        yield i + 1, n_same


def _shift(old: Sequence[str], true: Sequence[str]) -> Shift | None:
    """Return the one shift that turns the indentation of every old line into the true one."""
    shifts: set[Shift] = set()
    for wrong, right in zip(map(_indentation, old), map(_indentation, true), strict=True):
        if wrong is None or right is None:  # blank lines have no indentation to compare
            continue
        if right.endswith(wrong):
            shifts.add(Shift(added=right[: len(right) - len(wrong)]))
        elif wrong.endswith(right):
            shifts.add(Shift(removed=wrong[: len(wrong) - len(right)]))
        else:
            return None
    return shifts.pop() if len(shifts) == 1 else None


def _indentation(line: str) -> str | None:
    line = line.translate(_PUNCTUATION)
    return "".join(itertools.takewhile(str.isspace, line)) if line.strip() else None


def _same(line: str) -> str:
    return line


def _folded(line: str) -> str:
    return line.translate(_PUNCTUATION).strip()


_KEYS: dict[Tier, Callable[[str], str]] = {
    "exact": _same,
    "trailing space": str.rstrip,
    "indentation": str.strip,
    "punctuation": _folded,
}
