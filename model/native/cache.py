"""Keys and values of one sequence in pages of 64 tokens, which sequences that begin alike share."""

import copy
from typing import Self

import numpy as np
import numpy.typing as npt

from model.native.library import PAGE_TOKENS

Page = npt.NDArray[np.uint8]  # (page_bytes,)


class PagedCache:
    """The pages of one sequence (paged attention, Kwon et al., arXiv 2309.06180).

    A page that another sequence holds as well is copied before it is written to, so a fork costs at most one page and
    no sequence sees another's tokens.
    """

    def __init__(self, page_bytes: int) -> None:
        """Start empty; `page_bytes` are those of 64 tokens in all layers."""
        self.page_bytes = page_bytes
        self.n_tokens = 0
        self.pages: list[Page] = []
        self._n_shared = 0  # pages at the beginning that others may hold, too
        self._addresses = np.empty(0, dtype=np.uint64)

    def fork(self) -> Self:
        """Return a sequence that begins with all tokens of this one."""
        self._n_shared = len(self.pages)
        other = copy.copy(self)
        other.pages = self.pages.copy()
        return other

    def crop(self, n_tokens: int) -> None:
        """Keep the first `n_tokens`."""
        self.n_tokens = min(self.n_tokens, n_tokens)
        del self.pages[-(-self.n_tokens // PAGE_TOKENS) :]
        self._n_shared = min(self._n_shared, len(self.pages))

    def reserve(self, n_new: int) -> None:
        """Make room for `n_new` tokens behind those that are there, which no other sequence will see."""
        first = self.n_tokens // PAGE_TOKENS
        for index in range(first, self._n_shared):
            self.pages[index] = self.pages[index].copy()
        self._n_shared = min(self._n_shared, first)
        missing = -(-(self.n_tokens + n_new) // PAGE_TOKENS) - len(self.pages)
        if missing > 0:
            # Zeros: pages are written to disk before they are full, and nothing else of this process may be.
            self.pages.extend(np.zeros((missing, self.page_bytes), dtype=np.uint8))

    def advance(self, n_new: int) -> None:
        """Take note that the reserved room has been filled with `n_new` tokens."""
        self.n_tokens += n_new

    def addresses(self) -> int:
        """Return the address of the pages' addresses; good until the next call that changes the pages."""
        self._addresses = np.array([page.ctypes.data for page in self.pages], dtype=np.uint64)
        return self._addresses.ctypes.data

    def adopt(self, pages: npt.NDArray[np.uint8]) -> None:
        """Take whole pages, `(n_pages, page_bytes)`, as the beginning of an empty sequence."""
        self.pages = list(pages)
        self.n_tokens = PAGE_TOKENS * len(pages)
        self._n_shared = len(pages)

    @property
    def n_bytes(self) -> int:
        """Bytes of all pages, shared ones included."""
        return len(self.pages) * self.page_bytes
