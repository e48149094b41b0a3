"""The segments that the model attends to: the best of those routed over, within a budget of tokens."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from model.memory.index import Offsets, RepositoryIndex

# What a file's frame costs: its path, and the fence around its lines.
FRAME_TOKENS = 16
# Segments that do not fit are passed over; after so many in a row what is left of the budget is too little.
_MAX_PASSED_OVER = 64

Span = tuple[int, int]  # first line and the one behind the last, from 0


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one file. `best` is the place of its best segment among those in view, 0 the first."""

    file: int
    spans: tuple[Span, ...]
    best: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """What is attended to: excerpts, the best one last, next to where the model begins to write."""

    segments: frozenset[int]
    excerpts: tuple[Excerpt, ...]
    n_tokens: int  # of the segments, frames estimated


def choose(index: RepositoryIndex, order: Offsets, budget_tokens: int) -> WorkingSet:
    """Take segments in the order of a route as long as they fit; where all do, the files keep their own order."""
    taken = list(_fitting(index, order, budget_tokens, ()))
    if len(taken) == index.n_segments:
        return _everything(index, taken)
    n_files = len({int(index.file_of[segment]) for segment in taken})
    n_tokens = int(index.n_segment_tokens[taken].sum()) + FRAME_TOKENS * n_files if taken else 0
    return WorkingSet(frozenset(taken), tuple(excerpts(index, taken)), n_tokens)


def named_first(index: RepositoryIndex, order: Offsets, files: Sequence[int], budget_tokens: int) -> Offsets:
    """Return a route that begins with the best segments of some files, as many of them as the budget holds."""
    own = order[np.isin(index.file_of[order], np.array(files, dtype=np.int64))]
    own = own[index.n_segment_tokens[own] <= budget_tokens]
    first = own[np.cumsum(index.n_segment_tokens[own]) <= budget_tokens]
    return np.concatenate([first, order[~np.isin(order, first)]])


def _everything(index: RepositoryIndex, order: Sequence[int]) -> WorkingSet:
    best: dict[int, int] = {}
    for place, segment in enumerate(order):
        best.setdefault(int(index.file_of[segment]), place)
    n_lines = np.zeros(len(index.paths), dtype=np.int64)
    np.maximum.at(n_lines, index.file_of, index.segment_lines[:, 1])
    whole = tuple(
        Excerpt(file, ((0, int(n_lines[file])),), best.get(file, len(order)), is_whole=True)
        for file in range(len(index.paths))
    )
    n_tokens = len(index.ids) + FRAME_TOKENS * len(index.paths)
    return WorkingSet(frozenset(range(index.n_segments)), whole, n_tokens)


def choose_within(
    index: RepositoryIndex, file: int, order: Offsets, budget_tokens: int, seen: Collection[int]
) -> Excerpt:
    """Take segments of one file, those that were seen already left out; they may be none."""
    own = order[index.file_of[order] == file]
    own = own[~np.isin(own, np.fromiter(seen, dtype=np.int64))]
    taken = list(_fitting(index, own, budget_tokens, seen))
    return next(iter(excerpts(index, taken)), Excerpt(file, (), 0, is_whole=False))


def excerpts(index: RepositoryIndex, segments: Sequence[int]) -> Iterator[Excerpt]:
    """Yield segments, given best first, as lines of files, the file with the best one last."""
    by_file: dict[int, list[int]] = {}
    best: dict[int, int] = {}
    for place, segment in enumerate(segments):
        file = int(index.file_of[segment])
        by_file.setdefault(file, []).append(segment)
        best.setdefault(file, place)
    for file in sorted(by_file, key=lambda file: -best[file]):
        n_segments = int(index.file_segments[file + 1] - index.file_segments[file])
        spans = tuple(_spans(index, sorted(by_file[file])))
        yield Excerpt(file, spans, best[file], is_whole=len(by_file[file]) == n_segments)


def _fitting(index: RepositoryIndex, order: Iterable[int], budget_tokens: int, seen: Collection[int]) -> Iterator[int]:
    shown = {int(index.file_of[segment]) for segment in seen}
    n_passed_over, whole_budget = 0, budget_tokens
    for each in order:
        segment, file = int(each), int(index.file_of[each])
        cost = int(index.n_segment_tokens[segment]) + (FRAME_TOKENS if file not in shown else 0)
        if cost > budget_tokens:
            n_passed_over += cost <= whole_budget  # what is too long for any budget says nothing of what is left
            if n_passed_over == _MAX_PASSED_OVER:
                return
            continue
        n_passed_over = 0
        budget_tokens -= cost
        shown.add(file)
        yield segment


def _spans(index: RepositoryIndex, segments: Sequence[int]) -> Iterator[Span]:
    """Join segments that follow each other."""
    first = last = None
    for segment in segments:
        start, end = (int(line) for line in index.segment_lines[segment])
        if first is not None and last is not None and start != last:
            yield first, last
            first = None
        first = start if first is None else first
        last = end
    if first is not None and last is not None:
        yield first, last
