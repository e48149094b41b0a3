"""Between a prefix's states in memory and the pages of them on disk."""

from typing import Any

import numpy as np

from model.matches import Tokens
from model.paging import PAGE_TOKENS
from model.prefixes import PrefixStore
from model.trails import Trail

# 4,096 tokens: what is written at once, and so held twice for a moment.
_PAGES_AT_ONCE = 64
_LEAST_TRAIL = 1_024  # tokens: what is shorter is soon encoded


def restore(store: PrefixStore, identity: str, keys: Tokens, cache: Any) -> int:
    """Fill an empty cache with what is on disk of a prefix; return the number of tokens.

    The last token is never restored, since what is decided next is in its logits. `keys` are those of a `Trail`.
    """
    match = store.match(identity, _padded(keys), cache.page_bytes)
    if match.n_pages:
        pages = np.empty((match.n_pages, cache.page_bytes), dtype=np.uint8)
        cache.adopt(pages[: match.read(pages)])
        cache.crop(len(keys) - 1)
    return int(cache.n_tokens)


def persist(store: PrefixStore, identity: str, trail: Trail, cache: Any) -> None:
    """Write what is not on disk of a prefix, and its trail; that it cannot be written is no error.

    The last page is written though it is not full, since to encode the tokens of half a page takes a second behind a
    long prompt. Of a prefix that was broken off only whole pages are.
    """
    padded = _padded(trail.keys)
    is_whole = cache.n_tokens == len(trail.keys)
    first = store.match(identity, padded, cache.page_bytes).n_pages
    end = len(cache.pages) if is_whole else cache.n_tokens // PAGE_TOKENS
    for start in range(first, end, _PAGES_AT_ONCE):
        store.save(identity, padded, start, np.stack(cache.pages[start : min(start + _PAGES_AT_ONCE, end)]))
    if is_whole and cache.n_tokens >= _LEAST_TRAIL:
        store.leave_trail(identity, cache.page_bytes, trail)


def _padded(keys: Tokens) -> list[int]:
    """Fill the last page with a key that no token has, so that it is found for this very prefix alone."""
    return [*keys.tolist(), *[-1] * (-len(keys) % PAGE_TOKENS)]
