"""BM25 over groups of tokens (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009)."""

from dataclasses import dataclass

import numpy as np

from model.memory.index import Floats, Offsets

_K1, _B = 1.2, 0.75
# Counters that are kept for every group and term rather than for those that occur, while there are not many more.
_MAX_COUNTERS, _COUNTERS_PER_HIT = 1_000_000, 16


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How often groups have terms, each pair of them that occurs once, by group and then by term; all `(pairs,)`."""

    group: Offsets
    term: Offsets
    count: Floats

    @classmethod
    def of(cls, groups: Offsets, terms: Offsets, counts: Floats, n_groups: int, n_terms: int) -> "Counts":
        """Add up what each hit counts.

        Args:
            groups: the group of each hit, `(hits,)`.
            terms: the query's term of each hit, `(hits,)`.
            counts: what each hit counts, `(hits,)`.
            n_groups: groups that there are.
            n_terms: terms that there are.

        """
        keys = groups * n_terms + terms
        if n_groups * n_terms <= _MAX_COUNTERS + _COUNTERS_PER_HIT * len(keys):
            summed = np.bincount(keys, counts, minlength=n_groups * n_terms)
            distinct = np.flatnonzero(summed)
            summed = summed[distinct]
        else:
            distinct, at = np.unique(keys, return_inverse=True)
            summed = np.bincount(at, counts, minlength=len(distinct))
        return cls(distinct // max(1, n_terms), distinct % max(1, n_terms), summed.astype(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What groups have of a query."""

    scores: Floats  # (groups,)
    cover: Floats  # (groups,): the share of the query's weight whose terms the group has, 0 to 1
    idf: Floats  # (terms,): what each term weighs


def score(found: Counts, lengths: Floats, weights: Floats) -> Scores:
    """Score groups of tokens; a term that counts less than once is had in part.

    Args:
        found: what they have.
        lengths: tokens of each group, `(groups,)`.
        weights: how much each term counts beside how rare it is, `(terms,)`.

    """
    n_groups, n_terms = len(lengths), len(weights)
    group, term, counts = found.group, found.term, found.count
    having = np.minimum(1, counts)
    n_having = np.bincount(term, having, minlength=n_terms)
    idf = np.log(1 + (n_groups - n_having + 0.5) / (n_having + 0.5)).astype(np.float32) * weights
    norm = _K1 * (1 - _B + _B * lengths[group] / max(1.0, float(lengths.mean()) if n_groups else 1.0))
    scores = np.bincount(group, idf[term] * counts * (_K1 + 1) / (counts + norm), minlength=n_groups)
    cover = np.bincount(group, idf[term] * having, minlength=n_groups) / max(1e-6, float(idf.sum()))
    return Scores(scores.astype(np.float32), cover.astype(np.float32), idf)
