"""Attention on the CPU against transformers' plain one."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers.models.qwen2.modeling_qwen2 import eager_attention_forward

from model.attention import grouped_attention

SHAPES = [(12, 2, 16), (14, 2, 8), (4, 4, 8), (8, 1, 8)]  # heads, key heads, head_dim


def tensors(n_heads: int, n_kv: int, dim: int, n_query: int, n_keys: int, batch: int = 1) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(n_heads * 1000 + n_query)
    shapes = ((batch, n_heads, n_query, dim), (batch, n_kv, n_keys, dim), (batch, n_kv, n_keys, dim))
    return tuple(torch.randn(shape, generator=generator) for shape in shapes)


def plain(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, **options: Any) -> torch.Tensor:
    n_query, n_keys = query.shape[2], key.shape[2]
    seen = torch.ones(n_query, n_keys, dtype=torch.bool).tril(n_keys - n_query)
    mask = torch.zeros(n_query, n_keys).masked_fill(~seen, -torch.inf)[None, None]
    out, _ = eager_attention_forward(module_of(query, key), query, key, value, mask, **options)
    return out


def module_of(query: torch.Tensor, key: torch.Tensor) -> Any:
    return SimpleNamespace(
        num_key_value_groups=query.shape[1] // key.shape[1], training=False, is_causal=True, layer_idx=0
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("batch", [1, 3])
def test_one_token_attends_to_all(shape: tuple[int, int, int], batch: int) -> None:
    query, key, value = tensors(*shape, n_query=1, n_keys=37, batch=batch)
    out, weights = grouped_attention(module_of(query, key), query, key, value, None, scaling=0.3)
    torch.testing.assert_close(out, plain(query, key, value, scaling=0.3), atol=1e-6, rtol=1e-5)
    assert out.shape == (batch, 1, shape[0], shape[2])
    assert weights is None


@pytest.mark.parametrize("shape", SHAPES)
def test_a_prompt_attends_to_what_stands_before(shape: tuple[int, int, int]) -> None:
    query, key, value = tensors(*shape, n_query=20, n_keys=20)
    out, _ = grouped_attention(module_of(query, key), query, key, value, None, scaling=0.3)
    torch.testing.assert_close(out, plain(query, key, value, scaling=0.3), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_later_chunk_attends_to_the_cache_as_its_mask_says(shape: tuple[int, int, int]) -> None:
    query, key, value = tensors(*shape, n_query=5, n_keys=20)
    mask = torch.ones(5, 20, dtype=torch.bool).tril(15)[None, None]
    out, _ = grouped_attention(module_of(query, key), query, key, value, mask, scaling=0.3)
    torch.testing.assert_close(out, plain(query, key, value, scaling=0.3), atol=1e-6, rtol=1e-5)


def test_the_usual_scale_is_that_of_the_head() -> None:
    query, key, value = tensors(4, 2, 16, n_query=1, n_keys=9)
    out, _ = grouped_attention(module_of(query, key), query, key, value, None)
    torch.testing.assert_close(out, plain(query, key, value, scaling=16**-0.5), atol=1e-6, rtol=1e-5)


def test_a_view_into_a_larger_buffer_will_do() -> None:
    """Keys come from the cache, whose heads lie apart."""
    query, key, value = tensors(12, 2, 16, n_query=1, n_keys=64)
    out, _ = grouped_attention(module_of(query, key), query, key[:, :, :30], value[:, :, :30], None, scaling=0.3)
    expected = plain(query, key[:, :, :30].clone(), value[:, :, :30].clone(), scaling=0.3)
    torch.testing.assert_close(out, expected, atol=1e-6, rtol=1e-5)
