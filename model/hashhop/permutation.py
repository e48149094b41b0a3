"""Keyed permutations of ranges too large to shuffle in memory: a Feistel network over two mixed-radix halves."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_N_ROUNDS = 6
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class PairPermutation:
    """Permutes pairs (row, column) of a grid, each below 2**63. One key, one permutation."""

    n_rows: int
    n_columns: int
    key: int

    def __call__(self, rows: Words, columns: Words) -> tuple[Words, Words]:
        """Return where each pair goes: two arrays of the same shape."""
        n_rows, n_columns = np.uint64(self.n_rows), np.uint64(self.n_columns)
        keys = mixed(np.arange(1, _N_ROUNDS + 1, dtype=np.uint64), self.key)
        for first, second in zip(keys[::2], keys[1::2], strict=True):
            # Adding what depends on the other half alone can be undone, so no two pairs ever meet.
            rows = (rows + mixed(columns, int(first)) % n_rows) % n_rows
            columns = (columns + mixed(rows, int(second)) % n_columns) % n_columns
        return rows, columns


@dataclass(frozen=True, slots=True)
class Permutation:
    """Permutes the numbers below `size`: a grid that is a little larger, walked on from until the range is met."""

    size: int
    key: int

    def __call__(self, numbers: Words) -> Words:
        """Return where each number goes: (numbers,) → (numbers,)."""
        n_rows = max(1, int(np.ceil(np.sqrt(self.size))))
        n_columns = -(-self.size // n_rows)
        shuffle = PairPermutation(n_rows, n_columns, self.key)
        found = numbers.astype(np.uint64)
        outside = np.arange(len(found))
        while len(outside):
            rows, columns = shuffle(*np.divmod(found[outside], np.uint64(n_columns)))
            found[outside] = rows * np.uint64(n_columns) + columns
            outside = outside[found[outside] >= self.size]
        return found


def mixed(numbers: Words, key: int) -> Words:
    """Return 64 random-looking bits for each number: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    bits = numbers * _GOLDEN + np.uint64(key)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
