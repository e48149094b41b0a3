"""The network: patches encoded in their segments, a memory layer that is passed several times, bytes that are read.

Shapes: `P` patches, `Q` questions, `F` fetched patches a question, `T` bytes to be written, `D` the width.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from model.ltm.patches import N_PLACES, Patches


@dataclass(frozen=True, slots=True)
class LtmConfig:
    """The sizes of a network."""

    width: int = 256
    key_width: int = 96
    byte_width: int = 48
    place_width: int = 48
    n_heads: int = 4
    n_local_layers: int = 2
    n_passes: int = 5  # passes through the memory layer before the answer is read: a hop each, at most
    max_distance: int = 24  # patches further apart count as this far

    def as_dict(self) -> dict[str, int]:
        """Return the sizes by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Patches as the memory layer sees them.

    Attributes:
        states: `(P, D)`.
        keys: of what stands up to the patch's end, of length 1, `(P, K)`.
        values: of the patch itself, `(P, D)`. The value of a key is that of the next patch.

    """

    states: Tensor
    keys: Tensor
    values: Tensor


class FeedForward(nn.Module):
    """A gated feed-forward layer (Shazeer, arXiv 2002.05202), before which its input is normalised."""

    def __init__(self, width: int) -> None:
        """Take the width of input and output."""
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return what is to be added to `x`."""
        gate, up = self.up(self.norm(x)).chunk(2, dim=-1)
        out: Tensor = self.down(functional.silu(gate) * up)
        return out


class LocalLayer(nn.Module):
    """Causal attention among the patches of a segment, by distance, and a feed-forward layer."""

    def __init__(self, config: LtmConfig) -> None:
        """Take the sizes."""
        super().__init__()
        self.n_heads = config.n_heads
        self.max_distance = config.max_distance
        self.norm = nn.LayerNorm(config.width)
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        # Each head begins by looking at one distance: the patch itself, the one before it, …
        at = torch.arange(config.max_distance + 1.0)
        self.by_distance = nn.Parameter(-(at[None] - torch.arange(config.n_heads)[:, None]).abs())
        self.feed_forward = FeedForward(config.width)

    def forward(self, x: Tensor) -> Tensor:
        """Take `(segments, patches, D)`, padded at the end: what comes later is never attended to."""
        n_segments, n, width = x.shape
        qkv = self.qkv(self.norm(x)).view(n_segments, n, 3, self.n_heads, width // self.n_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (segments, heads, patches, head_dim)
        at = torch.arange(n, device=x.device)
        distance = (at[:, None] - at[None, :]).clamp(max=self.max_distance)
        bias = self.by_distance[:, distance.clamp(min=0)].masked_fill(distance < 0, -math.inf)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype)[None])
        x = x + self.out(mixed.transpose(1, 2).reshape(n_segments, n, width))
        out: Tensor = x + self.feed_forward(x)
        return out


