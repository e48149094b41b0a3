"""The network on a CPU: token ids in, logits out, through the compiled kernels."""

import hashlib
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from model.errors import WeightsError
from model.native.cache import PagedCache
from model.native.kernels import Kernels
from model.native.library import Layer, Shape
from model.native.library import Sequence as FedSequence
from model.native.weights import PACKED, Matrix, PackedWeights
from model.paging import PAGE_TOKENS

# Up to here one call runs all layers; longer passes return to Python after each, so that Ctrl-C is heard.
_TOKENS_PER_CALL = 64
_SAMPLE_TOKENS = 64
_ATTENTION_COST = 1.6  # a product of attention against an int8 one of a matrix; see LOG.md
_MOST_COLUMNS = 512  # of a head; `kMostColumns` in the kernels
_FAMILIES = ("qwen2", "qwen3", "llama", "mistral")


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What a `config.json` says of a decoder whose layers the kernels know."""

    n_layers: int
    hidden: int
    ffn: int
    n_heads: int
    n_kv_heads: int
    head_dim: int
    vocab: int
    eps: float
    rope_theta: float
    tied: bool

    @classmethod
    def read(cls, directory: Path) -> Self | None:
        """Return the sizes; None where the network is one that the kernels do not run."""
        try:
            return cls.of(json.loads((directory / "config.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self | None:
        """Return the sizes that a configuration states; None where the network is one that the kernels do not run.

        Raises:
            KeyError: a size is missing.

        """
        if not _is_known(config):
            return None
        n_heads, hidden = config["num_attention_heads"], config["hidden_size"]
        rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
        found = cls(
            n_layers=config["num_hidden_layers"],
            hidden=hidden,
            ffn=config["intermediate_size"],
            n_heads=n_heads,
            n_kv_heads=config.get("num_key_value_heads") or n_heads,
            head_dim=config.get("head_dim") or hidden // n_heads,
            vocab=config["vocab_size"],
            eps=config["rms_norm_eps"],
            rope_theta=float(config.get("rope_theta") or rope.get("rope_theta") or 10_000.0),
            tied=bool(config.get("tie_word_embeddings", False)),
        )
        widths = (found.hidden, found.ffn, found.n_heads * found.head_dim)
        fits = not any(width % 32 for width in widths) and found.head_dim % 16 == 0 and found.head_dim <= _MOST_COLUMNS
        return found if fits and found.n_heads % found.n_kv_heads == 0 else None


class NativeNetwork:
    """A decoder of the Qwen2, Qwen3, Llama or Mistral family on a CPU.

    A token's result does not depend on what is fed beside it, bit for bit: neither on the cut into passes, nor on other
    sequences, nor on the number of threads.
    """

    batches: bool = True
    chunk_tokens: int = 512
    draft_tokens: int = 8

    def __init__(
        self, config: NetworkConfig, weights: PackedWeights, kernels: Kernels, identity: str | None = None
    ) -> None:
        """Lay out the weights for the kernels; `identity` names them, for what is persisted of their states.

        Raises:
            WeightsError: a tensor is missing, or has another shape.

        """
        self.config = config
        self.identity: str | None = identity and f"{identity} {kernels.name} i16"
        self._weights = weights
        self._kernels = kernels
        self._shape = Shape(
            config.hidden, config.ffn, config.n_heads, config.n_kv_heads, config.head_dim, config.eps,
            config.head_dim**-0.5,
        )  # fmt: skip
        self._layers = (Layer * config.n_layers)(*(self._layer(i) for i in range(config.n_layers)))
        embedding = self._matrix("model.embed_tokens.weight", config.vocab, config.hidden)
        head = embedding if config.tied else self._matrix("lm_head.weight", config.vocab, config.hidden)
        self._embedding, self._head = embedding.weights(), head.weights()
        self._head_bytes = head.data.nbytes
        self._norm = self._vector("model.norm.weight", config.hidden)
        self._rate = self._measure_rate()

    @classmethod
    def load(cls, directory: Path, config: NetworkConfig, kernels: Kernels) -> Self:
        """Map packed weights, or pack those of a Hugging Face directory in memory.

        Raises:
            WeightsError: the directory does not hold the weights of such a network.

        """
        packed = directory / PACKED
        found = PackedWeights.from_file(packed) if packed.exists() else PackedWeights.from_safetensors(directory)
        return cls(config, found, kernels, _identity(directory))

    def estimate_prefill_s(self, n_tokens: int, n_there: int = 0) -> float:
        """Predict the seconds that `n_tokens` take to encode, by the rate of one matrix when the network was loaded.

        `n_there` of them are encoded already: they are attended to by the others.
        """
        width = self.config.n_layers * self.config.n_heads * self.config.head_dim
        attention = width * (n_tokens + n_there)  # mean over positions
        return (self.n_weights + _ATTENTION_COST * attention) * (n_tokens - n_there) / self._rate

    def _measure_rate(self) -> float:
        """Return multiply-adds a second; while other work of ours uses the cores it would be a fraction of them."""
        x = np.ones((_SAMPLE_TOKENS, self.config.hidden), dtype=np.float32)
        out = np.empty((_SAMPLE_TOKENS, self.config.ffn), dtype=np.float32)
        best = math.inf
        for _ in range(3):
            started = time.perf_counter()
            self._kernels.linear(self._layers[0].gate, x, out)
            best = min(best, time.perf_counter() - started)
        return _SAMPLE_TOKENS * self.config.hidden * self.config.ffn / best

    @property
    def page_bytes(self) -> int:
        """Bytes of keys and values of 64 tokens in all layers: whole numbers of 16 bits, and a scale for each head."""
        config = self.config
        return config.n_layers * 2 * config.n_kv_heads * (config.head_dim * 2 + 4) * PAGE_TOKENS

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes of keys and values that a token adds, and that each later token reads."""
        return self.page_bytes // PAGE_TOKENS

    @cached_property
    def weight_bytes_per_token(self) -> int:
        """Bytes of weights that one decoded token reads: all layers and the output head."""
        layers = sum(m.data.nbytes for name, m in self._weights.matrices.items() if name.startswith("model.layers."))
        return layers + self._head_bytes

    @cached_property
    def n_weights(self) -> int:
        """Weights of the layers: two operations each for a token."""
        layers = (m for name, m in self._weights.matrices.items() if name.startswith("model.layers."))
        return sum(m.n_rows * m.n_columns for m in layers)

    def new_cache(self) -> PagedCache:
        """Return an empty sequence."""
        return PagedCache(self.page_bytes)

    def feed(
        self, feeds: Sequence[tuple[PagedCache, Sequence[int]]], n_rows: Sequence[int] | None = None
    ) -> npt.NDArray[np.float32]:
        """Read tokens behind each sequence; return the logits after the last `n_rows` (one) of each, `(rows, vocab)`.

        The rows are float32, in the order of the tokens.
        """
        ids = np.fromiter((id_ for _, new in feeds for id_ in new), dtype=np.int32)
        hidden = np.empty((len(ids), self.config.hidden), dtype=np.float32)
        self._kernels.rows(self._embedding, ids, hidden)
        fed = (FedSequence * len(feeds))()
        positions, first = [], 0
        for slot, (cache, new) in zip(fed, feeds, strict=True):
            cache.reserve(len(new))
            slot.pages, slot.first, slot.n_tokens, slot.n_past = cache.addresses(), first, len(new), cache.n_tokens
            positions.append(np.arange(cache.n_tokens, cache.n_tokens + len(new)))
            first += len(new)
        rotary = self._rotary(np.concatenate(positions))
        for start, end in self._calls(len(ids)):
            self._kernels.layers(self._shape, self._layers, start, end, hidden, fed, rotary)
        for cache, new in feeds:
            cache.advance(len(new))
        counts = n_rows or [1] * len(feeds)
        ends = np.cumsum([len(new) for _, new in feeds])
        hidden = hidden[np.concatenate([np.arange(end - n, end) for end, n in zip(ends, counts, strict=True)])]
        out = np.empty((len(hidden), self._head.rows), dtype=np.float32)
        self._kernels.linear(self._head, hidden, out, norm=self._norm, eps=self.config.eps)
        return out[:, : self.config.vocab]

    def move(self, source: PagedCache, first: int, n_tokens: int, into: PagedCache) -> None:
        """Copy what `source` holds of `n_tokens` tokens from `first` on behind `into`, turned to where they stand.

        They keep what they were encoded behind: it is what `feed` would make of them as far as that is the same.
        """
        into.reserve(n_tokens)
        rotary = self._rotary(np.array([into.n_tokens - first]))
        fed = FedSequence(into.addresses(), 0, n_tokens, into.n_tokens, 0)
        held = FedSequence(source.addresses(), 0, 0, source.n_tokens, 0)
        self._kernels.move(self._shape, self.config.n_layers, held, first, fed, rotary)
        into.advance(n_tokens)

    def _calls(self, n_tokens: int) -> Iterator[tuple[int, int]]:
        step = self.config.n_layers if n_tokens <= _TOKENS_PER_CALL else 1
        for start in range(0, self.config.n_layers, step):
            yield start, min(start + step, self.config.n_layers)

    def _rotary(self, positions: Any) -> Any:
        """Return cosines, then sines, of each position: `(tokens, head_dim)`, computed as transformers does."""
        exponents = np.arange(0, self.config.head_dim, 2, dtype=np.float32) / np.float32(self.config.head_dim)
        frequencies = np.float32(1) / np.float32(self.config.rope_theta) ** exponents
        angles = positions.astype(np.float32)[:, None] * frequencies
        return np.concatenate((np.cos(angles), np.sin(angles)), axis=1)

    def _layer(self, index: int) -> Layer:
        config, prefix = self.config, f"model.layers.{index}"
        q_size, kv_size = config.n_heads * config.head_dim, config.n_kv_heads * config.head_dim

        def linear(name: str, n_rows: int, n_columns: int) -> Any:
            bias = self._weights.vectors.get(f"{prefix}.{name}.bias")
            return self._matrix(f"{prefix}.{name}.weight", n_rows, n_columns).weights(bias)

        def norm(name: str, size: int) -> int | None:
            full = f"{prefix}.{name}.weight"
            return self._vector(full, size).ctypes.data if full in self._weights.vectors else None

        attention_norm, ffn_norm = (
            norm("input_layernorm", config.hidden),
            norm("post_attention_layernorm", config.hidden),
        )
        if attention_norm is None or ffn_norm is None:
            raise WeightsError(f"{prefix} has no norms")
        return Layer(
            attention_norm,
            ffn_norm,
            norm("self_attn.q_norm", config.head_dim),
            norm("self_attn.k_norm", config.head_dim),
            linear("self_attn.q_proj", q_size, config.hidden),
            linear("self_attn.k_proj", kv_size, config.hidden),
            linear("self_attn.v_proj", kv_size, config.hidden),
            linear("self_attn.o_proj", config.hidden, q_size),
            linear("mlp.gate_proj", config.ffn, config.hidden),
            linear("mlp.up_proj", config.ffn, config.hidden),
            linear("mlp.down_proj", config.hidden, config.ffn),
        )

    def _matrix(self, name: str, n_rows: int, n_columns: int) -> Matrix:
        found = self._weights.matrices.get(name)
        if found is None or (found.n_rows, found.n_columns) != (n_rows, n_columns):
            shape = None if found is None else (found.n_rows, found.n_columns)
            raise WeightsError(f"{name} should be {(n_rows, n_columns)} and is {shape or 'missing'}")
        return found

    def _vector(self, name: str, size: int) -> Any:
        found = self._weights.vectors.get(name)
        if found is None or found.shape != (size,):
            raise WeightsError(f"{name} should be a vector of {size}")
        return found


def _identity(directory: Path) -> str:
    """Name the weights by their files: a path, and size and time of each, change when they do."""
    files = sorted(directory.glob("*.safetensors"))
    names = [f"{path.resolve()} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _is_known(config: Mapping[str, Any]) -> bool:
    """Tell whether layers, activation and positions are those of the kernels."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    plain_rope = rope.get("rope_type", rope.get("type", "default")) == "default"
    window = config.get("sliding_window")
    windowed = (
        window is not None and config.get("use_sliding_window", True) and window < config["max_position_embeddings"]
    )
    return (
        config.get("model_type") in _FAMILIES
        and config.get("hidden_act") == "silu"
        and plain_rope
        and not windowed
        and not config.get("quantization_config")
    )
