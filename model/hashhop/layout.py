"""How chains are laid out: which pairs there are, and in which order they stand."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.hashhop.permutation import Words

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Groups of chains, one of each length in `lengths`, which is counted in pairs.

    Hashes are numbered chain by chain: a chain of n pairs has n + 1 of them.
    """

    lengths: tuple[int, ...]

    @classmethod
    def of_reference(cls, hops: int) -> "Layout":
        """Return that of the reference: all chains have as many pairs as a question has hops."""
        return cls((hops,))

    @classmethod
    def mixed(cls, max_hops: int) -> "Layout":
        """Return as many chains of each length up to `max_hops`, so that one prompt serves every number of hops."""
        return cls(tuple(range(1, max_hops + 1)))

    @property
    def n_pairs(self) -> int:
        """Pairs of a group."""
        return sum(self.lengths)

    @property
    def n_hashes(self) -> int:
        """Hashes of a group."""
        return sum(self.lengths) + len(self.lengths)

    def n_chars(self, hash_length: int) -> int:
        """Characters of a group's lines, each with what joins it to the next one."""
        return self.n_pairs * (2 * hash_length + len(" = \n")) + len(self.lengths) * len("''")

    def pairs(self, numbers: Words) -> tuple[Words, npt.NDArray[np.bool_]]:
        """Return the hash that each pair begins with, and whether it ends its chain: (pairs,) both."""
        group, within = np.divmod(numbers, np.uint64(self.n_pairs))
        return group * np.uint64(self.n_hashes) + self._first[within], self._is_last[within]

    def chains(self, hops: int, numbers: Numbers) -> Words:
        """Return the hashes of chains of so many pairs, counted among their like: (chains,) → (chains, hops + 1)."""
        starts = np.cumsum([0, *(length + 1 for length in self.lengths)])
        group, which = np.divmod(numbers, self.lengths.count(hops))
        within = np.array([starts[i] for i, length in enumerate(self.lengths) if length == hops])[which]
        first = group * self.n_hashes + within
        hashes: Words = (first[:, None] + np.arange(hops + 1)).astype(np.uint64)
        return hashes

    @cached_property
    def _first(self) -> Words:
        gaps = np.repeat(np.arange(len(self.lengths)), self.lengths)  # each chain before has one hash more than pairs
        return (np.arange(self.n_pairs) + gaps).astype(np.uint64)

    @cached_property
    def _is_last(self) -> npt.NDArray[np.bool_]:
        is_last = np.zeros(self.n_pairs, dtype=np.bool_)
        is_last[np.cumsum(self.lengths) - 1] = True
        return is_last
