"""Our side: everything that the benchmark asks of the engine and of the command line goes through here."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from agent.loop import Job
from agent.options import JobOptions
from agent.outcome import Record
from agent.terminal import Terminal
from model.api import Progress, Sampling
from model.decoding import Constraint
from model.engine import DenseMemory, Engine
from model.loading import open_model
from model.sampler import Sampler
from model.store import ModelStore, resolve
from model.tokenizer import Tokenizer
from repo_index.git import Git

_WARM_UP_TOKENS = 32
_PASS_TOKENS = (1, 2, 4, 8, 16, 32)
_N_PASSES = 12


class FirstTokenError(BaseException):
    """Raised once the first token is chosen, to end a request there; nothing on the way may catch it."""


class Loaded:
    """A model loaded for measuring: ids in, seconds out. Answers do not end before their length."""

    def __init__(self, name: str) -> None:
        """Load the weights and run once, so that nothing is measured that happens only the first time."""
        started = time.perf_counter()
        directory = resolve(name, ModelStore(), _ignore)
        self._tokenizer = Tokenizer.from_directory(directory)
        self._engine = Engine.load(directory, device="cpu")  # no store of prefixes: nothing is read from disk
        self._engine.stop_ids = frozenset()
        self.load_s = time.perf_counter() - started
        ids = list(range(1_000, 1_000 + _WARM_UP_TOKENS))
        self.decode(self.prefill(ids)[0], ids[-1], Sampling(max_new_tokens=4))

    def about(self) -> dict[str, Any]:
        """Return what runs, on how many threads, and the bytes that it says it reads for one decoded token."""
        network = self._engine.network
        kernels = getattr(network, "_kernels", None)
        return {
            "load_s": self.load_s,
            "network": type(network).__name__,
            "kernels": getattr(kernels, "name", "torch"),
            "n_threads": getattr(kernels, "n_threads", None),
            "weight_bytes": getattr(network, "weight_bytes_per_token", None),
            "kv_bytes": getattr(network, "kv_bytes_per_token", None),
        }

    def prefill(self, ids: Sequence[int]) -> tuple[DenseMemory, float]:
        """Return the memory of ids and the seconds it took."""
        started = time.perf_counter()
        memory = self._engine.prefill(ids, _ignore)
        return memory, time.perf_counter() - started

    def decode(self, memory: DenseMemory, last: int, sampling: Sampling) -> float:
        """Decode behind a memory and the prompt's last id; return tokens a second of all attempts together."""
        started = time.perf_counter()
        answers = self._engine.decode(memory, [last], sampling, self._tokenizer, _free, _say_nothing)
        tail_s = answers[0].prefill_s - memory.prefill_s
        seconds = time.perf_counter() - started - tail_s
        if any(answer.n_new_tokens < sampling.max_new_tokens for answer in answers):
            raise RuntimeError("an answer ended before its length")
        # The first of the new tokens comes from the prompt's own pass, so there is one pass fewer than tokens.
        return sum(answer.n_new_tokens - 1 for answer in answers) / seconds

    def pass_ms(self, ids: Sequence[int]) -> dict[str, float]:
        """Return a pass's median milliseconds behind `ids`, by how many tokens it reads, with the logits of all."""
        network = self._engine.network
        cache = network.new_cache()
        network.feed([(cache, ids)])
        return {str(n): median(self._pass_ms(cache, ids[:n]) for _ in range(_N_PASSES)) for n in _PASS_TOKENS}

    def _pass_ms(self, cache: Any, ids: Sequence[int]) -> float:
        n_before = cache.n_tokens
        started = time.perf_counter()
        self._engine.network.feed([(cache, ids)], [len(ids)])
        seconds = time.perf_counter() - started
        cache.crop(n_before)
        return seconds * 1e3


def generate(request: dict[str, Any], ids: Sequence[int]) -> dict[str, Any]:
    """Prefill ids, then decode behind them several times."""
    loaded = Loaded(request["model"])
    memory, seconds = loaded.prefill(ids[:-1])
    sampling = Sampling(max_new_tokens=request["n_new"])
    decode = [loaded.decode(memory, ids[-1], sampling) for _ in range(request["repeats"])]
    return {"prefill": (len(ids) - 1) / seconds, "decode": decode} | loaded.about()


def attempts(request: dict[str, Any], ids: Sequence[int]) -> dict[str, Any]:
    """Decode one attempt and several behind the same memory: tokens a second of all together, and a pass's cost."""
    loaded = Loaded(request["model"])
    memory, _ = loaded.prefill(ids[:-1])
    one = Sampling(temperature=1.0, seed=request["seed"], max_new_tokens=request["n_new"])
    rates = {str(n): loaded.decode(memory, ids[-1], replace(one, n_attempts=n)) for n in (1, request["n_attempts"])}
    return rates | {"pass_ms": loaded.pass_ms(ids)}


class Requests:
    """Requests of the agent in this process, the model kept loaded, each ended at its first token."""

    def __init__(self, name: str, include: Sequence[str]) -> None:
        """Load tokenizer and weights; `include` are patterns as `magicode run --include` takes them."""
        os.environ["HF_HUB_OFFLINE"] = "1"
        self._model = open_model(name, device="cpu", on_progress=_ignore)
        self._model.engine  # noqa: B018 - loads the weights
        self._options = JobOptions(apply=False, include=tuple(include))
        on_first_token(_end)

    def first_token_s(self, repository: Path, task: str) -> float:
        """Return the seconds from a task to its first token: reading, encoding what changed, and the task itself."""
        ui = Terminal(Console(quiet=True))
        job = Job(Git.discover(repository), self._model, self._options, ui, Record())
        started = time.perf_counter()
        try:
            job.run(task)
        except FirstTokenError:
            return time.perf_counter() - started
        raise RuntimeError("the request ended without a token")


def on_first_token(hear: Callable[[], None]) -> None:
    """Call `hear` whenever a token is chosen, in whatever way the model was asked."""
    draw = Sampler.draw

    def heard(self: Sampler, *args: Any, **options: Any) -> Any:
        drawn = draw(self, *args, **options)
        hear()
        return drawn

    Sampler.draw = heard  # type: ignore[method-assign]


def run_command(arguments: Sequence[str]) -> float:
    """Run `magicode` in this process up to its first token; return the moment on the system's monotonic clock."""
    import magicode  # noqa: PLC0415 - here it is the thing measured

    on_first_token(_end)
    sys.argv = ["magicode", *arguments]
    try:
        magicode.main()
    except FirstTokenError:
        return _first[0]
    raise RuntimeError("the command ended without a token")


_first: list[float] = []


def _end() -> None:
    _first[:] = [time.monotonic()]
    raise FirstTokenError


def _free() -> Constraint | None:
    """Answers are free text."""
    return None


def _ignore(_progress: Progress) -> None:
    """Progress goes nowhere."""


def _say_nothing(_text: str) -> None:
    """Answers go nowhere."""
