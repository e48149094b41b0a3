"""A query's terms, and where they stand among all tokens of a repository: an exact scan."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.memory.index import Floats, Offsets
from model.memory.lexicon import Lexicon
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

    """

    terms: Offsets
    weights: Floats
    names: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, ids: Ids, lexicon: Lexicon) -> "Query":
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
        return cls(distinct, np.sqrt(counts).astype(np.float32), names)


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The tokens that are terms of a query, in order: where each stands, and which term it is, `(hits,)` both."""

    at: Offsets
    term: Offsets

    @classmethod
    def find(cls, ids: Ids, query: Query, lexicon: Lexicon) -> "Hits":
        """Look through all tokens."""
        number = np.full(lexicon.n_terms, -1, dtype=np.int16)
        number[query.terms] = np.arange(len(query.terms))
        found = number[lexicon.of_token][ids]
        at = np.flatnonzero(found >= 0)
        return cls(at, found[at].astype(np.int64))

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
