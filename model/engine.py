"""The in-process engine: a transformers causal language model that prefills in chunks and streams its answer."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from transformers import AutoModelForCausalLM, GenerationConfig
from transformers.cache_utils import Cache
from transformers.utils import logging as transformers_logging

from model import attention
from model.api import Completion, OnProgress, OnText, Progress, Sampling
from model.constraint import Constraint
from model.decoding import Decoding
from model.device import choose_device, matmul_flops
from model.errors import WeightsError
from model.kvcache import crop_to, new_cache
from model.linear import use_int8_for_decoding
from model.sampler import Sampler
from model.tokenizer import Tokenizer

PREFILL_CHUNK_TOKENS = 512
# Corrections take tokens back, so an answer may cost more decisions than it has tokens.
_MAX_CHOICES_PER_TOKEN = 2
_MATMUL_SHARE = 0.7  # of a plain matrix product's rate is what a prefill reaches; see LOG.md


@dataclass(slots=True)
class DenseMemory:
    """A prefix attended to in full: its keys and values in `cache`, `(1, kv_heads, n_tokens, head_dim)` a layer."""

    n_tokens: int
    cache: Cache
    prefill_s: float


class TransformersEngine:
    """Any causal language model that transformers loads, on CPU, CUDA or MPS. It sees token ids alone."""

    def __init__(self, network: Any, stop_ids: frozenset[int]) -> None:
        """Take a loaded network in evaluation mode; see `load` for the usual way."""
        self._network = network
        self._stop_ids = stop_ids
        self._device: torch.device = network.device
        self._dtype: torch.dtype = network.dtype

    @classmethod
    def load(cls, directory: Path, *, device: str = "auto", dtype: torch.dtype = torch.bfloat16) -> Self:
        """Load a model directory in the Hugging Face layout; nothing is looked up on the network.

        Raises:
            WeightsError: the directory does not hold a causal language model that transformers knows.
            DeviceError: the device is not there.

        """
        target = choose_device(device)
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        try:
            network, found = AutoModelForCausalLM.from_pretrained(
                directory, dtype=dtype, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
            if target.type == "cpu" and network.config._attn_implementation == "sdpa":  # noqa: SLF001
                network.set_attn_implementation(attention.register())
        except Exception as error:  # what a damaged file makes these libraries raise is not for us to list
            raise WeightsError(f"{directory} does not load as a causal language model: {error}") from error
        if missing := found["missing_keys"]:  # transformers fills them with random numbers
            raise WeightsError(f"{directory} lacks {len(missing)} of the model's tensors, such as {min(missing)}")
        network = network.to(target).eval()
        if target.type == "cpu":
            use_int8_for_decoding(network)
        return cls(network, _stop_ids(directory, network.config))

    def estimate_prefill_s(self, n_tokens: int) -> float:
        """Predict the seconds that `n_tokens` take to encode, from this device's matrix rate measured now."""
        config = self._network.config.get_text_config()
        embeddings = {self._network.get_input_embeddings().weight, self._network.get_output_embeddings().weight}
        weights = sum(p.numel() for p in self._network.parameters()) - sum(e.numel() for e in embeddings)
        attention = 2 * config.num_hidden_layers * config.hidden_size * n_tokens
        flops: float = 2 * (weights + attention) * n_tokens
        return flops / (_MATMUL_SHARE * matmul_flops(self._device, self._dtype))

    def prefill(self, ids: Sequence[int], on_progress: OnProgress) -> DenseMemory:
        """Encode a prompt's prefix, in full attention."""
        started = time.perf_counter()
        cache = new_cache(self._network.config)
        self._feed(ids, cache, on_progress)
        return DenseMemory(len(ids), cache, time.perf_counter() - started)

    def decode(
        self,
        memory: DenseMemory,
        tail: Sequence[int],
        sampling: Sampling,
        tokenizer: Tokenizer,
        constraint: Constraint | None,
        on_text: OnText,
    ) -> Completion:
        """Answer what `tail` asks behind a prefix; the memory is left as it was and can be asked again."""
        started = time.perf_counter()
        max_choices = _MAX_CHOICES_PER_TOKEN * sampling.max_new_tokens
        decoding = Decoding(tokenizer, Sampler(sampling), self._stop_ids, constraint, on_text)
        try:
            logits = self._feed(tail, memory.cache, _ignore)
            prefilled = time.perf_counter()
            while feed := decoding.step(logits):
                if decoding.n_tokens >= sampling.max_new_tokens or decoding.n_chosen_tokens >= max_choices:
                    break
                memory.cache.crop(-feed.n_dropped)
                logits = self._feed(feed.ids, memory.cache, _ignore)
        finally:
            crop_to(memory.cache, memory.n_tokens)
        return Completion(
            text=decoding.text(),
            finish_reason="stop" if decoding.done else "length",
            n_prompt_tokens=memory.n_tokens + len(tail),
            n_new_tokens=decoding.n_tokens,
            n_chosen_tokens=decoding.n_chosen_tokens,
            prefill_s=memory.prefill_s + prefilled - started,
            decode_s=time.perf_counter() - prefilled,
            mean_logprob=decoding.mean_logprob,
        )

    def _feed(self, ids: Sequence[int], cache: Cache, on_progress: OnProgress) -> torch.Tensor:
        """Feed ids in chunks; return the logits after the last, `(vocab,)`."""
        on_progress(Progress("prefill", 0, len(ids)))
        for start in range(0, len(ids), PREFILL_CHUNK_TOKENS):
            chunk = ids[start : start + PREFILL_CHUNK_TOKENS]
            logits = self._forward(chunk, cache)
            on_progress(Progress("prefill", start + len(chunk), len(ids)))
        return logits

    def _forward(self, ids: Sequence[int], cache: Cache) -> torch.Tensor:
        """Feed ids behind what the cache holds; return the logits after the last, `(vocab,)`."""
        with torch.inference_mode():
            out = self._network(
                input_ids=torch.tensor([ids], device=self._device),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
        logits: torch.Tensor = out.logits[0, -1]
        return logits


def _ignore(_progress: Progress) -> None:
    """Say nothing of a step that takes no time to speak of."""


def _stop_ids(directory: Path, config: Any) -> frozenset[int]:
    """Return every id that ends an answer, from the generation settings, else from the configuration."""
    try:
        ids = GenerationConfig.from_pretrained(directory, local_files_only=True).eos_token_id
    except OSError:
        ids = config.get_text_config().eos_token_id
    return frozenset([ids] if isinstance(ids, int) else ids or ())
