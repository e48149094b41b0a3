"""Sequences in pages of 64 tokens, which those that begin alike share.

After paged attention, Kwon et al., arXiv 2309.06180.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

PAGE_TOKENS = 64  # `kPageTokens` in the kernels, too: in memory and on disk


class Page(Protocol):
    """The keys and values of 64 tokens in all layers."""

    def copy(self) -> Any:
        """Return a page of its own with the same content."""
        ...


P = TypeVar("P", bound=Page)


class PagedSequence(Generic[P]):
    """The pages of one sequence.

    A page that another sequence holds as well is copied before it is written to, so a fork costs at most one page and
    no sequence sees another's tokens.
    """

    def __init__(self, new_pages: Callable[[int], Sequence[P]]) -> None:
        """Start empty; `new_pages` makes that many."""
        self.n_tokens = 0
        self.pages: list[P] = []
        self._new_pages = new_pages
        self._n_shared = 0  # pages at the beginning that others may hold, too

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
            self.pages.extend(self._new_pages(missing))

    def advance(self, n_new: int) -> None:
        """Take note that the reserved room has been filled with `n_new` tokens."""
        self.n_tokens += n_new
