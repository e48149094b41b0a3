"""Speed on a CUDA device: `python -m tests.benchmarks.bench_cuda`, or `make bench-cuda`.

Random weights in the configurations of the default models, so that nothing has to be fetched: our kernels beside
transformers' own layers, both in bfloat16, and the share of what the memory allows that a decoded token reaches. Ends
with one JSON object.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from transformers import Qwen2Config, Qwen2ForCausalLM

from model.cuda.network import CudaNetwork
from model.cuda.weights import Weights
from model.native.network import NetworkConfig
from model.transformers_network import TransformersNetwork

_SHARED: dict[str, Any] = {
    "vocab_size": 151_936, "num_key_value_heads": 2, "max_position_embeddings": 32_768, "rms_norm_eps": 1e-6,
    "rope_theta": 1e6, "tie_word_embeddings": True,
}  # fmt: skip
_MODELS: dict[str, dict[str, Any]] = {
    "1.5b": {"hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12},
    "0.5b": {"hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14},
}
_CONTEXTS = (512, 8_192, 32_000)  # and what is decoded behind it fills the window
_PROMPTS = (2_048, 16_384)
_ATTEMPTS = (1, 8)
_N_STEPS = {"ours": 48, "plain": 12}
_GIGA = 1e9

Row = dict[str, Any]


def main() -> int:
    """Measure, and return the exit code."""
    options = _options()
    console = Console()
    if not torch.cuda.is_available():
        console.print("No CUDA device here: nothing to measure.")
        return 0
    device = torch.device("cuda")
    bandwidth = _bandwidth(device)
    machine = {
        "device": torch.cuda.get_device_name(device),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "python": sys.version.split()[0],
        "copy_gb_per_s": round(bandwidth / _GIGA),
    }
    console.print(machine, highlight=False)
    rows: list[Row] = []
    for name in options.models:
        for row in _measure(name, bandwidth, device):
            rows.append(row)
            print(json.dumps(row), flush=True)  # noqa: T201 - what is there if the rest is cut off
    console.print(_table(rows))
    print(json.dumps({"machine": machine, "rows": rows}))  # noqa: T201 - the last line is the result
    return 0


def _measure(name: str, bandwidth: float, device: torch.device) -> Iterator[Row]:
    config = Qwen2Config(**_SHARED, **_MODELS[name])
    torch.manual_seed(0)
    with torch.device(device):
        plain = TransformersNetwork(Qwen2ForCausalLM(config).to(torch.bfloat16).eval())
    known = NetworkConfig.of(config.to_dict())
    assert known is not None  # it is one that our kernels know
    ours = CudaNetwork(known, Weights.of(dict(plain.network.state_dict()), known))
    yield from _side(name, "ours", ours, ours, bandwidth)
    yield from _side(name, "plain", plain, ours, bandwidth)


def _side(name: str, side: str, network: Any, ours: CudaNetwork, bandwidth: float) -> Iterator[Row]:
    told = {"model": name, "side": side}
    for n_tokens in _PROMPTS:
        seconds = [_read(network, network.new_cache(), n_tokens) for _ in range(3)]
        yield told | {"what": "prefill", "tokens": n_tokens, "per_s": round(n_tokens / min(seconds[1:]), 1)}
    for n_context in _CONTEXTS:
        prompt = network.new_cache()
        _read(network, prompt, n_context)
        for n_attempts in _ATTEMPTS:
            if n_attempts > 1 and not network.batches:
                continue  # one after another: what one costs, so often
            step_s = _step_s(network, prompt, n_attempts, _N_STEPS[side])
            n_bytes = ours.weights.n_bytes_per_pass + ours.kv_bytes_per_token * n_context
            yield told | {
                "what": "decode", "tokens": n_context, "n": n_attempts, "per_s": round(n_attempts / step_s, 1),
                "step_ms": round(step_s * 1e3, 3), "of_bandwidth": round(n_bytes / bandwidth / step_s, 3),
            }  # fmt: skip


def _read(network: Any, cache: Any, n_tokens: int) -> float:
    ids = torch.randint(1000, (n_tokens,), generator=torch.Generator().manual_seed(1)).tolist()
    started = time.perf_counter()
    for start in range(0, n_tokens, network.chunk_tokens):
        network.feed([(cache, ids[start : start + network.chunk_tokens])])
    return time.perf_counter() - started  # logits have arrived, so the device is done


def _step_s(network: Any, prompt: Any, n_attempts: int, n_steps: int) -> float:
    """Return the median seconds of a step that writes one token of each attempt, logits fetched."""
    caches = [prompt.fork() for _ in range(n_attempts)]
    seconds = []
    for step in range(n_steps + 4):
        started = time.perf_counter()
        network.feed([(cache, [step]) for cache in caches])
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[4:])  # the first ones compile and capture


def _bandwidth(device: torch.device) -> float:
    """Measure the bytes a second, read and written, of a copy within the device's memory."""
    source = torch.empty(2**30, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * source.numel() / min(_seconds(lambda: target.copy_(source)) for _ in range(5))


def _seconds(run: Callable[[], object]) -> float:
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    run()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3


def _table(rows: Sequence[Row]) -> Table:
    table = Table(title="Tokens a second")
    for name in ("model", "what", "tokens", "attempts", "ours", "plain", "times", "ours of bandwidth"):
        table.add_column(name, justify="left" if name in {"model", "what"} else "right")
    by_key = {(row["model"], row["what"], row["tokens"], row.get("n", 1), row["side"]): row for row in rows}
    for (model, what, tokens, n, side), row in by_key.items():
        if side == "ours":
            plain = by_key.get((model, what, tokens, 1, "plain"), {}).get("per_s")
            times = f"{row['per_s'] / plain:.1f} x" if plain else "-"
            share = f"{row['of_bandwidth']:.0%}" if "of_bandwidth" in row else ""
            table.add_row(model, what, f"{tokens:,}", str(n), f"{row['per_s']:,}", f"{plain or '-'}", times, share)
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.bench_cuda", description=__doc__)
    parser.add_argument("--models", nargs="+", choices=sorted(_MODELS), default=list(_MODELS))
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
