"""What a written token of `ltm-hashhop` costs, beside dense attention of the very same network.

`python -m tests.benchmarks.bench_hashhop.cost` (1 million tokens, a minute) or with `--full` (100 million, a quarter of
an hour). Operations are counted; seconds are measured, those of dense attention as far as it fits. The last line is one
JSON object; a full run is kept under `results/`.
"""

import argparse
import datetime as dt
import json
import resource
import time
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from model.hashhop.layout import Layout
from model.hashhop.problem import HashHop
from model.ltm.cost import of_dense, of_memory
from model.ltm.memory import Routing
from model.ltm.reader import LtmReader, LtmReading
from model.ltm.weights import load_network
from tests.benchmarks.bench_model import machine
from tests.benchmarks.sources import RESULTS

_SHORT = (100_000, 1_000_000)
_FULL = (100_000, 1_000_000, 10_000_000, 100_000_000)
_DENSE_UP_TO = 1_000_000
_HASH_LENGTH = 16
_PATCH_BYTES = _HASH_LENGTH + 1.5
_N_ASKED = 20
_N_ASKED_DENSE = 3


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 200)
    network = load_network(torch.device("cpu"))
    ways = {routing: LtmReader(network, routing=routing) for routing in (Routing.NEAREST, Routing.EVERYTHING)}
    rows: list[dict[str, Any]] = []
    for size in _FULL if options.full else _SHORT:
        problem = HashHop.of_chars(size, Layout.mixed(6), _HASH_LENGTH, seed=options.seed)
        started = time.perf_counter()
        reading = ways[Routing.NEAREST].read(problem.pieces())
        read_s = time.perf_counter() - started
        before = reading.memory.index.n_products
        seconds = _seconds_a_token(reading, problem, _N_ASKED)
        n_written = _HASH_LENGTH + 1
        sparse = of_memory(
            network.config, (reading.memory.index.n_products - before) // _N_ASKED, _PATCH_BYTES, n_written
        )
        dense = of_dense(network.config, reading.memory.index.n_keys, reading.n_tokens, n_written)
        row: dict[str, Any] = {
            "tokens": reading.n_tokens,
            "read_s": round(read_s, 2),
            "held_bytes": reading.n_bytes,
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "flops": round(sparse.flops_a_token(network.config)),
            "dense_flops": round(dense.flops_a_token(network.config)),
            "seconds": seconds,
            "dense_seconds": None,
        }
        if size <= _DENSE_UP_TO:
            row["dense_seconds"] = _seconds_a_token(
                ways[Routing.EVERYTHING].read(problem.pieces()), problem, _N_ASKED_DENSE
            )
        rows.append(row)
        console.print(f"  {row}", highlight=False)
    console.print(_table(rows))
    result = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": machine.describe(),
        "seed": options.seed,
        "rows": rows,
    }
    if options.full:
        (RESULTS / "bench_hashhop_cost.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))  # noqa: T201
    return 0


def _seconds_a_token(reading: LtmReading, problem: HashHop, n: int) -> float:
    """Return the mean time of a written byte, one question at a time; each takes one run."""
    items = problem.items(1, n, chain_of_thought=False)
    started = time.perf_counter()
    for item in items:
        reading.complete([item.question])
    return (time.perf_counter() - started) / n / (_HASH_LENGTH + 1)


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("tokens", "read a second", "held", "FLOPs a token", "dense", "ratio", "ms a token", "dense", "ratio")
    for row in rows:
        dense_s = row["dense_seconds"]
        table.add_row(
            f"{row['tokens']:,}",
            f"{row['tokens'] / row['read_s']:,.0f}",
            f"{row['held_bytes'] / 1e6:,.0f} MB",
            f"{row['flops']:,}",
            f"{row['dense_flops']:,}",
            f"{row['dense_flops'] / row['flops']:,.0f}",
            f"{row['seconds'] * 1e3:.2f}",
            f"{dense_s * 1e3:.1f}" if dense_s else "",
            f"{dense_s / row['seconds']:,.0f}" if dense_s else "",
        )
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-hashhop-cost", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="up to 100 million tokens")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
