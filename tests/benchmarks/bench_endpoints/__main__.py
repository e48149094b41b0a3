"""The same tasks through real servers with the same weights, and through our own engine.

`python -m tests.benchmarks.bench_endpoints --transformers PATH/TO/transformers`: llama.cpp's server comes from
`xllamacpp`; `transformers serve` needs `transformers[serving]`, best in an environment of its own, and is left out
without. Each server is started on a free port of this machine, asked and ended. The last line is one JSON object.

A row is one editing task of `tests/benchmarks/edits`: a greedy attempt and its repairs. `shape` is the grammar.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from agent.interrupts import treat_stops_as_interrupts
from agent.protocols import LanguageModel
from model.api import Progress
from model.endpoint.address import Address
from model.endpoint.opening import open_endpoint
from model.endpoint.settings import Endpoint, Timeouts
from model.loading import open_model
from model.store import ModelStore, resolve
from tests.benchmarks.bench_edits.trial import ARMS, Arm, FirstRound, Trial, run_trial
from tests.benchmarks.edits.tasks import EditTask, load_tasks

_MODEL = "qwen2.5-coder-0.5b"
_TASKS = ("py_initials_empty", "py_clamp_percent")
_CONTEXT = 8_192
_PATIENT = Timeouts(ask_s=300.0, first_token_s=3_600.0, next_token_s=600.0)
_COLUMNS = ("server", "task", "came of it", "prompt", "new", "prefill s", "decode s", "what was said")


def main() -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(prog="bench-endpoints", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--transformers", metavar="PROGRAM", help="the `transformers` of an environment that can serve")
    parser.add_argument("--tasks", default=",".join(_TASKS), metavar="NAMES", help="commas between")
    parser.add_argument("--max-new-tokens", type=int, default=400, metavar="N", help="tokens an answer may have")
    parser.add_argument("--max-repairs", type=int, default=1, metavar="N", help="ask again this often")
    options = parser.parse_args()
    free, constrained = (
        replace(
            next(arm for arm in ARMS if arm.name == name),
            max_repairs=options.max_repairs,
            max_new_tokens=options.max_new_tokens,
        )
        for name in ("free", "constrained")
    )
    tasks = load_tasks(options.tasks.split(","))
    trials: list[Trial] = []
    console = Console(width=None if Console().is_terminal else 160)
    trials += _asked(console, "magicode", open_model(_MODEL, device="cpu", on_progress=_silent), tasks, constrained)
    if options.transformers:
        directory = resolve(_MODEL, ModelStore(packed=False), _silent)
        with _serving(
            options.transformers, "serve", directory, "--port", "PORT", "--device", "cpu", "--dtype", "float32"
        ) as url:
            endpoint = Endpoint(Address.parse(url), context_limit=_CONTEXT, timeouts=_PATIENT)
            served = open_endpoint(endpoint, str(directory), _silent)
            trials += _asked(console, "transformers, free", served, tasks, free)
    gguf = ModelStore().prepare(_MODEL, _silent).parent / f"{_MODEL.replace('-0.5b', '-0.5b-instruct')}-q4_k_m.gguf"
    with _serving(sys.executable, "-m", "tests.benchmarks.bench_endpoints.llama_server", gguf, "PORT", _CONTEXT) as url:
        model = open_endpoint(Endpoint(Address.parse(url), timeouts=_PATIENT), None, _silent)
        trials += _asked(console, "llama.cpp, shape", model, tasks, constrained)
        trials += _asked(console, "llama.cpp, free", model, tasks, free)
    _show(console, trials)
    rows = [{key: value for key, value in trial.values().items() if key != "diff"} for trial in trials]
    console.file.write(json.dumps({"trials": rows}) + "\n")
    return 0


def _asked(
    console: Console, name: str, model: LanguageModel[Any, Any], tasks: list[EditTask], arm: Arm
) -> Iterator[Trial]:
    for task in tasks:
        trial = run_trial(model, arm, task, 0, FirstRound())
        console.print(f"  {trial.seconds:6.1f} s  {name}  {task.name}: exit {trial.exit_code}", highlight=False)
        yield replace(trial, model=name)


@contextmanager
def _serving(*command: str | Path | int) -> Iterator[str]:
    """Run a server's command, its `PORT` filled in, and yield its base URL; it is ended in any case."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [str(port) if word == "PORT" else str(word) for word in command]
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        try:
            _wait_for(server, port)
            yield f"http://127.0.0.1:{port}/v1"
        except BaseException as error:
            log.seek(0)
            error.add_note(f"the server said: {log.read()[-2_000:]}")
            raise
        finally:
            server.terminate()
            server.wait()


def _wait_for(server: "subprocess.Popen[bytes]", port: int) -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            continue
        return
    raise RuntimeError(f"the server ended with {server.returncode}")


def _show(console: Console, trials: list[Trial]) -> None:
    table = Table(*_COLUMNS)
    for trial in trials:
        came = "solved" if trial.solved else "applies" if trial.applied else f"exit {trial.exit_code}"
        seconds = (f"{trial.prefill_s:.1f}", f"{trial.decode_s:.1f}")
        tokens = (f"{trial.n_prompt_tokens:,}", f"{trial.n_new_tokens:,}")
        table.add_row(trial.model, trial.task, came, *tokens, *seconds, trial.error.partition("\n")[0][:60])
    console.print(table)


def _silent(_progress: Progress) -> None:
    pass


if __name__ == "__main__":
    treat_stops_as_interrupts()  # so that no server is left behind
    raise SystemExit(main())
