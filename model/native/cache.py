"""Keys and values of one sequence in the processor's memory, in pages that the kernels read by their addresses."""

import numpy as np
import numpy.typing as npt

from model.paging import PAGE_TOKENS, PagedSequence

Page = npt.NDArray[np.uint8]  # (page_bytes,)


class PagedCache(PagedSequence[Page]):
    """The pages of one sequence, as bytes."""

    def __init__(self, page_bytes: int) -> None:
        """Start empty; `page_bytes` are those of 64 tokens in all layers."""
        # Zeros: pages are written to disk before they are full, and nothing else of this process may be.
        super().__init__(lambda n: list(np.zeros((n, page_bytes), dtype=np.uint8)))
        self.page_bytes = page_bytes
        self._addresses = np.empty(0, dtype=np.uint64)

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
