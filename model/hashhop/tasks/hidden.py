"""Lines hidden in a haystack, and the question that they answer."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.hashhop.items import Item
from model.hashhop.tasks.haystacks import Haystack

_CHARS_A_PIECE = 500_000


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text of about `n_chars` characters, and one question about it; equal parameters make equal texts.

    `lines` are put in at places from 0, the start, to 1, the end, and are given in that order.
    """

    n_chars: int
    haystack: Haystack
    seed: str
    lines: tuple[tuple[float, str], ...]
    item: Item

    def pieces(self) -> Iterator[str]:
        """Yield the text in pieces."""
        lines = self._lines()
        piece, n_chars = [next(lines)], 0
        for line in lines:
            if n_chars > _CHARS_A_PIECE:
                yield "\n".join([*piece, ""])
                piece, n_chars = [], 0
            piece.append(line)
            n_chars += len(line) + 1
        yield "\n".join(piece)

    def items(self, hops: int, n: int, *, chain_of_thought: bool) -> Sequence[Item]:
        """Return the question; there is one, and one way to ask it."""
        _ = hops, n, chain_of_thought
        return [self.item]

    def _lines(self) -> Iterator[str]:
        """Yield the haystack's lines up to the size, the hidden ones between them."""
        n_left = self.n_chars - sum(len(line) + 1 for _, line in self.lines)
        hidden = list(self.lines)
        n_chars = 0
        for straw in self.haystack(random.Random(self.seed)):  # noqa: S311 - nothing secret is drawn
            while hidden and hidden[0][0] * n_left <= n_chars:
                yield hidden.pop(0)[1]
            n_chars += len(straw) + 1
            if n_chars > n_left:
                break
            yield straw
        yield from (line for _, line in hidden)
