"""What every arm of the benchmark returns, and the arm itself as the benchmark sees it."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from tests.benchmarks.bench_context.corpus import Corpus, FloatArray, IntArray

_DIGITS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Blocks, best first, with their scores; blocks of the same score are tied. What is not ranked is not taken."""

    blocks: IntArray
    scores: FloatArray

    @classmethod
    def by_score(cls, scores: FloatArray) -> Self:
        """Rank blocks by a score for each, (blocks,), leaving out those at 0 and below.

        Scores that differ by rounding alone are tied: sums of the same terms come in any order.
        """
        top = float(scores.max(initial=0.0)) or 1.0
        rounded = np.round(scores / top, _DIGITS)
        order = np.argsort(-rounded, kind="stable")
        order = order[rounded[order] > 0]
        return cls(order, rounded[order])

    @classmethod
    def by_order(cls, blocks: IntArray) -> Self:
        """Rank blocks that are in order already, none tied."""
        return cls(blocks, np.arange(len(blocks), 0, -1, dtype=np.float64))

    def against(self, relevance: IntArray) -> IntArray:
        """Return the blocks, best first, and among those that are tied the least relevant first."""
        return self.blocks[np.lexsort((relevance[self.blocks], -self.scores))]


class Arm(Protocol):
    """A way to choose what a model shall look at."""

    def rank(self, corpus: Corpus, message: str, /) -> Ranking:
        """Rank the blocks of a corpus for a task."""
        ...
