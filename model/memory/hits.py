"""A query's terms and those near them, and where they stand among all tokens of a repository: an exact scan."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.memory.bm25 import Counts
from model.memory.index import Floats, Offsets, RepositoryIndex
from model.memory.lexicon import Lexicon
from model.memory.related import Related
from model.tokenizer import Ids

# Two terms of one name are neighbours where at most one token stands between them.
_GAP = 2
_DEFINING = frozenset({
    "class", "const", "def", "enum", "fn", "func", "function", "impl", "interface", "let", "struct", "trait", "type",
    "var",
})  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is looked for.

    Attributes:
        terms: distinct terms, without 0, `(terms,)`.
        weights: how much each counts, `(terms,)`.
        names: which of them stand side by side in one name, the first before the second, `(terms, terms)`.
        near: other terms, that are near one of them, `(others,)`.
        stands_for: which of `terms` each is nearest to, `(others,)`.
        nearness: how near it is, above 0 and below 1, `(others,)`.

    """

    terms: Offsets
    weights: Floats
    names: npt.NDArray[np.bool_]
    near: Offsets
    stands_for: Offsets
    nearness: Floats

    @classmethod
    def of(cls, ids: Ids, lexicon: Lexicon, related: Related) -> "Query":
        """Read a query's tokens."""
        terms = lexicon.of_token[ids].astype(np.int64)
        distinct, counts = np.unique(terms[terms > 0], return_counts=True)
        names = np.zeros((len(distinct), len(distinct)), dtype=np.bool_)
        number = {int(term): i for i, term in enumerate(distinct)}
        for i in range(len(terms)):
            for j in range(i + 1, min(i + 1 + _GAP, len(terms))):
                if lexicon.begins_apart[ids[j]]:
                    break
                if terms[j]:
                    if terms[i]:
                        names[number[int(terms[i])], number[int(terms[j])]] = True
                    break
        near: dict[int, tuple[float, int]] = {}
        for i, term in enumerate(distinct.tolist()):
            for other, nearness in zip(*(found.tolist() for found in related.of(term)), strict=True):
                if other not in number and nearness > near.get(other, (0.0, 0))[0]:
                    near[other] = (nearness, i)
        return cls(
            distinct,
            np.sqrt(counts).astype(np.float32),
            names,
            np.array(list(near), dtype=np.int64),
            np.array([i for _, i in near.values()], dtype=np.int64),
            np.array([nearness for nearness, _ in near.values()], dtype=np.float32),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The tokens that are terms of a query, or near one, in order.

    Attributes:
        at: where each stands, `(hits,)`.
        segment: the segment that it stands in, `(hits,)`.
        term: which of the query's terms it is, or stands for, `(hits,)`.
        nearness: 1 for the term itself, else how near it is, `(hits,)`.

    """

    at: Offsets
    segment: Offsets
    term: Offsets
    nearness: Floats

    @classmethod
    def find(cls, index: RepositoryIndex, query: Query, lexicon: Lexicon) -> "Hits":
        """Look through all tokens."""
        number = np.full(lexicon.n_terms, -1, dtype=np.int16)
        nearness = np.ones(lexicon.n_terms, dtype=np.float32)
        number[query.near], nearness[query.near] = query.stands_for, query.nearness
        number[query.terms] = np.arange(len(query.terms))
        found = number[lexicon.of_token][index.ids]
        at = np.flatnonzero(found >= 0)
        return cls(at, index.segment_of(at), found[at].astype(np.int64), nearness[lexicon.of_token][index.ids[at]])

    def exact(self) -> "Hits":
        """Return those that are terms of the query themselves."""
        own = self.nearness == 1
        return Hits(self.at[own], self.segment[own], self.term[own], self.nearness[own])

    def by_segment(self, n_segments: int, n_terms: int) -> Counts:
        """Count them in each segment, one that is near a term in part."""
        return Counts.of(self.segment, self.term, self.nearness, n_segments, n_terms)

    def completes_name(self, query: Query) -> npt.NDArray[np.bool_]:
        """Tell for each hit whether it stands in a name of the query together with the hit before it."""
        completes = np.zeros(len(self.at), dtype=np.bool_)
        if len(self.at) > 1:
            completes[1:] = (np.diff(self.at) <= _GAP) & query.names[self.term[:-1], self.term[1:]]
        return completes

    def is_defined(self, ids: Ids, lexicon: Lexicon) -> Floats:
        """Return for each hit how near a word that defines stands before it: 1 for the next token, 0 for none."""
        defining = np.array([word in _DEFINING for word in lexicon.words])[lexicon.of_token]
        found = np.zeros(len(self.at), dtype=np.float32)
        for step in (1, 2, 3):
            found = np.maximum(found, defining[ids[np.maximum(self.at - step, 0)]].astype(np.float32) / step)
        return found
