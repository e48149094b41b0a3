"""What the machine can do at best: bytes read a second and multiplications a second, with the threads measured."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

_BUFFER_BYTES = 1 << 30
_ROWS, _IN, _OUT = 1_024, 1_536, 8_960  # the 1.5B's widest matrix, a long chunk of rows


def measure(request: dict[str, Any]) -> dict[str, float]:
    """Return the best of several runs each: bytes a second, and floating-point operations a second."""
    torch.set_num_threads(request["n_threads"])
    buffer = torch.ones(_BUFFER_BYTES // 4)
    integers = buffer.view(torch.int32)
    read_s = min(_best_s(buffer.sum, 5), _best_s(buffer.max, 5), _best_s(lambda: torch.dot(buffer, buffer), 5))
    read_s = min(read_s, _best_s(integers.max, 5))
    copy = torch.empty_like(buffer)
    copy_s = _best_s(lambda: copy.copy_(buffer), 5)
    return {
        "read_bytes_per_s": _BUFFER_BYTES / read_s,
        "copy_bytes_per_s": 2 * _BUFFER_BYTES / copy_s,
        "bf16_flops": _flops(torch.bfloat16),
        "fp32_flops": _flops(torch.float32),
    }


def _flops(dtype: torch.dtype) -> float:
    x, weight = torch.randn(_ROWS, _IN).to(dtype), torch.randn(_OUT, _IN).to(dtype)
    return 2.0 * _ROWS * _IN * _OUT / _best_s(lambda: functional.linear(x, weight), 5)


def _best_s(work: Callable[[], object], n_runs: int) -> float:
    with torch.inference_mode():
        work()
        seconds = []
        for _ in range(n_runs):
            started = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - started)
    return min(seconds)
