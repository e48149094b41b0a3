"""Words that mean nearly the same: `rotate` and `rotation`, `password` and `passwd`, also across languages.

They lie close to each other in a language model's embedding of its tokens; `tools/train_router/related.py` made the
table of it that is shipped. It holds words, not tokens, so that it serves every tokenizer.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from io import BytesIO
from typing import Self

import numpy as np
import numpy.typing as npt

from model.memory.index import Floats, Offsets
from model.memory.lexicon import Lexicon

TABLE = "related.npz"
# What stands between the words of the table: no word has it.
SEPARATOR = "\0"
_FULL = 255


@dataclass(frozen=True, eq=False)
class Related:
    """For each of some terms of a lexicon the others that are near it.

    Attributes:
        terms: the terms, `(words,)`; 0 for a word that the lexicon lacks.
        starts: where those of each term begin among `others`, and where the last ones end, `(words + 1,)`.
        others: which of `terms` is near, `(pairs,)`.
        nearness: how near it is, from 0 to 255, `(pairs,)`.

    """

    terms: Offsets
    starts: Offsets
    others: npt.NDArray[np.int32]
    nearness: npt.NDArray[np.uint8]

    @classmethod
    def shipped(cls, lexicon: Lexicon) -> Self:
        """Read the table that comes with the program."""
        data = files("model.memory").joinpath(TABLE).read_bytes()
        with np.load(BytesIO(data), allow_pickle=False) as kept:
            words = kept["words"].tobytes().decode().split(SEPARATOR)
            number = {word: term for term, word in enumerate(lexicon.words)}
            terms = np.fromiter((number.get(word, 0) for word in words), np.int64, len(words))
            starts = np.concatenate([[0], np.cumsum(kept["counts"], dtype=np.int64)])
            return cls(terms, starts, kept["others"], kept["nearness"])

    @classmethod
    def none(cls) -> Self:
        """Return the table where no word is near another."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls(nothing, np.zeros(1, dtype=np.int64), nothing.astype(np.int32), nothing.astype(np.uint8))

    def of(self, term: int) -> tuple[Offsets, Floats]:
        """Return the terms that are near one, and how near each is, above 0 and up to 1."""
        row = self._row_of.get(term)
        if row is None:
            return self.terms[:0], np.zeros(0, dtype=np.float32)
        own = slice(self.starts[row], self.starts[row + 1])
        terms, nearness = self.terms[self.others[own]], self.nearness[own]
        known = terms > 0
        return terms[known], (nearness[known] / np.float32(_FULL)).astype(np.float32)

    @cached_property
    def _row_of(self) -> dict[int, int]:
        return {term: row for row, term in enumerate(self.terms.tolist()) if term}
