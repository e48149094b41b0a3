"""What the layers need beside matrix products: the plain form of it in torch, for any device.

The kernels in `model.cuda.kernels` do the same in a few passes over memory; tests compare them.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn import functional

from model.paging import PAGE_TOKENS


@dataclass(frozen=True, slots=True)
class Heads:
    """Sizes of attention, and the norms of queries and of keys, each `(head_dim,)`, where a model has them."""

    n_heads: int
    n_kv_heads: int
    head_dim: int
    eps: float
    norms: tuple[torch.Tensor, torch.Tensor] | None = None


@dataclass(frozen=True, slots=True)
class Fed:
    """A `Step` on the device: `tokens` `(4, width)`, `pages` `(n,)` and `n_shared` `(1,)`, all int32."""

    tokens: torch.Tensor
    pages: torch.Tensor
    n_shared: torch.Tensor

    @property
    def ids(self) -> torch.Tensor:
        """Return `(width,)`."""
        return self.tokens[0]

    @property
    def positions(self) -> torch.Tensor:
        """Return `(width,)`; -1 for padding."""
        return self.tokens[1]

    @property
    def slots(self) -> torch.Tensor:
        """Return `(width,)`: where keys and values go."""
        return self.tokens[2]

    @property
    def offsets(self) -> torch.Tensor:
        """Return `(width,)`: where the pages of the token's sequence begin, less the shared ones."""
        return self.tokens[3]


def turns_at(positions: torch.Tensor, frequencies: torch.Tensor) -> torch.Tensor:
    """Return cosines and sines, `(tokens, 2, head_dim / 2)`, float32, of positions `(tokens,)`."""
    angles = positions[:, None].float() * frequencies
    return torch.stack([angles.cos(), angles.sin()], dim=1)


class Operations(Protocol):
    """The module below, and the kernels.

    `states` are one layer's keys and values, `(2, kv_heads, pages, 64, head_dim)`.
    """

    def add_norm(
        self, hidden: torch.Tensor, delta: torch.Tensor | None, weight: torch.Tensor, eps: float, /
    ) -> torch.Tensor:
        """Add `delta` to `hidden` in place, both `(tokens, hidden)`, and return its root mean square norm."""
        ...

    def rotate(
        self, qkv: torch.Tensor, heads: Heads, turns: torch.Tensor, slots: torch.Tensor, states: torch.Tensor, /
    ) -> torch.Tensor:
        """Turn queries and keys, store keys and values in `slots`; return the queries, `(tokens, heads, head_dim)`.

        `qkv` is `(tokens, (heads + 2 kv_heads) head_dim)`; `turns` are those of `turns_at`.
        """
        ...

    def attend(self, fed: Fed, queries: torch.Tensor, heads: Heads, states: torch.Tensor, /) -> torch.Tensor:
        """Let each token attend to its sequence up to itself; return `(tokens, heads head_dim)`. Padding gives 0."""
        ...

    def gate(self, gate_up: torch.Tensor, /) -> torch.Tensor:
        """Return `silu(gate) * up`, `(tokens, ffn)`, of `(tokens, 2 ffn)`."""
        ...


def add_norm(hidden: torch.Tensor, delta: torch.Tensor | None, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """See `Operations`."""
    if delta is not None:
        hidden += delta
    return _norm(hidden, weight, eps)


def rotate(
    qkv: torch.Tensor, heads: Heads, turns: torch.Tensor, slots: torch.Tensor, states: torch.Tensor
) -> torch.Tensor:
    """See `Operations`."""
    n_tokens = len(qkv)
    parts = qkv.view(n_tokens, -1, heads.head_dim)
    queries, keys, values = torch.split(parts, [heads.n_heads, heads.n_kv_heads, heads.n_kv_heads], dim=1)
    if heads.norms:
        queries, keys = (_norm(x, weight, heads.eps) for x, weight in zip((queries, keys), heads.norms, strict=True))
    flat = states.view(2, heads.n_kv_heads, -1, heads.head_dim)  # pages laid end to end: (2, kv_heads, slots, head_dim)
    flat[0][:, slots.long()] = _turned(keys, turns).transpose(0, 1)
    flat[1][:, slots.long()] = values.transpose(0, 1)
    return _turned(queries, turns)


def attend(fed: Fed, queries: torch.Tensor, heads: Heads, states: torch.Tensor) -> torch.Tensor:
    """See `Operations`."""
    out = torch.zeros_like(queries)
    n_shared = int(fed.n_shared.item()) // PAGE_TOKENS
    for token, position in enumerate(fed.positions.tolist()):
        if position < 0:
            continue
        offset = int(fed.offsets[token].item())
        own = fed.pages[offset + n_shared : offset + position // PAGE_TOKENS + 1]
        pages = torch.cat([fed.pages[:n_shared], own]).long()
        keys, values = states[:, :, pages].flatten(2, 3)[:, :, : position + 1]  # (kv_heads, keys, head_dim)
        grouped = queries[token].view(heads.n_kv_heads, -1, heads.head_dim)
        out[token] = functional.scaled_dot_product_attention(grouped, keys, values).flatten(0, 1)
    return out.flatten(1)


def gate(gate_up: torch.Tensor) -> torch.Tensor:
    """See `Operations`."""
    gated, up = gate_up.chunk(2, dim=-1)
    return functional.silu(gated) * up


def _norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    wide = x.float()
    return weight * (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)).to(x.dtype)


def _turned(x: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """Rotate `(tokens, heads, head_dim)`: the first half with the second (RoPE, Su et al., arXiv 2104.09864)."""
    first, second = x.float().chunk(2, dim=-1)
    cos, sin = turns[:, None, 0], turns[:, None, 1]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1).to(x.dtype)
