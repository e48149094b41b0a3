"""The operations of a layer as Triton kernels; `model.cuda.operations` says what each does, and is their reference.

Attention reads keys twice over: what all sequences share is read once for all tokens, what is a sequence's own
for each token, both in splits over the keys, whose results are joined by their log-sum-exps (FlashDecoding, Dao et al.;
the shared part after Hydragen, Juravsky et al., arXiv 2402.05099).
"""

import torch
import triton

from model.cuda import programs
from model.cuda.operations import Fed, Heads
from model.paging import PAGE_TOKENS

# With two key heads, as the default models have, 64 splits are a program for each processor of a large GPU.
_SHARED_SPLITS = 64
_OWN_SPLITS = 8
_N_SPLITS = _SHARED_SPLITS + _OWN_SPLITS
_N_SPLITS_PADDED = 128  # to a power of two
_MAX_ROWS = 64  # queries that a program holds
_MIN_ROWS = 16  # that a matrix instruction takes
_GATE_BLOCK = 1024


def add_norm(hidden: torch.Tensor, delta: torch.Tensor | None, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """See `Operations`."""
    n_tokens, size = hidden.shape
    out = torch.empty_like(hidden)
    block = triton.next_power_of_2(size)
    programs.add_norm[(n_tokens,)](
        hidden, hidden if delta is None else delta, weight, out, size, eps, ADDS=delta is not None, BLOCK=block,
        num_warps=4 if block <= 2048 else 8,
    )  # fmt: skip
    return out


def rotate(
    qkv: torch.Tensor, heads: Heads, turns: torch.Tensor, slots: torch.Tensor, states: torch.Tensor
) -> torch.Tensor:
    """See `Operations`."""
    n_tokens = len(qkv)
    queries = qkv.new_empty((n_tokens, heads.n_heads, heads.head_dim))
    query_norm, key_norm = heads.norms or (qkv, qkv)
    programs.rotate[(n_tokens, heads.n_heads + 2 * heads.n_kv_heads)](
        qkv, turns, slots, query_norm, key_norm, queries, states, states.stride(0), states.stride(1), heads.eps,
        heads.n_heads, heads.n_kv_heads, NORMS=heads.norms is not None, HALF=heads.head_dim // 2, num_warps=1,
    )  # fmt: skip
    return queries


def attend(fed: Fed, queries: torch.Tensor, heads: Heads, states: torch.Tensor) -> torch.Tensor:
    """See `Operations`."""
    n_tokens, n_heads, head_dim = queries.shape
    group = n_heads // heads.n_kv_heads
    partial = queries.new_empty((n_tokens, n_heads, _N_SPLITS, head_dim), dtype=torch.float32)
    weights = queries.new_empty((n_tokens, n_heads, _N_SPLITS), dtype=torch.float32)
    # In float32, which the matrix units do not multiply exactly, more rows than they would take do not fit registers.
    n_rows = _MAX_ROWS if queries.element_size() == 2 else _MIN_ROWS
    together = max(1, min(n_tokens, n_rows // group))
    for n_at_once, n_splits, first_split in ((together, _SHARED_SPLITS, 0), (1, _OWN_SPLITS, _SHARED_SPLITS)):
        rows = max(_MIN_ROWS, triton.next_power_of_2(n_at_once * group))
        programs.attend[(triton.cdiv(n_tokens, n_at_once), heads.n_kv_heads, n_splits)](
            queries, states, fed.pages, fed.positions, fed.offsets, fed.n_shared, partial, weights,
            states.stride(0), states.stride(1), n_tokens, head_dim**-0.5, n_heads,
            SHARED=first_split == 0, TOKENS=n_at_once, GROUP=group, ROWS=rows, DIM=head_dim, PAGE=PAGE_TOKENS,
            FIRST_SPLIT=first_split, SPLITS=n_splits, ALL_SPLITS=_N_SPLITS, num_warps=4, num_stages=2,
        )  # fmt: skip
    out = queries.new_empty((n_tokens, n_heads * head_dim))
    programs.join[(n_tokens * n_heads,)](
        partial, weights, out, DIM=head_dim, SPLITS=_N_SPLITS, BLOCK=_N_SPLITS_PADDED, num_warps=4
    )
    return out


def gate(gate_up: torch.Tensor) -> torch.Tensor:
    """See `Operations`."""
    n_tokens, double = gate_up.shape
    size = double // 2
    out = gate_up.new_empty((n_tokens, size))
    programs.gate[(n_tokens, triton.cdiv(size, _GATE_BLOCK))](gate_up, out, size, BLOCK=_GATE_BLOCK, num_warps=4)
    return out
