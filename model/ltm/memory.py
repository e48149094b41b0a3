"""What is kept of a prompt: its bytes, and for each patch its value and a key that says what stands before it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch
from torch import Tensor

from model.hashhop.protocols import OnTokens
from model.ltm.index import SCALE, KeyIndex
from model.ltm.network import LtmNetwork
from model.ltm.patches import N_PLACES, Bytes, Offsets, Patches
from model.ltm.rows import Rows

N_FETCHED = 16  # patches a query fetches, at most
_BATCH_BYTES = 1 << 16  # encoded at once on a CPU, so that activations stay in its caches
_BATCH_BYTES_CUDA = 1 << 22


class Routing(Enum):
    """What is fetched for a query."""

    NEAREST = "nearest"
    RANDOM = "random"  # shows what routing is worth
    EVERYTHING = "everything"  # dense attention: the plain reference


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """The patches that were fetched for each question.

    Attributes:
        products: of the query and the key of each, minus infinity where there is none, `(Q, F)`.
        values: `(Q, F, D)`.
        numbers: of the patches, `(Q, F)`.

    """

    products: Tensor
    values: Tensor
    numbers: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class FetchedBytes:
    """The bytes of fetched patches, padded.

    Attributes:
        ids: `(Q, F, B)`.
        places: of each byte in its patch, `(Q, F, B)`.
        is_there: `(Q, F, B)`.

    """

    ids: Tensor
    places: Tensor
    is_there: Tensor


class LtmMemory:
    """A prompt that was read."""

    def __init__(self, network: LtmNetwork, table: Tensor, routing: Routing = Routing.NEAREST) -> None:
        """Begin empty.

        Args:
            network: the weights.
            table: of `network.symbols()`.
            routing: what is fetched.

        """
        self._network = network
        self._table = table
        self._device = table.device
        self._routing = routing
        self._rng = np.random.default_rng(0)
        self.index = KeyIndex(network.config.key_width, table.device)
        self._values = Rows(network.config.width, torch.int8, table.device)
        self._scales = Rows(1, torch.float16, table.device)  # of the values
        self._ids: Bytes = np.zeros(0, dtype=np.uint8)
        self._starts: Offsets = np.zeros(0, dtype=np.int64)  # of the values' patches, in bytes
        self._lengths: Offsets = np.zeros(0, dtype=np.int64)

    @property
    def n_tokens(self) -> int:
        """Tokens that were read: one a byte."""
        return len(self._ids)

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        of_bytes = self._ids.nbytes + self._starts.nbytes + self._lengths.nbytes
        return of_bytes + self.index.n_bytes + self._values.n_bytes + self._scales.n_bytes

    @torch.inference_mode()
    def read(self, pieces: Iterable[str], progress: OnTokens) -> None:
        """Read the whole prompt, a stretch at a time."""
        ids: list[Bytes] = []
        starts: list[Offsets] = []
        lengths: list[Offsets] = []
        offset = 0
        progress(offset)
        for stretch in _stretches(pieces, _BATCH_BYTES_CUDA if self._device.type == "cuda" else _BATCH_BYTES):
            patches = Patches.cut(stretch, offset)
            encoded = self._network.encode_patches([patches], self._table)
            successors = patches.successors
            at = torch.from_numpy(successors).to(self._device)
            self.index.add(encoded.keys[at - 1])
            values = encoded.values[at]
            scales = (values.abs().amax(dim=1, keepdim=True) / SCALE).to(torch.float16)
            self._scales.append(scales)
            self._values.append((values / scales).round().clamp(-SCALE, SCALE))
            starts.append(patches.starts[successors] + offset)
            lengths.append(np.diff(patches.starts)[successors].astype(np.uint16))
            ids.append(stretch)
            offset += len(stretch)
            progress(offset)
        if ids:
            self._ids, self._starts, self._lengths = (
                np.concatenate(ids),
                np.concatenate(starts),
                np.concatenate(lengths),
            )
        if self._routing is Routing.NEAREST:
            self.index.finish()

    def fetch(self, queries: Tensor) -> Fetched:
        """Fetch the patches behind the keys that queries, `(Q, K)`, are nearest to."""
        if self._routing is Routing.NEAREST:
            products, numbers = self.index.search(queries, N_FETCHED)
        else:
            numbers = (
                self._anywhere(len(queries)) if self._routing is Routing.RANDOM else self._everywhere(len(queries))
            )
            products = self.index.products(queries, numbers)
        rows = numbers.flatten()
        values = self._values[rows].to(queries.dtype) * self._scales[rows].to(queries.dtype)
        return Fetched(products, values.view(*numbers.shape, -1), numbers)

    def _anywhere(self, n: int) -> Tensor:
        drawn = self._rng.integers(0, self.index.n_keys, (n, N_FETCHED))
        return torch.from_numpy(drawn).to(self._device)

    def _everywhere(self, n: int) -> Tensor:
        return torch.arange(self.index.n_keys, device=self._device).expand(n, -1)

    def bytes_of(self, fetched: Fetched) -> FetchedBytes:
        """Return the bytes of what was fetched."""
        numbers = fetched.numbers.cpu().numpy()
        starts, lengths = self._starts[numbers], self._lengths[numbers].astype(np.int64)
        places = np.arange(lengths.max())
        is_there = places < lengths[..., None]
        ids = self._ids[np.where(is_there, starts[..., None] + places, 0)].astype(np.int64)
        places = np.broadcast_to(np.minimum(places, N_PLACES - 1), ids.shape)
        return FetchedBytes(*(torch.from_numpy(array.copy()).to(self._device) for array in (ids, places, is_there)))


def _stretches(pieces: Iterable[str], n_bytes: int) -> Iterator[Bytes]:
    """Cut a text that comes in pieces into stretches that end where a line does, if any does."""
    rest = b""
    for piece in pieces:
        for start in range(0, len(piece), n_bytes):
            rest += piece[start : start + n_bytes].encode()
            while len(rest) >= 2 * n_bytes:
                end = rest.rfind(b"\n", 0, n_bytes) + 1 or n_bytes
                yield np.frombuffer(rest[:end], dtype=np.uint8)
                rest = rest[end:]
    if rest:
        yield np.frombuffer(rest, dtype=np.uint8)
