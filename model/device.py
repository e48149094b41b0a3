"""Which device a model runs on, and how fast that device multiplies."""

import time

import torch

from model.errors import DeviceError


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of that name: "auto" takes CUDA, then MPS, then the CPU.

    Raises:
        DeviceError: the name is unknown, or this machine has no such device.

    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(f"device {name!r} cannot be used here ({error}); try --device cpu") from error
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the floating-point type of that name; "auto" is the one that the device multiplies fastest.

    Raises:
        DeviceError: weights are not computed with in such a type.

    """
    if name == "auto":
        # Without instructions for bfloat16 a processor takes seven times as long as for float32; see LOG.md.
        name = "float32" if device.type == "cpu" and not torch.cpu._is_avx512_bf16_supported() else "bfloat16"  # noqa: SLF001
    dtypes = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
    if name not in dtypes:
        raise DeviceError(f"dtype {name!r} is not known; use one of {', '.join(dtypes)}")
    return dtypes[name]


def matmul_flops(device: torch.device, dtype: torch.dtype) -> float:
    """Measure the device's matrix rate in floating-point operations a second, in about 0.1 s."""
    size = 1024 if device.type == "cpu" else 4096
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    (a @ b).sum().item()
    start = time.perf_counter()
    n_runs = 4
    for _ in range(n_runs):
        c = a @ b
    c.sum().item()  # waits for the device
    return n_runs * 2 * size**3 / (time.perf_counter() - start)
