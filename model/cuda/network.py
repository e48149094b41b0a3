"""The network on a GPU: token ids in, logits out; a few tokens through a CUDA graph, many through large chunks."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional
from torch.nn.attention.bias import causal_lower_right

from model.cuda import operations
from model.cuda.graphs import Graphs
from model.cuda.operations import Fed, Heads, Operations, turns_at
from model.cuda.pool import PagePool
from model.cuda.step import DeviceSequence, Feed, Step
from model.cuda.weights import Weights
from model.device import choose_device, choose_dtype, matmul_flops
from model.native.network import NetworkConfig
from model.paging import PAGE_TOKENS

Attend = Callable[[torch.Tensor, Heads, torch.Tensor], torch.Tensor]  # queries, heads, a layer's states → attended

# Up to here each token attends on its own; beyond, a sequence's tokens attend together, through torch's own kernel.
_MAX_STEP_TOKENS = 64
_CAPABILITY = (8, 0)
_MATMUL_SHARE = 0.5  # of a plain matrix product's rate is what a prefill reaches; see LOG.md


def runs(config: NetworkConfig, device: torch.device) -> bool:
    """Tell whether our kernels run that network on that device.

    They need heads of a power of two, an NVIDIA GPU of the Ampere generation or later, Triton, which comes with torch
    for CUDA on Linux, and the C compiler that Triton calls.
    """
    is_nvidia = device.type == "cuda" and torch.version.cuda is not None
    if not is_nvidia or torch.cuda.get_device_capability(device) < _CAPABILITY or config.head_dim & config.head_dim - 1:
        return False
    try:
        from model.cuda import kernels  # noqa: PLC0415 - imports Triton

        kernels.gate(torch.ones(1, 2, device=device))
    except Exception:  # noqa: BLE001 - what a missing compiler makes Triton raise is not for us to list
        return False
    return True


class CudaNetwork:
    """A decoder of the Qwen2, Qwen3, Llama or Mistral family on a CUDA device, or plainly on any other."""

    batches: bool = True
    identity: str | None = None  # states are not persisted: to encode them again is as fast as to read them from a disk
    chunk_tokens: int = 4096
    draft_tokens: int = 16

    def __init__(self, config: NetworkConfig, weights: Weights) -> None:
        """Take weights; the type and the device of the numbers are theirs."""
        self.config = config
        self.weights = weights
        self.device, self.dtype = weights.head.device, weights.head.dtype
        self._pool = PagePool(config.n_layers, config.n_kv_heads, config.head_dim, self.dtype, self.device)
        exponents = torch.arange(0, config.head_dim, 2, device=self.device).float() / config.head_dim
        self._frequencies = 1 / config.rope_theta**exponents
        self._operations: Operations = operations
        self._graphs: Graphs | None = None
        if self.device.type == "cuda":
            from model.cuda import kernels  # noqa: PLC0415 - imports Triton, which other machines do not have

            self._operations = kernels
            self._graphs = Graphs(self._step, self.device)

    @classmethod
    def load(cls, directory: Path, config: NetworkConfig, device: str, dtype: str) -> Self:
        """Read the weights of a Hugging Face directory onto a device.

        Raises:
            WeightsError: the directory does not hold the weights of such a network.
            DeviceError: the device is not there, is full, or the type of number is not known.

        """
        target = choose_device(device)
        return cls(config, Weights.load(directory, config, target, choose_dtype(dtype, target)))

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes of keys and values that a token adds, and that each later token reads."""
        return self._pool.page_bytes // PAGE_TOKENS

    def new_cache(self) -> DeviceSequence:
        """Return an empty sequence."""
        return DeviceSequence(self._pool.take)

    def estimate_prefill_s(self, n_tokens: int, n_there: int = 0) -> float:
        """Predict the seconds that `n_tokens` take, `n_there` of which are encoded, by the matrix rate measured now."""
        width = self.config.n_layers * self.config.n_heads * self.config.head_dim
        flops = 2 * (self.weights.n_layer_weights + width * (n_tokens + n_there)) * (n_tokens - n_there)
        return flops / (_MATMUL_SHARE * matmul_flops(self.device, self.dtype))

    @torch.inference_mode()
    def feed(self, feeds: Sequence[Feed], n_rows: Sequence[int] | None = None) -> npt.NDArray[np.float32]:
        """Read tokens behind each sequence; return the logits after the last `n_rows` (one) of each, `(rows, vocab)`.

        Raises:
            DeviceError: the device has no memory left for the keys and values.

        """
        for sequence, ids in feeds:
            sequence.reserve(len(ids))
        counts = n_rows or [1] * len(feeds)
        ends = np.cumsum([len(ids) for _, ids in feeds])
        wanted = np.concatenate([np.arange(end - n, end) for end, n in zip(ends, counts, strict=True)])
        n_tokens = int(ends[-1])
        if n_tokens > _MAX_STEP_TOKENS:
            logits = self._read(feeds, n_tokens, wanted)
        elif self._graphs:
            logits = self._graphs.run(feeds, n_tokens, self._pool.states)[wanted]
        else:
            logits = self._step(_on(self.device, Step.of(feeds, n_tokens)))[wanted]
        for sequence, ids in feeds:
            sequence.advance(len(ids))
        rows: npt.NDArray[np.float32] = logits.float().cpu().numpy()
        return rows

    def _step(self, fed: Fed) -> torch.Tensor:
        """Return logits after each of a few tokens, `(width, vocab)`."""
        attend = partial(self._operations.attend, fed)
        return functional.linear(self._pass(fed.ids, fed.positions, fed.slots, attend), self.weights.head)

    def _read(self, feeds: Sequence[Feed], n_tokens: int, wanted: npt.NDArray[np.int64]) -> torch.Tensor:
        """Return logits after those tokens of many that are wanted, `(rows, vocab)`."""
        fed = _on(self.device, Step.of(feeds, n_tokens))
        pages = [torch.tensor([page.index for page in sequence.pages], device=self.device) for sequence, _ in feeds]

        def attend(queries: torch.Tensor, _heads: Heads, states: torch.Tensor) -> torch.Tensor:
            parts = torch.split(queries, [len(ids) for _, ids in feeds])
            lengths = [sequence.n_tokens + len(ids) for sequence, ids in feeds]
            return torch.cat([_attend(*each, states) for each in zip(parts, pages, lengths, strict=True)])

        hidden = self._pass(fed.ids, fed.positions, fed.slots, attend)
        return functional.linear(hidden[torch.from_numpy(wanted).to(self.device)], self.weights.head)

    def _pass(self, ids: torch.Tensor, positions: torch.Tensor, slots: torch.Tensor, attend: Attend) -> torch.Tensor:
        """Run all layers over tokens; return what the head reads, `(tokens, hidden)`."""
        eps, do = self.config.eps, self._operations
        hidden = functional.embedding(ids, self.weights.embedding)
        turns = turns_at(positions, self._frequencies)
        delta = None
        for layer, states in zip(self.weights.layers, self._pool.states, strict=True):
            read = do.add_norm(hidden, delta, layer.attention_norm, eps)
            queries = do.rotate(functional.linear(read, *layer.qkv), layer.heads, turns, slots, states)
            delta = functional.linear(attend(queries, layer.heads, states), *layer.out)
            read = do.add_norm(hidden, delta, layer.ffn_norm, eps)
            delta = functional.linear(do.gate(functional.linear(read, *layer.gate_up)), *layer.down)
        return do.add_norm(hidden, delta, self.weights.norm, eps)


def _attend(queries: torch.Tensor, pages: torch.Tensor, n_keys: int, states: torch.Tensor) -> torch.Tensor:
    """Let the last tokens of a sequence attend to all `n_keys` of it up to themselves, through torch's own kernel.

    `queries` are `(tokens, heads, head_dim)`, the result `(tokens, heads head_dim)`.
    """
    keys, values = states[:, :, pages].flatten(2, 3)[:, None, :, :n_keys]  # (1, kv_heads, keys, head_dim)
    mask = causal_lower_right(len(queries), n_keys)
    rows = queries.transpose(0, 1)[None]
    out: torch.Tensor = functional.scaled_dot_product_attention(rows, keys, values, attn_mask=mask, enable_gqa=True)
    return out[0].transpose(0, 1).flatten(1)


def _on(device: torch.device, step: Step) -> Fed:
    n_shared = torch.tensor([step.n_shared_tokens], dtype=torch.int32, device=device)
    return Fed(torch.from_numpy(step.tokens).to(device), torch.from_numpy(step.pages).to(device), n_shared)
