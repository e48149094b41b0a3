"""Mamba-2 (Dao and Gu, arXiv 2405.21060) over bytes, in plain torch, with weights by the names of transformers'.

transformers' layers are the reference (`Mamba2ForCausalLM`, one group): tests compare logits. These here carry their
state from one piece of a prompt to the next, and keep to products of matrices, so that they can be trained on a GPU
without kernels of their own.
"""

import math
from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional

from model.hashhop.fixed_state import N_BYTES, FixedState, State

EXPAND, HEAD_DIM, KERNEL = 2, 64, 4  # inner width by width; channels of a head; of the convolution
_CHUNK = 64  # tokens that see each other directly; those of chunks before are seen through the state
_MIN_STEP, _MAX_STEP = 1e-3, 1e-1


class RmsNorm(nn.Module):
    """Root mean square norm in float32; `eps` as in transformers."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        """Start with weights of 1."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Norm the last dimension."""
        wide = x.float()
        return self.weight * wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)


class Mixer(nn.Module):
    """One layer's convolution and selective state."""

    def __init__(self, width: int, n_state: int) -> None:
        """Draw weights as transformers does."""
        super().__init__()
        inner = EXPAND * width
        self.n_state, self.inner, self.n_heads = n_state, inner, inner // HEAD_DIM
        n_convolved = inner + 2 * n_state
        self.in_proj = nn.Linear(width, inner + n_convolved + self.n_heads, bias=False)
        self.conv1d = nn.Conv1d(n_convolved, n_convolved, KERNEL, groups=n_convolved)
        step = torch.exp(torch.rand(self.n_heads) * math.log(_MAX_STEP / _MIN_STEP) + math.log(_MIN_STEP))
        self.dt_bias = nn.Parameter(step + torch.log(-torch.expm1(-step)))  # the inverse of softplus
        self.A_log = nn.Parameter(torch.arange(1, self.n_heads + 1).float().log())
        self.D = nn.Parameter(torch.ones(self.n_heads))
        self.norm = RmsNorm(inner)
        self.out_proj = nn.Linear(inner, width, bias=False)

    def forward(
        self, x: torch.Tensor, convolved: torch.Tensor | None = None, states: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, State]:
        """Read `(batch, tokens, width)` behind the states and what the convolution saw last, `(batch, 3, channels)`."""
        gate, mixed, steps = torch.split(
            self.in_proj(x), [self.inner, self.inner + 2 * self.n_state, self.n_heads], dim=-1
        )
        if convolved is None:
            convolved = x.new_zeros((len(x), KERNEL - 1, mixed.shape[-1]))
        seen = torch.cat([convolved, mixed.to(convolved.dtype)], dim=1)
        mixed = functional.silu(self._convolve(seen)).to(x.dtype)
        values, keys, queries = torch.split(mixed, [self.inner, self.n_state, self.n_state], dim=-1)
        values = torch.unflatten(values, -1, (self.n_heads, HEAD_DIM))
        steps = functional.softplus(steps.float() + self.dt_bias)
        out, states = scan(values, keys, queries, steps, -self.A_log.exp(), states)
        out = out + self.D[:, None] * values
        gated = self.norm(out.flatten(2).float() * functional.silu(gate.float()))
        return self.out_proj(gated.to(x.dtype)), (seen[:, 1 - KERNEL :], states)

    def _convolve(self, seen: torch.Tensor) -> torch.Tensor:
        """Return `conv1d`, by sums: a GPU's kernels for convolutions of single channels learn many times slower."""
        assert self.conv1d.bias is not None  # noqa: S101 - for the type checker
        taps = self.conv1d.weight[:, 0].T  # (kernel, channels)
        n_tokens = seen.shape[1] + 1 - KERNEL
        out: torch.Tensor = self.conv1d.bias
        for i, tap in enumerate(taps):
            out = out + seen[:, i : i + n_tokens] * tap
        return out


