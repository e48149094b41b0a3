"""What the machine is, and how much of it is free."""

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

# What each line of the table is called, and how the kernel spells it.
_FEATURES = {
    "AVX2": {"avx2"},
    "AVX-512": {"avx512f"},
    "AVX-512 VNNI": {"avx512_vnni"},
    "AVX VNNI": {"avx_vnni"},
    "AVX-512 bf16": {"avx512_bf16"},
    "AMX bf16": {"amx_bf16"},
    "AMX int8": {"amx_int8"},
    "NEON dot product": {"asimddp"},
    "Arm bf16": {"bf16"},
    "Arm i8mm": {"i8mm"},
}
_PACKAGES = ("torch", "transformers", "xllamacpp", "tokenizers", "magicode")
# Counts for half a second of wall time and prints the share of it that it was given.
_SPIN = """
import time
start, used = time.perf_counter(), time.process_time()
while time.perf_counter() - start < 0.5: pass
print((time.process_time() - used) / (time.perf_counter() - start))
"""


def describe() -> dict[str, object]:
    """Return processor, its features for numbers, cores and memory; no name of the host."""
    info = _read("/proc/cpuinfo")
    found = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", info, re.MULTILINE)
    flags = set(found[1].split()) if found else set()
    model = re.search(r"^model name\s*:\s*(.*)$", info, re.MULTILINE)
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "features": {name: wanted <= flags for name, wanted in _FEATURES.items() if wanted & flags or "AVX" in name},
        "cores": n_cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def versions() -> dict[str, str]:
    """Return the versions of what was measured and of what measured it, as far as they are installed."""
    found = {name: list(importlib.metadata.Distribution.discover(name=name)) for name in _PACKAGES}
    return {"python": platform.python_version()} | {name: here[0].version for name, here in found.items() if here}


def n_cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_cores(n_cores: int) -> float:
    """Return how many of so many cores a spinning program on each is given."""
    command = [sys.executable, "-c", _SPIN]
    spinning = [subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(n_cores)]
    return sum(float(process.communicate()[0]) for process in spinning)


def load_average() -> float:
    """Return the mean number of runnable programs over the last minute."""
    return os.getloadavg()[0]


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
