"""Random hashes by number: letters that look drawn and never repeat, made in any order and kept nowhere."""

import string
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.errors import ProblemError
from model.hashhop.permutation import PairPermutation, Words, mixed

ALPHABET = string.ascii_lowercase + string.ascii_uppercase  # the reference's
Letters = npt.NDArray[np.uint8]  # (hashes, length), ASCII

_LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_N_LETTERS = len(ALPHABET)
# 52 = 4 · 13: a hash of an odd length has its middle letter in both halves of the grid.
_N_UPPER, _N_LOWER = 4, 13
# The letters that two 64-bit halves hold; those behind them are drawn, and the ones before keep hashes apart.
_MAX_PERMUTED = 22


@dataclass(frozen=True, slots=True)
class Hashes:
    """The hashes of one key. Those of two numbers differ always."""

    length: int
    key: int

    @property
    def n_distinct(self) -> int:
        """As many hashes of this length there are."""
        return int(_N_LETTERS**self.length)

    def check(self, n_needed: int) -> None:
        """Refuse to need more hashes than there are.

        Raises:
            ProblemError: they would have to repeat.

        """
        if self.length < 1:
            raise ProblemError(f"a hash has at least one letter, not {self.length}")
        if n_needed > self.n_distinct:
            raise ProblemError(
                f"{n_needed:,} different hashes are needed, and there are {self.n_distinct:,} of {self.length} "
                "letters: ask for longer hashes or fewer tokens"
            )

    def letters(self, numbers: Words) -> Letters:
        """Return the hashes of numbers below `n_distinct`: (hashes,) → (hashes, length)."""
        n_permuted = min(self.length, _MAX_PERMUTED)
        half, is_odd = divmod(n_permuted, 2)
        n_rows = _N_LETTERS**half * (_N_UPPER if is_odd else 1)
        n_columns = _N_LETTERS**half * (_N_LOWER if is_odd else 1)
        numbers = numbers.astype(np.uint64)
        rows, columns = PairPermutation(n_rows, n_columns, self.key)(*np.divmod(numbers, np.uint64(n_columns)))
        digits = np.empty((len(numbers), self.length), dtype=np.uint8)
        if is_odd:
            rows, upper = np.divmod(rows, np.uint64(_N_UPPER))
            columns, lower = np.divmod(columns, np.uint64(_N_LOWER))
            digits[:, n_permuted - 1] = upper * np.uint64(_N_LOWER) + lower
        for i in range(half):
            rows, digits[:, i] = np.divmod(rows, np.uint64(_N_LETTERS))
            columns, digits[:, half + i] = np.divmod(columns, np.uint64(_N_LETTERS))
        for i in range(n_permuted, self.length):
            digits[:, i] = mixed(numbers, (self.key + i) % 2**64) % np.uint64(_N_LETTERS)
        return _LETTERS[digits]

    def texts(self, numbers: Words) -> list[str]:
        """Return the hashes of numbers as texts."""
        return [row.tobytes().decode("ascii") for row in self.letters(numbers)]
