"""Where parts of one sequence of tokens stand in another one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]

_WINDOW = 32  # tokens that are compared at once
_MOST_PLACES = 8  # of windows that are the same, as in a long table of zeros
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Match:
    """`n_tokens` tokens that are the same from `new` on in one sequence, and from `old` on in the other."""

    new: int
    old: int
    n_tokens: int

    def cut(self, start: int, end: int) -> "Match":
        """Return the part of it between two of its tokens; it may be empty."""
        return Match(self.new + start, self.old + start, max(0, end - start))


def find_matches(old: Tokens, new: Tokens, start: int, least: int) -> Iterator[Match]:
    """Yield, in the order of `new` from `start` on, parts of at least `least` tokens that `old` has, too.

    No two overlap, in neither sequence, nor with what both begin with before `start`. Of several places in `old`, eight
    at the most, the one is taken where the part goes on for the longest; so what was moved as a whole is found as a
    whole. Windows at every multiple of 32 in `old` are looked for at every place in `new` (Tridgell and Mackerras, *The
    rsync algorithm*, 1996).
    """
    if len(old) < _WINDOW or len(new) - start < _WINDOW:
        return
    places: dict[int, list[int]] = {}
    for place, value in zip(range(0, len(old), _WINDOW), _hashes(old, _WINDOW).tolist(), strict=False):
        alike = places.setdefault(value, [])
        if len(alike) < _MOST_PLACES:
            alike.append(place)
    hashes = _hashes(new, 1)
    known = np.isin(hashes, np.fromiter(places, dtype=np.uint64, count=len(places)))
    at, used = start, np.zeros(len(old), dtype=np.bool_)
    used[: min(start, n_alike(old, new))] = True
    for candidate in np.flatnonzero(known).tolist():
        if candidate < at:
            continue
        unused = [place for place in places[int(hashes[candidate])] if not used[place]]
        found = (_extended(old, new, place, candidate, at) for place in unused)
        whole = (match for match in found if not used[match.old : match.old + match.n_tokens].any())
        best = max(whole, key=lambda match: match.n_tokens, default=None)
        if best and best.n_tokens >= least:
            yield best
            at = best.new + best.n_tokens
            used[best.old : best.old + best.n_tokens] = True


def _hashes(tokens: Tokens, step: int) -> npt.NDArray[np.uint64]:
    """Return a hash of the window at every multiple of `step`."""
    windows = np.lib.stride_tricks.sliding_window_view(tokens.astype(np.uint64), _WINDOW)[::step]
    powers = np.cumprod(np.full(_WINDOW, _MULTIPLIER, dtype=np.uint64))
    hashes: npt.NDArray[np.uint64] = (windows * powers).sum(axis=1, dtype=np.uint64)
    return hashes


def _extended(old: Tokens, new: Tokens, place: int, at: int, least_at: int) -> Match:
    """Return the longest part around a pair of places; 0 tokens where they only seemed alike."""
    ahead = n_alike(old[place:], new[at:])
    if ahead < _WINDOW:
        return Match(at, place, 0)
    behind = n_alike(old[:place][::-1], new[least_at:at][::-1])
    return Match(at - behind, place - behind, ahead + behind)


def n_alike(a: Tokens, b: Tokens) -> int:
    """Return with how many tokens that are the same both begin."""
    n = min(len(a), len(b))
    differing = np.flatnonzero(a[:n] != b[:n])
    return int(differing[0]) if len(differing) else n


def n_same(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many items two short sequences begin with alike; `n_alike` is for long ones."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
