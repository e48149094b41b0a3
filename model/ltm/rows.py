"""A table that grows at its end without being copied."""

from collections.abc import Iterator

import torch
from torch import Tensor

_BLOCK = 1 << 14  # rows


class Rows:
    """Rows of one width and type, in blocks on one device."""

    def __init__(self, width: int, dtype: torch.dtype, device: torch.device) -> None:
        """Begin without rows."""
        self._blocks: list[Tensor] = []
        self._shape = (_BLOCK, width)
        self._dtype = dtype
        self._device = device
        self._n = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._n

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return sum(block.nbytes for block in self._blocks)

    def append(self, rows: Tensor) -> None:
        """Add rows, `(rows, width)`."""
        while len(rows):
            place = self._n % _BLOCK
            if place == 0:
                self._blocks.append(torch.empty(self._shape, dtype=self._dtype, device=self._device))
            part = rows[: _BLOCK - place]
            self._blocks[-1][place : place + len(part)] = part
            self._n += len(part)
            rows = rows[len(part) :]

    def __iter__(self) -> Iterator[Tensor]:
        """Go through the rows, a block at a time."""
        for number, block in enumerate(self._blocks):
            yield block[: self._n - number * _BLOCK]

    def __getitem__(self, numbers: Tensor) -> Tensor:
        """Return some rows: `(n,)` → `(n, width)`."""
        out = torch.empty((len(numbers), self._shape[1]), dtype=self._dtype, device=self._device)
        block_of = numbers // _BLOCK
        for block in torch.unique(block_of).tolist():
            own = block_of == block
            out[own] = self._blocks[block][numbers[own] % _BLOCK]
        return out

    def clear(self) -> None:
        """Let all rows go."""
        self._blocks, self._n = [], 0
