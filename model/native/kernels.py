"""The compiled kernels as functions over arrays, on threads of their own."""

import os
from pathlib import Path
from typing import Any, Self

from model.native.library import KERNEL_SETS, Sequence, Shape, Weights, library


class Kernels:
    """One set of kernels and its threads. One call at a time; each releases the interpreter."""

    def __init__(self, name: str, n_threads: int) -> None:
        """Start the threads.

        Raises:
            ValueError: this processor does not run that set, or nothing was compiled.

        """
        loaded = library()
        machine = loaded.mc_open(name.encode(), n_threads) if loaded else None
        if loaded is None or not machine:
            raise ValueError(f"kernels {name!r} do not run here")
        self.name, self.n_threads = name, n_threads
        self._library, self._machine = loaded, machine

    @classmethod
    def best(cls, n_threads: int | None = None) -> Self | None:
        """Return the fastest set that this processor runs as the plain one does; None where nothing was compiled."""
        from model.native.selfcheck import agrees  # noqa: PLC0415 - which is made of kernels

        for name in KERNEL_SETS:
            try:
                kernels = cls(name, n_threads or usable_cores())
            except ValueError:
                continue
            if agrees(kernels):
                return kernels
        return None

    def __del__(self) -> None:
        if machine := getattr(self, "_machine", None):
            self._library.mc_close(machine)

    def packed_bytes(self, kind: int, n_rows: int, n_columns: int) -> int:
        """Count the bytes of a packed matrix of that format."""
        return int(self._library.mc_packed_bytes(kind, n_rows, n_columns))

    def rows(self, weights: Weights, ids: Any, out: Any) -> None:
        """Write rows `ids`, int32 `(n,)`, of a matrix as float32 `(n, columns)`."""
        self._library.mc_rows(self._machine, weights, ids.ctypes.data, len(ids), out.ctypes.data)

    def linear(self, weights: Weights, x: Any, out: Any, *, norm: Any = None, eps: float = 0.0) -> None:
        """Write `x @ W^T + bias`, float32 `(tokens, rows)`, behind an RMS norm if one is given."""
        at = None if norm is None else norm.ctypes.data
        self._library.mc_linear(self._machine, at, eps, weights, x.ctypes.data, len(x), out.ctypes.data)

    def layers(self, shape: Shape, layers: Any, start: int, end: int, hidden: Any, fed: Any, rotary: Any) -> None:
        """Run layers `start` to `end` over `hidden`, float32 `(tokens, hidden)`, in place."""
        self._library.mc_layers(
            self._machine, shape, layers, start, end, hidden.ctypes.data, len(hidden), fed, len(fed), rotary.ctypes.data
        )

    def move(self, shape: Shape, n_layers: int, source: Sequence, first: int, to: Sequence, rotary: Any) -> None:
        """Copy as many tokens as `to` says, from `first` on, behind another sequence; `rotary` turns their keys."""
        self._library.mc_move(self._machine, shape, n_layers, source, first, to, rotary.ctypes.data)


def usable_cores() -> int:
    """Count the cores that this process may use: its affinity, and a container's quota where there is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):  # no such control group, or "max"
        pass
    return cores
