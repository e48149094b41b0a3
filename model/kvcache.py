"""A key-value cache that grows in place instead of being copied at each token, and can be taken back."""

import copy
from typing import Any, Self

import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from model.errors import WeightsError

_SPARE_TOKENS = 256


class PreallocatedLayer(DynamicLayer):  # type: ignore[misc]  # transformers is untyped
    """`DynamicLayer` with room at its end: appending one token writes one token.

    `keys` and `values` are views of the filled part, `(batch, kv_heads, tokens, head_dim)`; cropping shortens the
    views, and the next update writes over what was cropped.
    """

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self) -> None:
        """Start empty; shape, type and device come with the first update."""
        super().__init__()
        self._buffers: tuple[torch.Tensor, torch.Tensor] | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_args: Any, **_kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append states of shape `(batch, kv_heads, new_tokens, head_dim)` and return all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if self._buffers is None or end > self._buffers[0].shape[-2]:
            self._buffers = (_grown(self.keys, key_states, end), _grown(self.values, value_states, end))
        keys, values = self._buffers
        keys[:, :, start:end] = key_states
        values[:, :, start:end] = value_states
        self.keys, self.values = keys[:, :, :end], values[:, :, :end]
        return self.keys, self.values


def _grown(filled: torch.Tensor, like: torch.Tensor, n_tokens: int) -> torch.Tensor:
    room = n_tokens + max(_SPARE_TOKENS, n_tokens // 4)
    buffer = like.new_empty((*like.shape[:-2], room, like.shape[-1]))
    if filled.numel():
        buffer[:, :, : filled.shape[-2]] = filled
    return buffer


class GrowingCache:
    """The keys and values of one sequence, in transformers' own kind of cache."""

    def __init__(self, states: Cache) -> None:
        """Take an empty cache whose layers can be cropped; see `of`."""
        self.states = states

    @classmethod
    def of(cls, config: Any) -> Self:
        """Return an empty cache for a transformers config.

        Layers that attend to a window keep all tokens, too: what has left the window comes back when tokens are
        dropped, and their mask keeps the rest out of sight.

        Raises:
            WeightsError: the model has layers with a state that no token can be taken out of, such as Mamba's.

        """
        cache = DynamicCache(config=config)
        plain = (DynamicLayer, DynamicSlidingWindowLayer)
        if other := next((layer for layer in cache.layers if not isinstance(layer, plain)), None):
            raise WeightsError(
                f"models with {type(other).__name__} are not supported: what they read cannot be taken back; "
                "use a model with attention layers alone"
            )
        cache.layers = [PreallocatedLayer() if type(layer) in plain else layer for layer in cache.layers]
        return cls(cache)

    @property
    def n_tokens(self) -> int:
        """Tokens that all layers have read."""
        return min((layer.get_seq_length() for layer in self.states.layers), default=0)

    @property
    def n_bytes(self) -> int:
        """Bytes of the keys and values of these tokens."""
        layers = (layer for layer in self.states.layers if layer.get_seq_length())
        return sum(layer.keys.nbytes + layer.values.nbytes for layer in layers)

    def crop(self, n_tokens: int) -> None:
        """Keep the first `n_tokens`, also where a pass that was broken off left some layers longer than others."""
        for layer in self.states.layers:
            layer.crop(min(0, n_tokens - layer.get_seq_length()))

    def fork(self) -> Self:
        """Return a sequence that begins with all tokens of this one, which is copied."""
        return copy.deepcopy(self)
