"""A decoder's weights on a device, from the Hugging Face layout; projections that read the same input are joined."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch

from model.cuda.operations import Heads
from model.errors import DeviceError, WeightsError
from model.native.network import NetworkConfig

Biased = tuple[torch.Tensor, torch.Tensor | None]  # (out, in) and (out,)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: `qkv` are queries, keys and values, one below the other; `gate_up` gate and up."""

    attention_norm: torch.Tensor
    qkv: Biased
    out: Biased
    ffn_norm: torch.Tensor
    gate_up: Biased
    down: Biased
    heads: Heads


@dataclass(frozen=True, slots=True)
class Weights:
    """All tensors of a decoder, of one type on one device; `embedding` and `head` are `(vocab, hidden)`."""

    embedding: torch.Tensor
    layers: tuple[Layer, ...]
    norm: torch.Tensor
    head: torch.Tensor

    @classmethod
    def load(cls, directory: Path, config: NetworkConfig, device: torch.device, dtype: torch.dtype) -> Self:
        """Read every safetensors file of a directory straight onto the device.

        Raises:
            WeightsError: there is none, one is damaged, or a tensor is missing or has another shape.
            DeviceError: the device has no memory left.

        """
        from safetensors import SafetensorError  # noqa: PLC0415 - with what is read by it
        from safetensors.torch import load_file  # noqa: PLC0415

        tensors: dict[str, torch.Tensor] = {}
        paths = sorted(directory.glob("*.safetensors"))
        if not paths:
            raise WeightsError(f"{directory} does not load: it holds no safetensors")
        try:
            for path in paths:
                read = load_file(path, device=str(device))
                tensors |= {name: tensor.to(dtype) for name, tensor in read.items()}
            return cls.of(tensors, config)
        except torch.OutOfMemoryError as error:
            raise DeviceError(
                f"{device} has no memory left for the weights: take a smaller model, or try --device cpu"
            ) from error
        except (OSError, SafetensorError, ValueError) as error:
            raise WeightsError(f"{directory} does not load as a causal language model: {error}") from error

    @classmethod
    def of(cls, tensors: dict[str, torch.Tensor], config: NetworkConfig) -> Self:
        """Take tensors by the names that transformers gives them; those that are joined leave the dictionary.

        Raises:
            WeightsError: one is missing, or has another shape.

        """
        source = _Source(tensors)
        embedding = source.take("model.embed_tokens.weight", config.vocab, config.hidden)
        head = embedding if config.tied else source.take("lm_head.weight", config.vocab, config.hidden)
        layers = tuple(_layer(source, f"model.layers.{index}", config) for index in range(config.n_layers))
        return cls(embedding, layers, source.take("model.norm.weight", config.hidden), head)

    @property
    def n_bytes_per_pass(self) -> int:
        """Bytes that a pass over few tokens reads: all layers and the output head."""
        return (self.n_layer_weights + self.head.numel()) * self.head.element_size()

    @property
    def n_layer_weights(self) -> int:
        """Count the weights of the layers' matrices: two operations each for a token."""
        matrices = [m for each in self.layers for m, _ in (each.qkv, each.out, each.gate_up, each.down)]
        return sum(matrix.numel() for matrix in matrices)


class _Source:
    """Tensors by name, checked as they are taken."""

    def __init__(self, tensors: dict[str, torch.Tensor]) -> None:
        self._tensors = tensors

    def has(self, name: str) -> bool:
        return name in self._tensors

    def take(self, name: str, *shape: int) -> torch.Tensor:
        found = self._tensors.pop(name, None)
        if found is None or found.shape != shape:
            raise WeightsError(
                f"{name} should be {shape} and is {tuple(found.shape) if found is not None else 'missing'}"
            )
        return found

    def joined(self, prefix: str, n_in: int, **n_out: int) -> Biased:
        """Put the rows of several projections below each other."""
        weights = [self.take(f"{prefix}.{name}.weight", n, n_in) for name, n in n_out.items()]
        # A projection without a bias beside others that have one does not occur.
        names = [name for name in n_out if self.has(f"{prefix}.{name}.bias")]
        biases = [self.take(f"{prefix}.{name}.bias", n_out[name]) for name in names]
        if biases and len(biases) < len(weights):
            raise WeightsError(f"of {prefix} only {', '.join(names)} has a bias")
        weight = torch.cat(weights) if len(weights) > 1 else weights[0]
        return weight, torch.cat(biases) if biases else None


def _layer(source: _Source, prefix: str, config: NetworkConfig) -> Layer:
    q_size, kv_size = config.n_heads * config.head_dim, config.n_kv_heads * config.head_dim
    attention, ffn = f"{prefix}.self_attn", f"{prefix}.mlp"
    norms = None
    if source.has(f"{attention}.q_norm.weight"):
        norms = (
            source.take(f"{attention}.q_norm.weight", config.head_dim),
            source.take(f"{attention}.k_norm.weight", config.head_dim),
        )
    return Layer(
        source.take(f"{prefix}.input_layernorm.weight", config.hidden),
        source.joined(attention, config.hidden, q_proj=q_size, k_proj=kv_size, v_proj=kv_size),
        source.joined(attention, q_size, o_proj=config.hidden),
        source.take(f"{prefix}.post_attention_layernorm.weight", config.hidden),
        source.joined(ffn, config.hidden, gate_proj=config.ffn, up_proj=config.ffn),
        source.joined(ffn, config.ffn, down_proj=config.hidden),
        Heads(config.n_heads, config.n_kv_heads, config.head_dim, config.eps, norms),
    )
