"""What this machine has: memory, kernels and accelerators."""

import os
from dataclasses import dataclass
from pathlib import Path

_CGROUPS = (  # limit and use of a container: version 2, then version 1
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of memory, as far as this process may have them; `available_bytes` can be had without swapping."""

    total_bytes: int
    available_bytes: int


def memory(meminfo: Path = Path("/proc/meminfo"), cgroups: tuple[tuple[str, str], ...] = _CGROUPS) -> Memory:
    """Measure memory: the machine's, or what is left of a container's limit where that is less."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    available = total
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines())
        available = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):  # no Linux
        pass
    for limit_file, use_file in cgroups:
        try:
            limit, use = (int(Path(file).read_text(encoding="ascii")) for file in (limit_file, use_file))
        except (OSError, ValueError):  # not there, or "max"
            continue
        if limit < total:
            total, available = limit, min(available, max(0, limit - use))
        break
    return Memory(total, available)


def kernel_set() -> tuple[str, int] | None:
    """Return the name of the kernels in use and their number of threads; None where none were compiled."""
    from model.native.kernels import Kernels  # noqa: PLC0415 - numpy: --help needs none

    kernels = Kernels.best()
    return None if kernels is None else (kernels.name, kernels.n_threads)


def accelerator() -> str | None:
    """Return the name of the device that "auto" takes before the processor; to ask torch takes seconds."""
    import torch  # noqa: PLC0415

    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        return f"{torch.cuda.get_device_name(0)}{f', and {count - 1} more' if count > 1 else ''}"
    return "Metal" if torch.backends.mps.is_available() else None
