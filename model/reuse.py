"""Between a prefix's states in memory and the pages of them on disk."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.paging import PAGE_TOKENS
from model.prefixes import PrefixStore

# 4,096 tokens: what is written at once, and so held twice for a moment.
_PAGES_AT_ONCE = 64


def restore(store: PrefixStore, identity: str, ids: Sequence[int], cache: Any) -> int:
    """Fill an empty cache with what is on disk of a prefix; return the number of tokens.

    The last token is never restored, since what is decided next is in its logits.
    """
    match = store.match(identity, _padded(ids), cache.page_bytes)
    if match.n_pages:
        pages = np.empty((match.n_pages, cache.page_bytes), dtype=np.uint8)
        cache.adopt(pages[: match.read(pages)])
        cache.crop(len(ids) - 1)
    return int(cache.n_tokens)


def persist(store: PrefixStore, identity: str, ids: Sequence[int], cache: Any) -> None:
    """Write what is not on disk of a prefix; that it cannot be written is no error.

    The last page is written though it is not full, since to encode the tokens of half a page takes a second behind a
    long prompt. Of a prefix that was broken off only whole pages are.
    """
    padded = _padded(ids)
    first = store.match(identity, padded, cache.page_bytes).n_pages
    end = len(cache.pages) if cache.n_tokens == len(ids) else cache.n_tokens // PAGE_TOKENS
    for start in range(first, end, _PAGES_AT_ONCE):
        store.save(identity, padded, start, np.stack(cache.pages[start : min(start + _PAGES_AT_ONCE, end)]))


def _padded(ids: Sequence[int]) -> list[int]:
    """Fill the last page with an id that no token has, so that it is found for this very prefix alone."""
    return [*ids, *[-1] * (-len(ids) % PAGE_TOKENS)]
