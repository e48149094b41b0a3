"""What earlier changes say of a query: which files change often, lately, and for reasons that read like this one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.api import Change
from model.memory.bm25 import score
from model.memory.hits import Hits
from model.memory.index import Floats, Offsets, RepositoryIndex
from model.tokenizer import Ids, Tokenizer

# As many earlier messages count, those that have most in common with the query.
_MAX_ALIKE = 100
_MAX_TOGETHER = 20
_NONE: Offsets = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The changes before, the latest first: their messages side by side, and the files that each touched.

    `segments` are those that each touched, with a change's number among `messages` for each.
    """

    messages: RepositoryIndex
    touched: Sequence[Offsets]
    segments: Offsets  # (touches,)
    by_change: Offsets  # (touches,)
    often: Floats  # how often each file changed, `(files,)`
    age: Floats  # how many changes ago it did last; the number of changes where it never did

    @classmethod
    def of(cls, changes: Sequence[Change], index: RepositoryIndex, tokenizer: Tokenizer) -> "Past":
        """Read changes; what they touched and is no more does not count."""
        paths = index.paths
        number = {path: i for i, path in enumerate(paths)}
        often = np.zeros(len(paths), dtype=np.float32)
        age = np.full(len(paths), len(changes), dtype=np.float32)
        messages: list[Ids] = []
        touched: list[Offsets] = []
        segments: list[Offsets] = []
        by_change: list[Offsets] = []
        for i, change in enumerate(changes):
            files = np.array(sorted({number[path] for path in change.paths if path in number}), dtype=np.int64)
            if not len(files):
                continue
            often[files] += 1
            age[files] = np.minimum(age[files], i)
            for path, spans in change.spans.items():
                if path in number:
                    own = _overlapping(index, number[path], spans)
                    segments.append(own)
                    by_change.append(np.full(len(own), len(touched), dtype=np.int64))
            messages.append(tokenizer.encode_array(change.message))
            touched.append(files)
        return cls(
            RepositoryIndex.of_lines([""] * len(messages), messages),
            touched,
            np.concatenate([_NONE, *segments]),
            np.concatenate([_NONE, *by_change]),
            often,
            age,
        )

    def alike(self, hits: Hits, weights: Floats) -> Floats:
        """Return for each change how much its message has in common with a query; 0 but for the best ones.

        Args:
            hits: of the query in the messages.
            weights: of its terms.

        """
        messages = self.messages
        found = hits.by_segment(messages.n_segments, len(weights))
        scores = score(found, messages.n_segment_tokens.astype(np.float32), weights).scores
        worst = np.argsort(-scores, kind="stable")[_MAX_ALIKE:]
        scores[worst] = 0
        return scores

    def by_file(self, scores: Floats) -> Floats:
        """Return for each file the sum of the scores of the changes that touched it, given `(changes,)`."""
        found = np.zeros(len(self.often), dtype=np.float32)
        for i in map(int, np.flatnonzero(scores)):
            found[self.touched[i]] += scores[i] / np.sqrt(len(self.touched[i]))
        return found

    def by_segment(self, scores: Floats, n_segments: int) -> Floats:
        """Return for each segment the sum of the scores of the latest changes that touched it."""
        n_touched = np.bincount(self.by_change, minlength=len(scores))
        weights = scores[self.by_change] / np.sqrt(n_touched[self.by_change])
        return np.bincount(self.segments, weights, minlength=n_segments).astype(np.float32)

    def lately(self, n_segments: int) -> Floats:
        """Return for each segment how lately it changed: 1 with the last change, less with each before, 0 for never."""
        found = np.zeros(n_segments, dtype=np.float32)
        np.maximum.at(found, self.segments, (1 / np.log2(2 + self.by_change)).astype(np.float32))
        return found

    def together(self, scores: Floats) -> Floats:
        """Return for each file how well those that changed together with it do, given each file's score."""
        found = np.zeros(len(scores), dtype=np.float32)
        least = np.sort(scores)[-_MAX_TOGETHER:].min(initial=np.inf)
        for files in self.touched:
            if 1 < len(files) <= _MAX_TOGETHER and (best := scores[files].max()) >= least > 0:
                found[files] += np.where(scores[files] == best, 0, best / len(files)).astype(np.float32)
        return np.log1p(found)


def _overlapping(index: RepositoryIndex, file: int, spans: Sequence[tuple[int, int]]) -> Offsets:
    """Return the segments of a file that hold lines of these spans, or stand where lines were taken out."""
    start, end = (int(at) for at in index.file_segments[file : file + 2])
    firsts = index.segment_lines[start:end, 0]
    if not len(firsts):
        return _NONE
    lines = np.array(spans, dtype=np.int64).reshape(-1, 2)
    lo = np.maximum(np.searchsorted(firsts, lines[:, 0], side="right") - 1, 0)
    hi = np.maximum(np.searchsorted(firsts, np.maximum(lines[:, 0], lines[:, 1] - 1), side="right") - 1, 0)
    found = [np.arange(one, other + 1) for one, other in zip(lo, hi, strict=True)]
    return np.unique(np.concatenate([_NONE, *found])) + start
