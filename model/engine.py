"""The in-process engine: prefills in chunks, keeps what it encoded, and streams answers, several at once if asked."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from model.api import Completion, OnProgress, OnText, Progress, Sampling
from model.attempt import Attempt
from model.decoding import Constraint, Decoding
from model.errors import WeightsError
from model.lookup import PromptLookup
from model.memory.repository import NewView, no_view
from model.native.kernels import Kernels
from model.native.network import NativeNetwork, NetworkConfig
from model.platform import runs_on_cpu
from model.prefixes import PrefixStore
from model.relay import Relay
from model.reuse import persist
from model.sampler import Logits, Sampler
from model.splicing import prepare
from model.tokenizer import Tokenizer

NewConstraint = Callable[[], Constraint | None]


class Cache(Protocol):
    """The keys and values of one sequence."""

    @property
    def n_tokens(self) -> int:
        """Tokens read so far."""
        ...

    @property
    def n_bytes(self) -> int:
        """Bytes held for them."""
        ...

    def crop(self, n_tokens: int, /) -> None:
        """Keep the first `n_tokens`."""
        ...

    def fork(self) -> Self:
        """Return a sequence that begins with all tokens of this one."""
        ...


class Network(Protocol):
    """Token ids in, logits out."""

    batches: bool  # whether several sequences are fed at less than the cost of each alone
    identity: str | None  # names weights and layout of the states; None where these are not persisted
    chunk_tokens: int  # of a prompt are read in one pass
    draft_tokens: int  # in one pass, of all attempts together: to read more ahead costs more than it saves

    def new_cache(self) -> Any:
        """Return an empty sequence."""
        ...

    def feed(
        self, feeds: Sequence[tuple[Any, Sequence[int]]], n_rows: Sequence[int] | None = None, /
    ) -> npt.NDArray[np.float32]:
        """Read tokens behind each sequence; return the logits after the last `n_rows` (one) of each, `(rows, vocab)`.

        The rows are in the order of the tokens.
        """
        ...

    def estimate_prefill_s(self, n_tokens: int, n_there: int = 0, /) -> float:
        """Predict the seconds that `n_tokens` take to encode, of which `n_there` are encoded already."""
        ...


@dataclass(slots=True)
class DenseMemory:
    """A prefix attended to in full. `n_reused` of its tokens were encoded by an earlier request."""

    n_tokens: int
    n_reused: int
    cache: Cache
    prefill_s: float
    ids: Sequence[int] = ()  # where drafts are looked up


class Engine:
    """A network and what it remembers. It sees token ids alone."""

    def __init__(
        self,
        network: Network,
        stop_ids: frozenset[int],
        prefixes: PrefixStore | None = None,
        relay: Relay | None = None,
    ) -> None:
        """Take a loaded network; the states of prefixes are kept in `prefixes`, if the network has pages.

        Threads that hold the `relay`'s turn share the passes of a network that reads any sequences together.
        """
        self._relay = relay or Relay()
        self.network = network
        self.stop_ids = stop_ids
        self._prefixes = prefixes

    @classmethod
    def load(
        cls,
        directory: Path,
        *,
        device: str = "auto",
        dtype: str = "auto",
        prefixes: PrefixStore | None = None,
        relay: Relay | None = None,
    ) -> Self:
        """Load a model directory: packed weights, or the Hugging Face layout.

        Our own kernels run what they can, on a CPU if `dtype` is "auto": another asks for transformers and that type.

        Raises:
            WeightsError: the directory does not hold a causal language model that can be run.
            DeviceError: the device is not there, or the type is not known.

        """
        network: Network | None = None
        if not runs_on_cpu(device):
            network = _on_gpu(directory, device, dtype)
        elif dtype == "auto":
            network = _native(directory)
        if network is None:
            from model.transformers_network import TransformersNetwork  # noqa: PLC0415 - with torch: 4 s to import

            network = TransformersNetwork.load(directory, device, dtype)
        return cls(network, _stop_ids(directory), prefixes, relay)

    def prefill(self, ids: Sequence[int], on_progress: OnProgress, *, exact: bool = False) -> DenseMemory:
        """Encode a prompt's prefix, in full attention; what an earlier request encoded is read from disk.

        What stood behind another text there is taken over, too, unless it shall be `exact`: see `model.splicing`. What
        was encoded is kept, also when this is broken off.
        """
        started = time.perf_counter()
        on_progress(Progress("prefill", 0, len(ids)))
        store, identity = self._prefixes, self.network.identity
        if not (store and identity):
            cache = self.network.new_cache()
            on_progress(self._estimate(len(ids), 0, 0))
            self._read(ids, cache, on_progress)
            return DenseMemory(len(ids), 0, cache, time.perf_counter() - started, ids)
        splices = not exact and isinstance(self.network, NativeNetwork)
        prepared = prepare(store, identity, self.network, ids, splices=splices)
        cache, n_reused = prepared.cache, prepared.cache.n_tokens
        n_there = n_reused + sum(part.n_tokens for part in prepared.parts)
        on_progress(self._estimate(len(ids), n_there, cache.n_tokens))
        try:
            for part in prepared.parts:
                self._read(ids, cache, on_progress, end=part.new)
                prepared.take(part)
                n_reused += part.n_tokens
            self._read(ids, cache, on_progress)
        finally:
            persist(store, identity, prepared.trail, cache)
        return DenseMemory(len(ids), n_reused, cache, time.perf_counter() - started, ids)

    def decode(
        self,
        memory: DenseMemory,
        tail: Sequence[int],
        sampling: Sampling,
        tokenizer: Tokenizer,
        new_constraint: NewConstraint,
        on_text: OnText,
        new_view: NewView = no_view,
    ) -> list[Completion]:
        """Answer what `tail` asks behind a prefix, `sampling.n_attempts` times.

        The attempts share the prefix and are decoded together where the network gains by it. `on_text` hears the first.
        The memory is left as it was and can be asked again.
        """
        started = time.perf_counter()
        cache = memory.cache.fork() if self.network.batches else memory.cache
        try:
            logits = self._read(tail, cache, _ignore, n_read=memory.n_tokens)
            prefill_s = memory.prefill_s + time.perf_counter() - started
            lookup = PromptLookup([*memory.ids, *tail]) if sampling.drafts else None
            attempts = []
            for i, each in enumerate(sampling.each()):
                heard = on_text if i == 0 else _unheard
                decoding = Decoding(
                    tokenizer, Sampler(each), self.stop_ids, new_constraint(), heard, lookup, new_view()
                )
                attempts.append(Attempt(decoding, cache.fork() if self.network.batches else cache, [logits]))
            for group in [attempts] if self.network.batches else [[attempt] for attempt in attempts]:
                self._write(group, sampling.max_new_tokens)
                cache.crop(memory.n_tokens + len(tail))
        finally:
            cache.crop(memory.n_tokens)
        return [
            Completion(
                text=attempt.decoding.text(),
                finish_reason="stop" if attempt.decoding.done else "length",
                n_prompt_tokens=memory.n_tokens + len(tail),
                n_reused_tokens=memory.n_reused,
                n_new_tokens=attempt.decoding.n_tokens,
                n_chosen_tokens=attempt.decoding.n_chosen_tokens,
                n_passes=attempt.n_passes,
                n_rewinds=attempt.decoding.n_rewinds,
                prefill_s=prefill_s,
                decode_s=attempt.decode_s,
                mean_logprob=attempt.decoding.mean_logprob,
            )
            for attempt in attempts
        ]

    def _estimate(self, n_tokens: int, n_there: int, n_done: int) -> Progress:
        """Say how long a prompt takes of which so many tokens are there, `n_done` of them in their place."""
        seconds = self.network.estimate_prefill_s(n_tokens, n_there)
        return Progress("prefill", n_done, n_tokens, f"about {seconds:.0f} s")

    def _write(self, attempts: Sequence[Attempt], max_new_tokens: int) -> None:
        """Decode attempts side by side until each is done."""
        started = time.perf_counter()
        going = list(attempts)
        while going:
            max_draft = self.network.draft_tokens // (len(going) * self._relay.n_beside)
            wanted = []
            for attempt in going:
                if feed := attempt.next_feed(max_new_tokens, max_draft):
                    wanted.append((attempt, *feed))
                attempt.decode_s = time.perf_counter() - started
            going = [attempt for attempt, _, _ in wanted]
            if wanted:
                counts = [n_rows for _, _, n_rows in wanted]
                logits = self._feed([(attempt.cache, ids) for attempt, ids, _ in wanted], counts)
                for attempt, rows in zip(going, np.split(logits, np.cumsum(counts)[:-1]), strict=True):
                    attempt.rows = list(rows)

    def _feed(self, feeds: Sequence[tuple[Any, Sequence[int]]], counts: Sequence[int]) -> npt.NDArray[np.float32]:
        """Read tokens, together with what other threads want read where sequences of all kinds go together."""
        if isinstance(self.network, NativeNetwork):
            return self._relay.feed(self.network.feed, feeds, counts)
        return self.network.feed(feeds, counts)

    def _read(
        self, ids: Sequence[int], cache: Cache, on_progress: OnProgress, n_read: int = 0, end: int | None = None
    ) -> Logits:
        """Read what the cache lacks of `ids`, which begin at token `n_read`, up to `end` of them.

        Returns the last logits, `(vocab,)`; `(0,)` if nothing was lacking.
        """
        logits: Logits = np.empty(0, dtype=np.float32)
        on_progress(Progress("prefill", cache.n_tokens - n_read, len(ids)))
        while (start := cache.n_tokens - n_read) < (len(ids) if end is None else end):
            chunk = ids[start : min(start + self.network.chunk_tokens, len(ids) if end is None else end)]
            logits = self._feed([(cache, chunk)], [1])[0]
            on_progress(Progress("prefill", start + len(chunk), len(ids)))
        return logits


def _native(directory: Path) -> NativeNetwork | None:
    """Load the network onto our own kernels; None where they do not know it, or were not compiled."""
    config = NetworkConfig.read(directory)
    kernels = Kernels.best() if config else None
    return NativeNetwork.load(directory, config, kernels) if config and kernels else None


def _on_gpu(directory: Path, device: str, dtype: str) -> Network | None:
    """Load the network onto a GPU for our own kernels; None where they do not know it, or the GPU."""
    from model.cuda.network import CudaNetwork, runs  # noqa: PLC0415 - with torch
    from model.device import choose_device  # noqa: PLC0415

    config = NetworkConfig.read(directory)
    return (
        CudaNetwork.load(directory, config, device, dtype) if config and runs(config, choose_device(device)) else None
    )


def _ignore(_progress: Progress) -> None:
    """Say nothing of a step that takes no time to speak of."""


def _unheard(_text: str) -> None:
    """Say nothing of an attempt that is written beside another."""


def _stop_ids(directory: Path) -> frozenset[int]:
    """Return every id that ends an answer, from the generation settings, else from the configuration."""
    ids = None
    for name in ("generation_config.json", "config.json"):
        try:
            config = json.loads((directory / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise WeightsError(f"{directory / name} cannot be read: {error}") from error
        ids = config.get("text_config", config).get("eos_token_id") if ids is None else ids
    return frozenset([ids] if isinstance(ids, int) else ids or ())
