"""A network that is one perfect induction head: it writes what followed the longest run like the last tokens."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt


class Tokens:
    """All that the network has read of a sequence."""

    n_bytes = 1

    def __init__(self, ids: Sequence[int] = ()) -> None:
        self.ids = list(ids)

    @property
    def n_tokens(self) -> int:
        return len(self.ids)

    def crop(self, n_tokens: int) -> None:
        del self.ids[n_tokens:]

    def fork(self) -> Self:
        return type(self)(self.ids)


class InductionNetwork:
    batches = True
    identity = None
    chunk_tokens = 512
    draft_tokens = 16

    def __init__(self, n_vocabulary: int) -> None:
        self._n_vocabulary = n_vocabulary

    def new_cache(self) -> Tokens:
        return Tokens()

    def feed(
        self, feeds: Sequence[tuple[Tokens, Sequence[int]]], n_rows: Sequence[int] | None = None
    ) -> npt.NDArray[np.float32]:
        rows = []
        for i, (cache, ids) in enumerate(feeds):
            cache.ids += ids
            n = n_rows[i] if n_rows else 1
            rows += [self._logits(cache.ids[: len(cache.ids) - back]) for back in range(n - 1, -1, -1)]
        return np.stack(rows)

    def estimate_prefill_s(self, n_tokens: int, n_there: int = 0) -> float:
        return 0.0

    def _logits(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        array = np.array(ids)
        ends = np.flatnonzero(array[:-1] == array[-1])
        length = 1
        while len(ends) > 1 and length < len(array):  # lengthen the match while several places are left
            longer = ends[(ends >= length) & (array[ends - length] == array[-1 - length])]
            if not len(longer):
                break
            ends, length = longer, length + 1
        logits = np.zeros(self._n_vocabulary, dtype=np.float32)
        if len(ends):
            logits[array[ends[-1] + 1]] = 1
        return logits
