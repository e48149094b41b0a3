"""The cache that grows in place against transformers' own, which copies."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import MambaConfig, MistralConfig, Qwen2Config
from transformers.cache_utils import DynamicCache

from model.errors import WeightsError
from model.kvcache import GrowingCache, PreallocatedLayer

LAYERS, HEADS, DIM = 2, 2, 4
CONFIG = Qwen2Config(num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=HEADS)


def states(n_tokens: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    keys, values = torch.randn(2, 1, HEADS, n_tokens, DIM, generator=generator)
    return keys, values


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 400)), min_size=1, max_size=12))
def test_it_holds_what_a_dynamic_cache_holds(steps: list[tuple[bool, int]]) -> None:
    ours, theirs = GrowingCache.of(CONFIG).states, DynamicCache(config=CONFIG)
    for seed, (crops, n_tokens) in enumerate(steps):
        length = ours.get_seq_length()
        if crops and length:
            for cache in (ours, theirs):
                cache.crop(-min(n_tokens, length))
        else:
            for layer in range(LAYERS):
                update = states(n_tokens, seed * LAYERS + layer)
                for mine, other in zip(ours.update(*update, layer), theirs.update(*update, layer), strict=True):
                    assert torch.equal(mine, other)
        assert ours.get_seq_length() == theirs.get_seq_length()
        for mine, other in zip(ours.layers, theirs.layers, strict=True):
            assert torch.equal(mine.keys, other.keys)
            assert torch.equal(mine.values, other.values)


def test_a_token_is_written_where_there_is_room() -> None:
    layer = PreallocatedLayer()
    layer.update(*states(100, 0))
    addresses = set()
    for seed in range(200):
        keys, values = layer.update(*states(1, seed))
        addresses.add((keys.data_ptr(), values.data_ptr()))
    assert len(addresses) == 1
    assert layer.get_seq_length() == 300
    n_moves = 0
    for seed in range(4000):
        before = layer.keys.data_ptr()
        layer.update(*states(1, seed))
        n_moves += layer.keys.data_ptr() != before
    assert n_moves < 15  # room grows with the length, so each token is moved a few times at most


def test_what_was_cropped_is_written_over() -> None:
    layer = PreallocatedLayer()
    layer.update(*states(10, 0))
    kept = layer.keys[:, :, :4].clone()
    layer.crop(-6)
    keys, _ = layer.update(*states(2, 1))
    assert torch.equal(keys, torch.cat([kept, states(2, 1)[0]], dim=-2))


def test_a_pass_that_was_broken_off_is_taken_back_in_every_layer() -> None:
    cache = GrowingCache.of(CONFIG)
    for layer in range(LAYERS):
        cache.states.update(*states(10, layer), layer)
    cache.states.update(*states(3, 9), 0)  # the second layer was never reached
    assert cache.n_tokens == 10
    cache.crop(10)
    assert [layer.get_seq_length() for layer in cache.states.layers] == [10, 10]
    cache.crop(0)
    assert cache.n_tokens == 0
    GrowingCache.of(CONFIG).crop(0)


def test_a_fork_goes_its_own_way() -> None:
    cache = GrowingCache.of(CONFIG)
    for layer in range(LAYERS):
        cache.states.update(*states(10, layer), layer)
    other = cache.fork()
    for layer in range(LAYERS):
        other.states.update(*states(2, 5), layer)
    assert (cache.n_tokens, other.n_tokens) == (10, 12)
    assert torch.equal(cache.states.layers[0].keys, other.states.layers[0].keys[:, :, :10])


def test_layers_with_a_window_keep_what_comes_back_into_it() -> None:
    cache = GrowingCache.of(MistralConfig(num_hidden_layers=1, sliding_window=8)).states
    keys, values = states(20, 0)
    cache.update(keys, values, 0)
    cache.crop(-15)
    assert torch.equal(cache.layers[0].keys, keys[:, :, :5])


def test_a_state_that_cannot_be_taken_back_is_refused() -> None:
    with pytest.raises(WeightsError, match="are not supported: what they read cannot be taken back"):
        GrowingCache.of(MambaConfig(num_hidden_layers=1))
