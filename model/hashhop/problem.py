"""A HashHop problem: shuffled lines of hash pairs, made as they are read, and questions about their chains.

The task is that of Magic's reference (magicproduct/hash-hop): lines `A = B`, of each chain the last one `Y = 'Z'`, in
random order, joined by newlines. Nothing is kept: the hash of a number and the pair on a line are keyed permutations,
so a prompt of a hundred million characters takes a few megabytes of memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.errors import ProblemError
from model.hashhop.hashes import Hashes
from model.hashhop.items import Item
from model.hashhop.layout import Layout
from model.hashhop.permutation import Permutation, Words
from model.hashhop.protocols import Question

_LINES_A_PIECE = 16_384
_EQUALS = np.frombuffer(b" = ", dtype=np.uint8)
_QUOTE, _NEWLINE = ord("'"), ord("\n")


@dataclass(frozen=True, slots=True)
class HashHop:
    """All of a problem by its parameters: equal ones make equal texts, and those of another `number` share nothing."""

    n_groups: int
    layout: Layout
    hash_length: int
    seed: int
    number: int = 0

    @classmethod
    def of_chars(cls, n_chars: int, layout: Layout, hash_length: int, seed: int) -> "HashHop":
        """Return the largest problem of at most so many characters.

        Raises:
            ProblemError: not even one chain of each length fits, or there are not enough different hashes.

        """
        hashes = Hashes(hash_length, seed)
        hashes.check(1)
        per_group = layout.n_chars(hash_length)
        n_groups = (n_chars + 1) // per_group  # nothing joins the last line to another
        if not n_groups:
            raise ProblemError(
                f"{n_chars:,} characters are too few for chains of {min(layout.lengths)} to {max(layout.lengths)} "
                f"hops with hashes of {hash_length} letters: {per_group - 1:,} are the least"
            )
        hashes.check(n_groups * layout.n_hashes)
        return cls(n_groups, layout, hash_length, seed)

    @property
    def n_chars(self) -> int:
        """Characters of the prompt, each of which is a byte."""
        return self.n_groups * self.layout.n_chars(self.hash_length) - 1

    @property
    def n_lines(self) -> int:
        """Pairs, each on a line."""
        return self.n_groups * self.layout.n_pairs

    def n_chains(self, hops: int) -> int:
        """Chains of so many hops, each of which can be asked about."""
        return self.n_groups * self.layout.lengths.count(hops)

    def pieces(self) -> Iterator[str]:
        """Yield the prompt's text in pieces of about half a megabyte."""
        for piece in self.arrays():
            yield piece.tobytes().decode("ascii")

    def arrays(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Yield the same as ASCII, `(characters,)` each."""
        shuffle = Permutation(self.n_lines, self._key("lines"))
        for start in range(0, self.n_lines, _LINES_A_PIECE):
            lines = np.arange(start, min(start + _LINES_A_PIECE, self.n_lines), dtype=np.uint64)
            text = self._lines(shuffle(lines))
            yield text if start else text[1:]  # each line brings the newline before it

    def items(self, hops: int, n: int, *, chain_of_thought: bool) -> list[Item]:
        """Draw `n` different chains of so many hops, and ask for what each leads to.

        Raises:
            ProblemError: there are not so many.

        """
        n_chains = self.n_chains(hops)
        if n > n_chains:
            raise ProblemError(
                f"{n:,} questions of {hops} hops are asked for and the prompt has {n_chains:,} chains of that length: "
                "ask fewer, or for more tokens"
            )
        draw = np.random.default_rng([self._key("questions"), hops, chain_of_thought])
        chains = self.layout.chains(hops, draw.choice(n_chains, n, replace=False))
        return [_item(chain, chain_of_thought=chain_of_thought) for chain in self.texts(chains)]

    def texts(self, chains: Words) -> list[list[str]]:
        """Return the hashes of chains as texts: (chains, hops + 1) → lists."""
        width = chains.shape[1]
        flat = self._hashes.texts(chains.ravel())
        return [flat[start : start + width] for start in range(0, len(flat), width)]

    @property
    def _hashes(self) -> Hashes:
        return Hashes(self.hash_length, self._key("hashes"))

    def _key(self, what: str) -> int:
        """Return a seed of its own for each thing that is drawn."""
        return int(np.random.SeedSequence([self.seed, self.number, *what.encode()]).generate_state(1, np.uint64)[0])

    def _lines(self, pairs: Words) -> npt.NDArray[np.uint8]:
        r"""Return lines, each as `\nA = B` or `\nA = 'B'`, one behind the other."""
        length = self.hash_length
        first, is_last = self.layout.pairs(pairs)
        rows = np.empty((len(pairs), 2 * length + 6), dtype=np.uint8)
        rows[:, 0] = _NEWLINE
        rows[:, 1 : 1 + length] = self._hashes.letters(first)
        rows[:, 1 + length : 4 + length] = _EQUALS
        rows[:, 4 + length] = rows[:, -1] = _QUOTE
        rows[:, 5 + length : -1] = self._hashes.letters(first + np.uint64(1))
        is_there = np.ones(rows.shape, dtype=np.bool_)
        is_there[:, 4 + length] = is_there[:, -1] = is_last
        return rows[is_there]


def _item(chain: Sequence[str], *, chain_of_thought: bool) -> Item:
    question = Question(chain[0], len(chain) - 1, chain_of_thought)
    return Item(question, tuple(chain[1:]) if chain_of_thought else (chain[-1],))
