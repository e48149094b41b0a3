"""One measurement in a process of its own: takes its request as JSON, prints its result as one line of JSON."""

import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Measure what the first argument asks for."""
    request: dict[str, Any] = json.loads(sys.argv[1])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: request["n_threads"]])
    sys.stdout.write("\n" + json.dumps(_measure(request) | _memory()) + "\n")
    sys.stdout.flush()
    os._exit(0)  # a server's threads take seconds to stop, and nothing is left to save


def _measure(request: dict[str, Any]) -> dict[str, Any]:
    """Import no more than the one side needs, so that its memory is its own."""
    if request["kind"] == "roofline":
        from tests.benchmarks.bench_model import roofline  # noqa: PLC0415

        return dict(roofline.measure(request))
    if request["kind"] == "start":
        from tests.benchmarks.bench_model import start  # noqa: PLC0415

        return start.measure(request)
    if request["kind"] == "edits":
        from tests.benchmarks.bench_model import edits  # noqa: PLC0415

        return edits.measure(request)
    ids: list[int] = json.loads(Path(request["ids"]).read_text())[: request["n_prompt"]]
    if request["side"] == "llama.cpp":
        from tests.benchmarks.bench_model import llama_cpp  # noqa: PLC0415

        return llama_cpp.generate(request, ids)
    from tests.benchmarks.bench_model import ours  # noqa: PLC0415

    return ours.attempts(request, ids) if request["kind"] == "attempts" else ours.generate(request, ids)


def _memory() -> dict[str, int]:
    """Return the peak of resident bytes, where the system tells it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return {}
    return {"peak_bytes": next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))}


if __name__ == "__main__":
    main()
