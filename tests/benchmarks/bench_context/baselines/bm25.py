"""BM25 over blocks (Robertson and Zaragoza 2009, with Lucene's idf, never negative), alone or with what is around."""

from dataclasses import dataclass

import numpy as np

from tests.benchmarks.bench_context.corpus import Corpus, FloatArray, IntArray
from tests.benchmarks.bench_context.ranking import Ranking
from tests.benchmarks.bench_context.sparse import bin_sums
from tests.benchmarks.bench_context.words import TermCounts, TermIndex

_K1 = 1.2
_B = 0.75


@dataclass(frozen=True, slots=True)
class Around:
    """How a block profits from what stands around it.

    It gets `decay` of what its neighbours score, its square of what theirs do, up to `reach` blocks away in its file,
    and `file_share` of what BM25 makes of the file as one document. The values are the best of a dozen on ten
    repositories outside the benchmark; they find a quarter to a third more there than blocks by themselves.
    """

    decay: float = 0.5
    reach: int = 2
    file_share: float = 0.25


class Bm25:
    """Scores a block by the message's terms in it and in its path; a term counts as often as the message has it."""

    def __init__(self, index: TermIndex, around: Around | None = None) -> None:
        """Count terms with an index that other arms may share."""
        self._index = index
        self._around = around

    def rank(self, corpus: Corpus, message: str) -> Ranking:
        """Rank all blocks that hold one of the message's terms."""
        query = np.asarray(self._index.vocabulary.terms(message), np.int64)
        counts = self._index.counts(corpus)
        asked = np.bincount(query, minlength=len(counts.vocabulary))
        entries = np.flatnonzero(asked[counts.terms])
        rows = counts.rows[entries]
        scores = _bm25(counts, asked, entries, rows, counts.lengths)
        if self._around:
            scores = _spread(scores, corpus.file_of, self._around)
            lengths = bin_sums(corpus.file_of, counts.lengths, len(corpus.files))
            files = _bm25(counts, asked, entries, corpus.file_of[rows], lengths)
            scores += self._around.file_share * files[corpus.file_of]
        return Ranking.by_score(scores)


def _bm25(
    counts: TermCounts, asked: IntArray, entries: IntArray, documents: IntArray, lengths: FloatArray
) -> FloatArray:
    """Return the score of each document: (documents,).

    `entries` are those of the matrix whose term is asked for, `documents` says to which document each belongs, and
    `asked` how often the query has each term.
    """
    n_terms = len(asked)
    pairs, inverse = np.unique(documents * n_terms + counts.terms[entries], return_inverse=True)
    frequency = bin_sums(inverse, counts.counts[entries], len(pairs))
    of, term = np.divmod(pairs, n_terms)
    document_frequency = np.bincount(term, minlength=n_terms)
    weight = asked * np.log1p((len(lengths) - document_frequency + 0.5) / (document_frequency + 0.5))
    norm = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1.0))
    return bin_sums(of, weight[term] * frequency * (_K1 + 1) / (frequency + norm[of]), len(lengths))


def _spread(scores: FloatArray, file_of: IntArray, around: Around) -> FloatArray:
    spread = scores.copy()
    for distance in range(1, around.reach + 1):
        is_same_file = file_of[distance:] == file_of[:-distance]
        share = around.decay**distance * is_same_file
        spread[distance:] += share * scores[:-distance]
        spread[:-distance] += share * scores[distance:]
    return spread
