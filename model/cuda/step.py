"""What one pass over a few tokens reads, as arrays of fixed sizes, so that a CUDA graph can be replayed over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from model.cuda.pool import DevicePage
from model.paging import PAGE_TOKENS, PagedSequence

Ints = npt.NDArray[np.int32]
DeviceSequence = PagedSequence[DevicePage]
Feed = tuple[DeviceSequence, Sequence[int]]

PADDING = -1  # the position of a token that fills an array up


@dataclass(frozen=True, slots=True)
class Step:
    """Tokens of several sequences. Page numbers are those that all sequences begin with, then the others of each.

    `tokens` are `(4, width)`: ids, positions, slots (where keys and values go: page times 64 and the place in it), and
    offsets: key number `k` behind the shared ones is in page `pages[offset + k // 64]`.
    """

    tokens: Ints
    pages: Ints
    n_shared_tokens: int  # whole pages of them, all before every token of the step

    @classmethod
    def of(cls, feeds: Sequence[Feed], width: int) -> Self:
        """Lay out new tokens, for which their sequences have reserved room, and fill up to `width`."""
        n_shared = _n_shared_pages([sequence for sequence, _ in feeds])
        pages = [page.index for page in feeds[0][0].pages[:n_shared]]
        tokens = np.zeros((4, width), dtype=np.int32)
        tokens[1] = PADDING
        start = 0
        for sequence, ids in feeds:
            offset = len(pages) - n_shared
            own = [page.index for page in sequence.pages[n_shared:]]
            pages += own
            positions = np.arange(sequence.n_tokens, sequence.n_tokens + len(ids))
            page = np.array(own)[positions // PAGE_TOKENS - n_shared]
            slots = page * PAGE_TOKENS + positions % PAGE_TOKENS
            end = start + len(ids)
            tokens[0, start:end], tokens[1, start:end], tokens[2, start:end] = ids, positions, slots
            tokens[3, start:end] = offset
            start = end
        return cls(tokens, np.array(pages, dtype=np.int32), n_shared * PAGE_TOKENS)


def _n_shared_pages(sequences: Sequence[DeviceSequence]) -> int:
    """Count the pages that all sequences begin with and that none writes to."""
    first, *others = sequences
    shared, too_many = 0, 1 + min(sequence.n_tokens // PAGE_TOKENS for sequence in sequences)
    while shared + 1 < too_many:
        middle = (shared + too_many) // 2
        if all(first.pages[:middle] == other.pages[:middle] for other in others):
            shared = middle
        else:
            too_many = middle
    return shared