def scan(
    values: torch.Tensor,
    keys: torch.Tensor,
    queries: torch.Tensor,
    steps: torch.Tensor,
    rates: torch.Tensor,
    states: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Run the recurrence `state = exp(step rate) state + step key value`, read by `query state`, chunk by chunk.

    Args:
        values: `(batch, tokens, heads, head_dim)`.
        keys: `(batch, tokens, n_state)`, for all heads.
        queries: the same.
        steps: `(batch, tokens, heads)`, above 0.
        rates: `(heads,)`, below 0.
        states: before the first token, `(batch, heads, n_state, head_dim)`, float32; nothing is all zeros.

    Returns:
        What is read, `(batch, tokens, heads, head_dim)`, and the states after the last token.

    """
    n_tokens = values.shape[1]
    chunk = min(_CHUNK, n_tokens)
    if missing := -n_tokens % chunk:  # steps of 0 change no state
        values = functional.pad(values, (0, 0, 0, 0, 0, missing))
        keys, queries, steps = (functional.pad(each, (0, 0, 0, missing)) for each in (keys, queries, steps))
    keys, queries, values, steps = (torch.unflatten(each, 1, (-1, chunk)) for each in (keys, queries, values, steps))
    decay = (steps * rates).cumsum(2).transpose(2, 3)  # (batch, chunks, heads, chunk), of logarithms
    written = (values * steps[..., None]).transpose(2, 3)  # (batch, chunks, heads, chunk, head_dim)
    # What tokens of one chunk give to each other.
    between = decay[..., :, None] - decay[..., None, :]
    causal = torch.ones(chunk, chunk, dtype=torch.bool, device=values.device).tril()
    weights = (queries @ keys.transpose(2, 3))[:, :, None] * between.masked_fill(~causal, -math.inf).exp()
    out = weights.to(values.dtype) @ written.to(values.dtype)
    # What each chunk leaves, and finds.
    faded = written * (decay[..., -1:] - decay).exp()[..., None]
    left = (keys.transpose(2, 3)[:, :, None].to(values.dtype) @ faded.to(values.dtype)).float()
    if states is None and left.shape[1] == 1:  # nothing is found: most of the work, where prompts are short
        return out.transpose(2, 3).flatten(1, 2)[:, :n_tokens], left[:, 0]
    first = torch.zeros_like(left[:, :1]) if states is None else states[:, None]
    found = _carried(torch.cat([first, left], dim=1), decay[..., -1])
    read = queries[:, :, None] @ found[:, :-1].to(queries.dtype)
    out = out + read * decay.exp()[..., None]
    return out.transpose(2, 3).flatten(1, 2)[:, :n_tokens], found[:, -1]


def _carried(states: torch.Tensor, decay: torch.Tensor) -> torch.Tensor:
    """Return what each chunk finds, and what the last one leaves, `(batch, chunks + 1, heads, n_state, head_dim)`.

    Args:
        states: before the first chunk, and what each chunk leaves of its own.
        decay: of each chunk, `(batch, chunks, heads)`, as logarithms.

    """
    total = functional.pad(decay.cumsum(1), (0, 0, 1, 0)).transpose(1, 2)  # (batch, heads, chunks + 1)
    causal = torch.ones(total.shape[-1], total.shape[-1], dtype=torch.bool, device=total.device).tril()
    weights = (total[..., :, None] - total[..., None, :]).masked_fill(~causal, -math.inf).exp()
    return torch.einsum("bhcz,bzhnp->bchnp", weights, states).float()


class Block(nn.Module):
    """A norm and a mixer beside the residual."""

    def __init__(self, width: int, n_state: int) -> None:
        """Start at random."""
        super().__init__()
        self.norm = RmsNorm(width)
        self.mixer = Mixer(width, n_state)


class Backbone(nn.Module):
    """Embedding, blocks and the last norm, by the names of transformers'."""

    def __init__(self, width: int, n_layers: int, n_state: int) -> None:
        """Start at random."""
        super().__init__()
        self.embeddings = nn.Embedding(N_BYTES, width)
        self.layers = nn.ModuleList(Block(width, n_state) for _ in range(n_layers))
        self.norm_f = RmsNorm(width)

    def blocks(self) -> Iterator[Block]:
        """Yield the layers, which torch's list has forgotten the type of."""
        for block in self.layers:
            assert isinstance(block, Block)  # noqa: S101 - for the type checker
            yield block


class Mamba(FixedState):
    """A stack of Mamba-2 layers; `width` is a multiple of 32."""

    def __init__(self, width: int, n_layers: int, n_state: int) -> None:
        """Start at random."""
        super().__init__()
        self.backbone = Backbone(width, n_layers, n_state)
        self.lm_head = nn.Linear(width, N_BYTES, bias=False)

    def forward(self, ids: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """See `FixedState`; the state is, layer by layer, what the convolution saw last, and the heads' states."""
        x = self.backbone.embeddings(ids)
        after: list[torch.Tensor] = []
        before = iter(state or ())
        for block in self.backbone.blocks():
            mixed, left = block.mixer(block.norm(x), next(before, None), next(before, None))
            x = x + mixed
            after += left
        logits: torch.Tensor = self.lm_head(self.backbone.norm_f(x))
        return logits, tuple(after)
