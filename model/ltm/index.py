"""The keys of all that was read, and which of them are nearest to a query.

Up to a million keys every one is compared. Beyond that they lie in cells around centres (an inverted file, Jégou et
al., TPAMI 2011), and those of the nearest cells are compared: thousands of products for a query instead of millions.
"""

import torch
from torch import Tensor
from torch.nn import functional

from model.ltm.rows import Rows

SCALE = 127.0  # keys of length 1 are kept as int8
CELLS_FROM = 1 << 20  # keys
N_CELLS = 4_096
N_PROBED = 8  # cells a query looks into
_N_ROUNDS = 6  # of k-means
_SAMPLE = 1 << 17


class KeyIndex:
    """Keys in the order in which they were read."""

    def __init__(self, width: int, device: torch.device) -> None:
        """Begin without keys."""
        self._keys = Rows(width, torch.int8, device)
        self._cells: _Cells | None = None
        self.n_keys = 0
        self.n_products = 0  # of queries with keys or centres, since the beginning

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return self._keys.n_bytes + (self._cells.n_bytes if self._cells else 0)

    def add(self, keys: Tensor) -> None:
        """Add keys of length 1, `(keys, K)`."""
        self._keys.append((keys * SCALE).round())
        self.n_keys += len(keys)

    def finish(self) -> None:
        """Say that no more keys come: many of them are put into cells."""
        if self.n_keys >= CELLS_FROM:
            self._cells = _Cells.of(list(self._keys))
            self._keys.clear()

    def search(self, queries: Tensor, n: int) -> tuple[Tensor, Tensor]:
        """Find the nearest keys, the nearest first.

        Args:
            queries: of length 1, `(Q, K)`.
            n: how many keys are wanted, at most.

        Returns:
            Their products with the query, minus infinity where there is no key, and their numbers, `(Q, n)` both.

        """
        if self._cells is not None:
            best, at, n_products = self._cells.search(queries, n)
            self.n_products += n_products
            return best, at
        self.n_products += self.n_keys * len(queries)
        best = queries.new_full((len(queries), n), -torch.inf)
        at = torch.zeros((len(queries), n), dtype=torch.int64, device=queries.device)
        first = 0
        for block in self._keys:
            products, where = (queries @ block.to(queries.dtype).T / SCALE).topk(min(n, len(block)), dim=1)
            best, order = torch.cat([best, products], dim=1).topk(n, dim=1)
            at = torch.cat([at, where + first], dim=1).gather(1, order)
            first += len(block)
        return best, at

    def products(self, queries: Tensor, numbers: Tensor) -> Tensor:
        """Return the products of queries with keys of their own, `(Q, n)`; before `finish` puts them into cells."""
        keys = self._keys[numbers.flatten()].to(queries.dtype).view(*numbers.shape, -1) / SCALE
        return torch.einsum("qk,qfk->qf", queries, keys)


class _Cells:
    """Keys in the order of their cells."""

    def __init__(self, centres: Tensor, keys: Tensor, numbers: Tensor, starts: Tensor) -> None:
        self._centres = centres  # (cells, K)
        self._keys = keys  # (keys, K), int8
        self._numbers = numbers  # (keys,): where each was read
        self._starts = starts.tolist()  # (cells + 1,)

    @property
    def n_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in (self._centres, self._keys, self._numbers))

    @classmethod
    def of(cls, blocks: list[Tensor]) -> "_Cells":
        centres = _centres(blocks)
        cell = torch.cat([_nearest(block.to(centres.dtype), centres) for block in blocks])
        order = cell.argsort(stable=True)
        counts = torch.bincount(cell, minlength=len(centres))
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return cls(centres, torch.cat(blocks)[order], order.to(torch.int32), starts)

    def search(self, queries: Tensor, n: int) -> tuple[Tensor, Tensor, int]:
        probed = (queries @ self._centres.T).topk(N_PROBED, dim=1).indices.tolist()
        n_products = len(queries) * len(self._centres)
        best = queries.new_full((len(queries), n), -torch.inf)
        at = torch.zeros((len(queries), n), dtype=torch.int64, device=queries.device)
        for number, cells in enumerate(probed):
            ranges = [(self._starts[cell], self._starts[cell + 1]) for cell in cells]
            keys = torch.cat([self._keys[start:end] for start, end in ranges]).to(queries.dtype)
            numbers = torch.cat([self._numbers[start:end] for start, end in ranges])
            n_products += len(keys)
            products, where = (keys @ queries[number] / SCALE).topk(min(n, len(keys)))
            best[number, : len(where)] = products
            at[number, : len(where)] = numbers[where].to(torch.int64)
        return best, at, n_products


def _centres(blocks: list[Tensor]) -> Tensor:
    """Return centres of cells by k-means on keys from everywhere, of length 1."""
    every = max(sum(len(block) for block in blocks) // _SAMPLE, 1)
    sample = functional.normalize(torch.cat([block[::every] for block in blocks]).float(), dim=-1)
    generator = torch.Generator().manual_seed(0)
    centres = sample[torch.randperm(len(sample), generator=generator)[:N_CELLS].to(sample.device)]
    for _ in range(_N_ROUNDS):
        cell = _nearest(sample, centres)
        sums = torch.zeros_like(centres).index_add_(0, cell, sample)
        centres = torch.where(sums.abs().sum(1, keepdim=True) > 0, functional.normalize(sums, dim=-1), centres)
    return centres


def _nearest(keys: Tensor, centres: Tensor) -> Tensor:
    """Return the cell of each key: `(keys, K)` → `(keys,)`."""
    return torch.cat([(part @ centres.T).argmax(dim=1) for part in torch.split(keys, 8_192)])
