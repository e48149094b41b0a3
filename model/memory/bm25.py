"""BM25 over groups of tokens (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009)."""

from dataclasses import dataclass

import numpy as np

from model.memory.index import Floats, Offsets

_K1, _B = 1.2, 0.75


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What groups have of a query."""

    scores: Floats  # (groups,)
    cover: Floats  # (groups,): the share of the query's weight whose terms the group has, 0 to 1
    idf: Floats  # (terms,): what each term weighs


def score_groups(groups: Offsets, terms: Offsets, lengths: Floats, weights: Floats) -> Scores:
    """Score groups of tokens.

    Args:
        groups: the group of each hit, `(hits,)`.
        terms: the query's term of each hit, `(hits,)`.
        lengths: tokens of each group, `(groups,)`.
        weights: how much each term counts beside how rare it is, `(terms,)`.

    """
    n_groups, n_terms = len(lengths), len(weights)
    keys, counts = np.unique(groups * n_terms + terms, return_counts=True)
    at, term = keys // n_terms, keys % n_terms
    n_having = np.bincount(term, minlength=n_terms)
    idf = np.log(1 + (n_groups - n_having + 0.5) / (n_having + 0.5)).astype(np.float32) * weights
    norm = _K1 * (1 - _B + _B * lengths[at] / max(1.0, float(lengths.mean()) if n_groups else 1.0))
    scores = np.bincount(at, idf[term] * counts * (_K1 + 1) / (counts + norm), minlength=n_groups)
    cover = np.bincount(at, idf[term], minlength=n_groups) / max(1e-6, float(idf.sum()))
    return Scores(scores.astype(np.float32), cover.astype(np.float32), idf)
