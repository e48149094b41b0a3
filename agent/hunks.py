"""Hunks taken apart and put together: the algebra under review."""

from itertools import pairwise

from agent.patch import Hunk, Line

_Gaps = list[list[Line]]


def split(hunk: Hunk) -> tuple[Hunk, ...]:
    """Split a hunk where context lines stand between changes, as `git add -p` does.

    Neighbours share the context between them, so each piece can be applied alone; `join` undoes the split. A hunk
    that cannot be split, or whose place is not known, is returned as it is.
    """
    if not hunk.trusted:
        return (hunk,)
    changed = [at for at, line in enumerate(hunk.lines) if line.marker != " "]
    bounds = [(-1, changed[0])] if changed else []
    for before, after in pairwise(changed):
        if after - before > 1:
            bounds.append((before, after))
    pieces = []
    for number, (before, _) in enumerate(bounds):
        start = before + 1
        stop = bounds[number + 1][1] if number + 1 < len(bounds) else len(hunk.lines)
        pieces.append(_slice(hunk, start, stop))
    return tuple(pieces) if len(pieces) > 1 else (hunk,)


def join(hunks: tuple[Hunk, ...]) -> tuple[Hunk, ...]:
    """Merge neighbours that share old lines, in the order of the file; other hunks stay as they are."""
    joined: list[Hunk] = []
    for hunk in hunks:
        if joined and _overlap(joined[-1], hunk):
            joined[-1] = _merge(joined[-1], hunk)
        else:
            joined.append(hunk)
    return tuple(joined)


def _overlap(first: Hunk, second: Hunk) -> bool:
    placed = first.trusted and second.trusted
    return placed and _first_old_index(second) < _first_old_index(first) + len(first.old_lines)


def _first_old_index(hunk: Hunk) -> int:
    """Return how many lines of the old file come before the hunk."""
    return hunk.old_start - 1 if hunk.old_lines else hunk.old_start


def _slice(hunk: Hunk, start: int, stop: int) -> Hunk:
    lines = hunk.lines[start:stop]
    before = _first_old_index(hunk) + sum(line.marker != "+" for line in hunk.lines[:start])
    has_old = any(line.marker != "+" for line in lines)
    return Hunk(before + 1 if has_old else before, lines, hunk.section)


def _merge(first: Hunk, second: Hunk) -> Hunk:
    """Overlay two hunks of one file: a line is removed if either removes it, and added if either adds it."""
    old, gaps = _opened(first)
    other_old, other_gaps = _opened(second)
    offset = _first_old_index(second) - _first_old_index(first)
    end = offset + len(other_old)
    old += other_old[len(old) - offset :]
    gaps += [[] for _ in range(end + 1 - len(gaps))]
    for at, line in enumerate(other_old):
        if line.marker == "-":
            old[offset + at] = line
    for at, added in enumerate(other_gaps):
        gaps[offset + at] = gaps[offset + at] + added
    lines = [*gaps[0]]
    for line, added in zip(old, gaps[1:], strict=True):
        lines += [line, *added]
    return Hunk(first.old_start, tuple(lines), first.section)


def _opened(hunk: Hunk) -> tuple[list[Line], _Gaps]:
    """Return a hunk's old lines, and what is added before the first, after the first, … after the last."""
    old: list[Line] = []
    gaps: _Gaps = [[]]
    for line in hunk.lines:
        if line.marker == "+":
            gaps[-1].append(line)
        else:
            old.append(line)
            gaps.append([])
    return old, gaps
