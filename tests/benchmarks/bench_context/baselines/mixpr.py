"""Mixture-of-PageRanks (Alonso and Millidge, arXiv 2412.06078): personalised PageRank over lexical similarity.

Blocks and the query are nodes; an edge weighs as much as the cosine of two sparse TF-IDF vectors. A walker follows
edges with probability `alpha` and else starts again at the query; its stationary probability ranks the blocks. As
there, power iteration ends after 18 rounds at most.

Where we depart. The matrix of similarities is never built, nor cut off: with rows E, a step is E (Eᵀ p), which is the
whole matrix exactly and linear in the text. Terms are those of our BM25, path included, where the paper takes plain
words. A chunk is our block. The paper lets a language model tell questions about a detail from those about the whole,
and sets `alpha` by that; a commit message is always of the first kind, so one `alpha` serves here: the best of 0.15
to 0.85 on six repositories outside the benchmark, where it only gets worse with more.
"""

import numpy as np

from tests.benchmarks.bench_context.corpus import Corpus, FloatArray
from tests.benchmarks.bench_context.ranking import Ranking
from tests.benchmarks.bench_context.sparse import bin_sums
from tests.benchmarks.bench_context.words import TermIndex

_ALPHA = 0.15
_MAX_ROUNDS = 18
_TOLERANCE = 1e-9


class MixPr:
    """Ranks blocks by a random walk that starts again at the message."""

    def __init__(self, index: TermIndex, *, alpha: float = _ALPHA) -> None:
        """Count terms with an index that other arms may share."""
        self._index = index
        self._alpha = alpha

    def rank(self, corpus: Corpus, message: str) -> Ranking:
        """Rank the blocks that a walk can reach."""
        terms = np.asarray(self._index.vocabulary.terms(message), np.int64)
        counts = self._index.counts(corpus)
        n_terms = len(counts.vocabulary)
        n_blocks = len(counts.starts) - 1
        asked = np.bincount(terms, minlength=n_terms)
        queried = np.flatnonzero(asked)
        # The query is one more row.
        columns = np.concatenate([counts.terms, queried])
        rows = np.concatenate([counts.rows, np.full(len(queried), n_blocks)])
        values = np.concatenate([counts.counts, asked[queried].astype(np.float64)])
        frequency = np.bincount(columns, minlength=n_terms)
        values *= (np.log((2 + n_blocks) / (1 + frequency)) + 1)[columns]
        norms = np.sqrt(bin_sums(rows, values * values, n_blocks + 1))
        values /= norms[rows]

        def step(mass: FloatArray) -> FloatArray:
            """Return E (Eᵀ mass): (blocks + 1,) → (blocks + 1,)."""
            by_term = bin_sums(columns, values * mass[rows], n_terms)
            return bin_sums(rows, values * by_term[columns], n_blocks + 1)

        degree = step(np.ones(n_blocks + 1))
        start = np.zeros(n_blocks + 1)
        start[-1] = 1
        mass = start
        for _ in range(_MAX_ROUNDS):
            new = self._alpha * step(mass / np.maximum(degree, _TOLERANCE)) + (1 - self._alpha) * start
            moved = float(np.abs(new - mass).sum())
            mass = new
            if moved < _TOLERANCE:
                break
        return Ranking.by_score(mass[:-1])
