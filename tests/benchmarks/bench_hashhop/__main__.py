"""HashHop: how far models follow chains of random hashes, the trained one up to 100 million tokens.

`python -m tests.benchmarks.bench_hashhop` (minutes) or with `--full` (hours). `arms.py` says who is asked what. The
last line is one JSON object. A stopped run goes on where it stopped, as long as the code is the same. A full run is
kept under `results/`, with a heat map.
"""

import argparse
import datetime as dt
import gc
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from agent.cli.cells import table_of
from agent.errors import message_of
from model.errors import ModelError
from model.hashhop.heatmap import heatmap
from model.hashhop.measure import Cell, Result
from model.hashhop.readers import Opening
from tests.benchmarks.bench_hashhop.arms import Arm, arms, recurrent
from tests.benchmarks.bench_model import machine
from tests.benchmarks.notes import Notes
from tests.benchmarks.sources import RESULTS


class Cells:
    """The cells of one arm, noted one line each."""

    def __init__(self, name: str, arm: Arm, seed: int) -> None:
        """Find what an earlier run of the same code has done."""
        self._notes = Notes("bench_hashhop", {"arm": name, "seed": seed}, arm.measured)
        self._arm = arm

    def run(self, opening: Opening, console: Console, *, is_full: bool) -> list[dict[str, Any]]:
        """Measure what has not been measured yet, and return the lines of all that the form asks for."""
        plans = self._arm.full if is_full else self._arm.short
        wanted = [cell for plan in plans for cell in plan.cells()]
        if not all(map(self._is_done, wanted)):
            reader = self._arm.open(opening)
            for plan in plans:
                for result in plan.results(reader, opening.on_progress, self._is_done):
                    self._notes.note(result.to_json() | {"date": _now()})
                    console.print(f"  {_line(result)}", highlight=False, markup=False)
        return [line for line in self._notes.lines if Result.from_json(line).cell in wanted]

    def clear(self) -> None:
        """Forget them: the run is complete."""
        self._notes.clear()

    def _is_done(self, cell: Cell) -> bool:
        return any(Result.from_json(line).cell == cell for line in self._notes.lines)


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 200)
    started = time.monotonic()
    chosen = {name: arm for name, arm in arms(options.seed).items() if name in options.arms}
    chosen |= {str(path): recurrent(path, options.seed) for path in options.recurrent}
    measured: dict[str, Cells] = {}
    lines: list[dict[str, Any]] = []
    missing: dict[str, str] = {}
    try:
        with TemporaryDirectory(prefix="magicode-") as scratch:
            opening = Opening(_ignore, options.device, scratch=Path(scratch))
            for name, arm in chosen.items():
                cells = measured[name] = Cells(name, arm, options.seed)
                try:
                    lines += cells.run(opening, console, is_full=options.full)
                except ModelError as error:  # a model that is not here is no reason to stop
                    missing[name] = message_of(error)
                    console.print(f"  {name}: {missing[name]}", highlight=False, markup=False)
                gc.collect()  # what one model held is not to be found in the next one's peak
    except KeyboardInterrupt:
        console.print("Stopped; the same command goes on from here.")
        return 130
    if lines:
        console.print(table_of([Result.from_json(line) for line in lines], console.width))
    told: dict[str, Any] = {
        "cells": lines,
        "missing": missing,
        "form": "full" if options.full else "short",
        "date": _now(),
        "seconds": round(time.monotonic() - started),
        "seed": options.seed,
        "machine": machine.describe(),
        "versions": machine.versions(),
    }
    if options.full or options.keep:
        _keep(told)
    if options.full:
        for cells in measured.values():
            cells.clear()
    console.file.write(json.dumps(told) + "\n")
    return 0


def _keep(told: dict[str, Any]) -> None:
    """Write the result, a line for each cell, and the picture; of models that were not run, earlier cells stay."""
    path = RESULTS / "bench_hashhop.json"
    earlier = json.loads(path.read_text(encoding="utf-8"))["cells"] if path.exists() else []
    models = {cell["model"] for cell in told["cells"]}
    cells = [cell for cell in earlier if cell["model"] not in models] + told["cells"]
    rest = json.dumps({key: value for key, value in told.items() if key != "cells"}, indent=1).removesuffix("\n}")
    lines = ",\n".join(f"  {json.dumps(cell)}" for cell in cells)
    path.write_text(f'{rest},\n "cells": [\n{lines}\n ]\n}}\n', encoding="utf-8")
    picture = heatmap(map(Result.from_json, cells))
    (RESULTS / "bench_hashhop.svg").write_text(picture, encoding="utf-8")


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _line(result: Result) -> str:
    return (
        f"{result.model}, {result.n_tokens:,} tokens, {result.hops} hops, {result.mode}: "
        f"{result.right} of {result.n} right in {result.seconds:.1f} s, read in {result.read_s:.1f} s"
    )


def _ignore(_step: object) -> None:
    """Show no bars: a line for each cell is enough."""


def _options() -> argparse.Namespace:
    known = tuple(arms(0))

    def names(text: str) -> tuple[str, ...]:
        chosen = tuple(name.strip() for name in text.split(","))
        if unknown := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"no arm {unknown[0]!r}; there are {', '.join(known)}")
        return chosen

    parser = argparse.ArgumentParser(prog="bench-hashhop", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="all sizes and questions; takes hours")
    parser.add_argument("--keep", action="store_true", help="keep the result of a short form, too")
    parser.add_argument("--arms", type=names, default=known, help=f"some of {', '.join(known)}; commas between")
    parser.add_argument(
        "--recurrent", type=Path, nargs="*", default=(), metavar="FILE", help="weights of tools/train_recurrent, too"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
