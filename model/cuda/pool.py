"""The memory that holds the keys and values of all sequences on a device, in pages of 64 tokens."""

import torch

from model.errors import DeviceError
from model.paging import PAGE_TOKENS

# What a padding token "remembers" goes to page 0, which no sequence has.
_N_RESERVED = 1
_N_SPARE = 64  # pages beyond those asked for, so that an answer seldom has to wait for more


class DevicePage:
    """The number of a page that is given back when the last sequence has dropped it."""

    __slots__ = ("_pool", "index")

    def __init__(self, pool: "PagePool", index: int) -> None:
        self._pool, self.index = pool, index

    def copy(self) -> "DevicePage":
        """Return a page of its own with the same content."""
        [page] = self._pool.take(1)
        states = self._pool.states
        states[:, :, :, page.index] = states[:, :, :, self.index]
        return page

    def __del__(self) -> None:
        self._pool.free.append(self.index)


class PagePool:
    """Pages for any number of sequences; it grows when they are used up.

    `states` are `(layers, 2, kv_heads, pages, 64, head_dim)`, keys before values. They move when the pool grows.
    """

    def __init__(self, n_layers: int, n_kv_heads: int, head_dim: int, dtype: torch.dtype, device: torch.device) -> None:
        """Start with the page for padding alone."""
        self.states = torch.zeros(
            (n_layers, 2, n_kv_heads, _N_RESERVED, PAGE_TOKENS, head_dim), dtype=dtype, device=device
        )
        self.free: list[int] = []

    @property
    def page_bytes(self) -> int:
        """Bytes of a page, all layers together."""
        return self.states[:, :, :, 0].numel() * self.states.element_size()

    def take(self, n_pages: int) -> list[DevicePage]:
        """Return pages whose content is undefined.

        Raises:
            DeviceError: the device has no memory left for them.

        """
        if n_pages > len(self.free):
            self._grow(n_pages - len(self.free))
        return [DevicePage(self, self.free.pop()) for _ in range(n_pages)]

    def _grow(self, n_missing: int) -> None:
        old = self.states.shape[3]
        for n_more in (n_missing + max(_N_SPARE, old // 2), n_missing):
            try:
                states = self.states.new_empty((*self.states.shape[:3], old + n_more, *self.states.shape[4:]))
            except torch.OutOfMemoryError:
                continue
            states[:, :, :, :old] = self.states
            self.states = states
            self.free.extend(range(old, old + n_more))
            return
        n_tokens = (old + n_missing) * PAGE_TOKENS
        raise DeviceError(
            f"{self.states.device} has no memory left for the keys and values of {n_tokens:,} tokens: "
            "lower --context-limit or --attempts, or try --device cpu"
        )