class LtmNetwork(nn.Module):
    """The weights, and the steps between which routing chooses what is fetched."""

    def __init__(self, config: LtmConfig) -> None:
        """Take the sizes; the weights are drawn from torch's generator."""
        super().__init__()
        self.config = config
        width, key_width = config.width, config.key_width
        self.byte = nn.Embedding(256, config.byte_width)
        self.by_place = nn.Parameter(torch.randn(N_PLACES, config.byte_width, width) / math.sqrt(config.byte_width))
        self.mix = FeedForward(width)
        layers = [LocalLayer(config) for _ in range(config.n_local_layers)]
        self.local = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(width)
        # As in kNN-LM (Khandelwal, arXiv 1911.00172) a key says what stands before, and its value what came next; so
        # what is asked for is compared with it by the same weights.
        self.key = nn.Linear(width, key_width, bias=False)
        self.value = nn.Linear(width, width)
        # The memory layer; its passes share all weights but a vector each, the last of which is for the answer.
        self.pass_norm = nn.LayerNorm(width)
        self.passes = nn.Embedding(config.n_passes + 1, width)
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(16.0)))
        self.out = nn.Linear(width, width)
        self.gate = nn.Linear(2 * width, width)
        self.feed_forward = FeedForward(width)
        # Bytes are read from what is fetched by their place in a patch.
        self.place_read = nn.Embedding(N_PLACES, config.place_width)
        self.place_wanted = nn.Embedding(N_PLACES, config.place_width)
        self.byte_value = nn.Embedding(256, config.byte_width)
        self.answer = nn.Sequential(
            nn.Linear(config.byte_width + width + config.place_width, width), nn.SiLU(), nn.Linear(width, 256)
        )
        self.copied = nn.Linear(config.byte_width, 256)
        self._begin(layers)

    def _begin(self, layers: Sequence[LocalLayer]) -> None:
        """Begin where a patch's state is little more than its letters, and a value is the state itself."""
        nn.init.normal_(self.passes.weight, std=0.02)
        for layer in (self.value, self.out):
            nn.init.eye_(layer.weight)
            nn.init.zeros_(layer.bias)
        # A place is read from the same place, and a byte that is read is written.
        nn.init.orthogonal_(self.place_read.weight, gain=3.0)
        self.place_wanted.weight.data.copy_(self.place_read.weight)
        self.copied.weight.data.copy_(self.byte_value.weight)
        for layer in (self.mix.down, self.feed_forward.down):
            nn.init.normal_(layer.weight, std=0.002)
        for local in layers:
            nn.init.normal_(local.out.weight, std=0.002)
            nn.init.normal_(local.feed_forward.down.weight, std=0.002)

    def symbols(self) -> Tensor:
        """Return the vectors of each byte at each place, `(places * 256, D)`."""
        return torch.matmul(self.byte.weight, self.by_place).flatten(0, 1)

    def encode_patches(self, pieces: Sequence[Patches], table: Tensor) -> Encoded:
        """Encode all segments of some pieces, one after another; `table` is that of `symbols()`."""
        offsets = np.cumsum([0, *(len(piece.ids) for piece in pieces)])
        starts = [piece.starts[:-1] + offset for piece, offset in zip(pieces, offsets, strict=False)]
        device = table.device
        return self.encode(
            torch.from_numpy(np.concatenate([piece.symbols for piece in pieces])).to(device),
            torch.from_numpy(np.concatenate(starts)).to(device),
            torch.from_numpy(np.concatenate([np.diff(piece.segments) for piece in pieces])).to(device),
            table,
        )

    def encode(self, symbols: Tensor, starts: Tensor, lengths: Tensor, table: Tensor) -> Encoded:
        """Encode segments that do not see each other.

        Args:
            symbols: of all bytes, see `Patches`, `(bytes,)`.
            starts: where patches begin, `(P,)`.
            lengths: patches of each segment, `(segments,)`.
            table: of `symbols()`.

        """
        flat = functional.embedding_bag(symbols, table, starts, mode="sum")
        flat = flat + self.mix(flat)
        inside = torch.arange(int(lengths.max()), device=flat.device)[None] < lengths[:, None]
        x = flat.new_zeros(*inside.shape, flat.shape[-1])
        x[inside] = flat
        for layer in self.local:
            x = layer(x)
        states = self.norm(x[inside])
        return Encoded(states, functional.normalize(self.key(states), dim=-1), self.value(states))

    def ask(self, states: Tensor, number: int) -> Tensor:
        """Return the query of a pass, of length 1; the answer's is `n_passes`: `(Q, D)` → `(Q, K)`."""
        return functional.normalize(self.key(self.pass_norm(states) + self.passes.weight[number]), dim=-1)

    def sharpness(self) -> Tensor:
        """What a product of a query and a key is multiplied with."""
        return self.log_sharpness.clamp(max=math.log(100.0)).exp()

    def take(self, states: Tensor, fetched: Tensor, number: int) -> Tensor:
        """Let a pass change the states, `(Q, D)`, by what attention over the fetched values gave, `(Q, D)`."""
        found = self.out(fetched)
        normed = self.pass_norm(states) + self.passes.weight[number]
        gate = torch.sigmoid(self.gate(torch.cat([normed, found], dim=-1)))
        states = states + gate * (found - states)
        out: Tensor = states + self.feed_forward(states)
        return out

    def write(self, states: Tensor, scores: Tensor, ids: Tensor, places: Tensor, n_bytes: int) -> Tensor:
        """Return the logits of the bytes of a run, `(Q, T, 256)`.

        Args:
            states: after all passes, `(Q, D)`.
            scores: of the fetched bytes by their patches, minus infinity where there is none, `(Q, F)`.
            ids: the fetched bytes, `(Q, F)`.
            places: their places in their patches, `(Q, F)`.
            n_bytes: `T`.

        """
        wanted = self.place_wanted.weight[:n_bytes]
        by_place = torch.matmul(wanted, self.place_read.weight.T)  # (T, places)
        weights = torch.softmax(scores[:, None] + by_place.T[places].transpose(1, 2), dim=-1)  # (Q, T, F)
        read = torch.matmul(weights, self.byte_value(ids))  # (Q, T, byte width)
        n = len(states)
        inputs = [read, states[:, None].expand(n, n_bytes, -1), wanted[None].expand(n, n_bytes, -1)]
        out: Tensor = self.copied(read) + self.answer(torch.cat(inputs, dim=-1))
        return out
