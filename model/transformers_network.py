"""Any causal language model that transformers loads, on CPU, CUDA or MPS: token ids in, logits out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForCausalLM
from transformers.utils import logging as transformers_logging

from model import attention
from model.device import choose_device, choose_dtype, matmul_flops
from model.errors import DeviceError, WeightsError
from model.kvcache import GrowingCache
from model.linear import use_int8_for_decoding

_MATMUL_SHARE = 0.7  # of a plain matrix product's rate is what a prefill reaches; see LOG.md


class TransformersNetwork:
    """The plain way: transformers' own layers. Sequences are fed one at a time."""

    batches: bool = False
    identity: str | None = None  # its states are not persisted
    chunk_tokens: int = 512
    draft_tokens: int = 16

    def __init__(self, network: Any) -> None:
        """Take a loaded network in evaluation mode; see `load` for the usual way."""
        self.network = network
        self.device: torch.device = network.device

    @classmethod
    def load(cls, directory: Path, device: str, dtype: str) -> Self:
        """Load a model directory in the Hugging Face layout; nothing is looked up on the network.

        Raises:
            WeightsError: the directory does not hold a causal language model that transformers knows.
            DeviceError: the device is not there, or the type of number is not known.

        """
        target = choose_device(device)
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        try:
            network, found = AutoModelForCausalLM.from_pretrained(
                directory,
                dtype=choose_dtype(dtype, target),
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
            )
            if target.type == "cpu" and network.config._attn_implementation == "sdpa":  # noqa: SLF001
                network.set_attn_implementation(attention.register())
        except DeviceError:
            raise
        except Exception as error:  # what a damaged file makes these libraries raise is not for us to list
            raise WeightsError(f"{directory} does not load as a causal language model: {error}") from error
        if missing := found["missing_keys"]:  # transformers fills them with random numbers
            raise WeightsError(f"{directory} lacks {len(missing)} of the model's tensors, such as {min(missing)}")
        network = network.to(target).eval()
        if target.type == "cpu":
            use_int8_for_decoding(network)
        return cls(network)

    def new_cache(self) -> GrowingCache:
        """Return an empty sequence.

        Raises:
            WeightsError: the network keeps a state that no token can be taken out of, such as Mamba's.

        """
        return GrowingCache.of(self.network.config)

    def feed(
        self, feeds: Sequence[tuple[GrowingCache, Sequence[int]]], n_rows: Sequence[int] | None = None
    ) -> npt.NDArray[np.float32]:
        """Read tokens behind each sequence; return logits after the last `n_rows` (one) of each, `(rows, vocab)`."""
        counts = n_rows or [1] * len(feeds)
        rows = [self._forward(cache, ids, n) for (cache, ids), n in zip(feeds, counts, strict=True)]
        logits: npt.NDArray[np.float32] = torch.cat(rows).float().cpu().numpy()
        return logits

    def estimate_prefill_s(self, n_tokens: int, n_there: int = 0) -> float:
        """Predict the seconds that `n_tokens` take, `n_there` of which are encoded, by the matrix rate measured now."""
        config = self.network.config.get_text_config()
        embeddings = {self.network.get_input_embeddings().weight, self.network.get_output_embeddings().weight}
        weights = sum(p.numel() for p in self.network.parameters()) - sum(e.numel() for e in embeddings)
        attention_ops = 2 * config.num_hidden_layers * config.hidden_size * (n_tokens + n_there)
        flops: float = 2 * (weights + attention_ops) * (n_tokens - n_there)
        return flops / (_MATMUL_SHARE * matmul_flops(self.device, self.network.dtype))

    def _forward(self, cache: GrowingCache, ids: Sequence[int], n_rows: int) -> torch.Tensor:
        with torch.inference_mode():
            out = self.network(
                input_ids=torch.tensor([ids], device=self.device),
                past_key_values=cache.states,
                use_cache=True,
                logits_to_keep=n_rows,
            )
        logits: torch.Tensor = out.logits[0]  # (n_rows, vocab)
        return logits
