"""Attention on a CPU for grouped queries, without copying or repeating keys where it is avoidable.

transformers passes `enable_gqa` to torch's kernel, which on a CPU falls to a path 14 times slower at one query token
(1,000 tokens of context: 2.5 ms a layer against 0.18 ms; see LOG.md).
"""

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "magicode_cpu"


def register() -> str:
    """Make the function known to transformers and return the name that selects it."""
    AttentionInterface.register(NAME, grouped_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME


def grouped_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attend to keys and values `(batch, kv_heads, kv_tokens, head_dim)`.

    `query` is `(batch, heads, tokens, head_dim)`, the result `(batch, tokens, heads, head_dim)`. One query token is
    packed as `(batch, kv_heads, group, head_dim)`: the queries of a group become rows that share their key head.
    Everything else is transformers' own.
    """
    batch, n_heads, n_tokens, head_dim = query.shape
    if n_tokens == 1 and attention_mask is None and not kwargs.get("dropout") and kwargs.get("position_bias") is None:
        packed = query.view(batch, key.shape[1], n_heads // key.shape[1], head_dim)
        out = scaled_dot_product_attention(packed, key, value, scale=scaling)
        return out.reshape(batch, 1, n_heads, value.shape[-1]), None
    if attention_mask is None and key.shape[1] != n_heads:
        key, value = (each.repeat_interleave(n_heads // key.shape[1], dim=1) for each in (key, value))
        out = scaled_dot_product_attention(query, key, value, scale=scaling, is_causal=n_tokens > 1)
        return out.transpose(1, 2).contiguous(), None
    attended: tuple[torch.Tensor, None] = sdpa_attention_forward(
        module, query, key, value, attention_mask, scaling=scaling, **kwargs
    )
    return attended
