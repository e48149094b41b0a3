"""Cold and warm start: the whole command in a fresh process, from its birth to its first token."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from model.loading import open_model
from tests.benchmarks.bench_model.cache import own_cache
from tests.benchmarks.bench_model.corpus import repository_files
from tests.benchmarks.bench_model.history import write_repository

TASK = "Say in the docstring of the first function what it returns"


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Return seconds to the first token of a first request on a repository, and of each later one."""
    with tempfile.TemporaryDirectory(prefix="magicode-bench-") as name:
        home = Path(name)
        model = open_model(request["model"], device="cpu", on_progress=lambda _progress: None)
        files = repository_files(model.count_tokens, request["n_context"])
        write_repository(home / "repository", files)
        environment = own_cache(home / "cache")
        seconds = [_run(home, request["model"], environment) for _ in range(1 + request["repeats"])]
        return {
            "cold_s": seconds[0],
            "warm_s": seconds[1:],
            "n_files": len(files),
            "n_tokens": sum(map(model.count_tokens, files.values())),
        }


def _run(home: Path, model: str, environment: dict[str, str]) -> float:
    arguments = [
        "run",
        "-C",
        str(home / "repository"),
        "--dry-run",
        "--usage",
        "--model",
        model,
        "--device",
        "cpu",
        TASK,
    ]
    command = [sys.executable, "-m", "tests.benchmarks.bench_model.start", json.dumps(arguments)]
    born = time.monotonic()
    done = subprocess.run(command, env=os.environ | environment, check=False, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"magicode ended with {done.returncode}: {done.stderr[-2_000:]}")
    return float(done.stdout.splitlines()[-1]) - born


def main() -> None:
    """Run the command given as JSON and print the moment of its first token on the system's monotonic clock."""
    from tests.benchmarks.bench_model.ours import run_command  # noqa: PLC0415 - part of what is measured

    sys.stdout.write(f"\n{run_command(json.loads(sys.argv[1]))}\n")


if __name__ == "__main__":
    main()
