"""Runs a measurement's process, watches its memory from outside, and notes what else used the processor meanwhile."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_POLL_S = 0.1
_MODULE = "tests.benchmarks.bench_model.measure"


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it: the values measured, or why there are none. `others_cores` counts cores that others used."""

    values: dict[str, Any] | None
    error: str
    seconds: float
    others_cores: float | None


def run(request: dict[str, Any], *, timeout_s: float | None) -> Ran:
    """Run one request to its end, or stop it after `timeout_s`."""
    started, busy, own = time.monotonic(), _busy_s(), _own_s()
    peaks = {"RssAnon": 0, "RssFile": 0}
    error = ""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        command = [sys.executable, "-m", _MODULE, json.dumps(request)]
        process = subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True)
        try:
            while process.poll() is None:
                _watch(process.pid, peaks)
                if timeout_s is not None and time.monotonic() - started > timeout_s:
                    error = "no time left"
                    break
                time.sleep(_POLL_S)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # with the processes that it has started
            process.wait()
        out.seek(0)
        err.seek(0)
        lines = out.read().splitlines()
        error = error or (f"exit code {process.returncode}: {err.read()[-2_000:]}" if process.returncode else "")
    seconds, now = time.monotonic() - started, _busy_s()
    others = None if busy is None or now is None else max(0.0, now - busy - (_own_s() - own)) / seconds
    if error:
        return Ran(None, error, seconds, others)
    values: dict[str, Any] = json.loads(lines[-1])
    values |= {"peak_anon_bytes": peaks["RssAnon"], "peak_file_bytes": peaks["RssFile"]}
    return Ran(values, "", seconds, others)


def _watch(pid: int, peaks: dict[str, int]) -> None:
    """Raise each peak to what the process has now: memory of its own, and pages of files it maps."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name in peaks:
            peaks[name] = max(peaks[name], int(value.split()[0]) << 10)


def _busy_s() -> float | None:
    """Return the seconds that all cores were busy since the start, time stolen by a hypervisor included."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
