"""The peer: llama.cpp as `xllamacpp` ships it, on the same GGUF file. Imports no torch, so its memory is its own."""

import http.client
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import xllamacpp

# A state is worth its disk where prefill takes minutes: 12 KiB (0.5B) or 28 KiB (1.5B) a token.
_MIN_SAVED_TOKENS = 8_192
_SPARE_TOKENS = 64


def describe() -> dict[str, str]:
    """Return its version and what it was built for."""
    return {"version": xllamacpp.__version__, "built_for": " ".join(xllamacpp.get_system_info().split())}


class Peer:
    """One model in llama.cpp's own server, one slot, memory-mapped, no GPU, no cache of prompts in RAM."""

    def __init__(self, gguf: Path, *, n_tokens: int, n_threads: int, states: Path) -> None:
        """Load `gguf` with room for `n_tokens`; `states` is where states are saved and looked for."""
        params = xllamacpp.CommonParams()
        params.model.path = str(gguf)
        params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_MMAP
        params.n_ctx = n_tokens + _SPARE_TOKENS
        params.n_parallel = 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = n_threads
        params.n_gpu_layers = 0
        params.cache_ram_mib = 0
        params.n_ctx_checkpoints = 0
        params.slot_save_path = f"{states}/"
        params.port = 0  # any that is free: states are saved over HTTP, completions do not need it
        params.verbosity = 0
        self._server = xllamacpp.Server(params)

    def complete(self, ids: Sequence[int], n_new: int, *, reuse: bool) -> dict[str, float]:
        """Feed ids and decode `n_new` tokens, greedily and past any end; return the server's own timings.

        `reuse` keeps what the slot has already read of the same ids.
        """
        answer = self._server.handle_completions(
            {
                "prompt": list(ids),
                "max_tokens": n_new,
                "temperature": 0.0,
                "ignore_eos": True,
                "cache_prompt": reuse,
            }
        )
        if "timings" not in answer:
            raise RuntimeError(f"llama.cpp answers {answer}")
        timings: dict[str, float] = answer["timings"]
        return timings

    def slot(self, action: str, name: str) -> dict[str, Any]:
        """Save the slot to a file, or restore it from one."""
        address = urlsplit(self._server.listening_address)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=600)
        body = json.dumps({"filename": name})
        connection.request("POST", f"/slots/0?action={action}", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        if response.status != http.client.OK:
            raise RuntimeError(f"llama.cpp cannot {action} {name}: {answer}")
        return answer


def generate(request: dict[str, Any], ids: Sequence[int]) -> dict[str, Any]:
    """Prefill ids (or restore what an earlier run saved of them), then decode behind them several times."""
    states = Path(request["states"])
    name = request["state_name"]
    started = time.perf_counter()
    peer = Peer(
        Path(request["gguf"]),
        n_tokens=len(ids) + request["n_new"],
        n_threads=request["n_threads"],
        states=states,
    )
    load_s = time.perf_counter() - started
    prefill: float | None = None
    if not request["fresh"] and (states / name).exists():
        peer.slot("restore", name)
    else:
        prefill = peer.complete(ids, 1, reuse=False)["prompt_per_second"]
        if len(ids) >= _MIN_SAVED_TOKENS:
            peer.slot("save", name)
    runs = [peer.complete(ids, request["n_new"], reuse=True) for _ in range(request["repeats"])]
    if any(run["prompt_n"] > 1 for run in runs):
        raise RuntimeError("llama.cpp read the prompt again")
    # The first of the new tokens comes from the prompt's own pass, so there is one pass fewer than tokens.
    decode = [1e3 * (run["predicted_n"] - 1) / run["predicted_ms"] for run in runs]
    return {"load_s": load_s, "prefill": prefill, "decode": decode, "n_threads": request["n_threads"]} | describe()
