"""Whether what is written under the automaton applies, whoever writes it, and what the automaton costs.

`make bench-diffs ARGS="--repo DIR …"`, or one part with `--only`:

- `random`: diffs under random logits, over generated repositories and those of `--repo`. Each is applied by its own
  line numbers, by git, and by all that `magicode apply` does; every hundredth with the command itself.
- `real`: what both models write when they are asked for what commits of the `--repo` repositories did, free and
  constrained, at temperatures 0 and 1.
- `cost`: the time that constraint and decoding take, of all time, in repositories of 100 to 100,000 files.

The last line is one JSON object. A stopped run goes on where it stopped, as long as the code is the same. A part that
is run at its full size, or with `--keep`, is kept in `tests/benchmarks/results/bench_diffs.json`.
"""

import argparse
import datetime as dt
import importlib.metadata
import json
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rich.console import Console

from tests.benchmarks.bench_diffs import table
from tests.benchmarks.bench_diffs.cost import CostPart
from tests.benchmarks.bench_diffs.random_part import RandomPart
from tests.benchmarks.bench_diffs.real import ARMS, MODELS, RealPart, Settings
from tests.benchmarks.bench_diffs.worktree import Repository
from tests.benchmarks.bench_model import machine
from tests.benchmarks.sources import RESULTS

_PARTS = ("random", "cost", "real")
_N_RANDOM, _N_REAL = 10_000, 50
_SIZES = (100, 10_000, 100_000)
_USUAL_ARMS = ("free", "constrained")
_LISTS = {"trials", "failed"}  # are kept, but not printed


class _Part(Protocol):
    def clear(self) -> None:
        """Forget what was noted."""
        ...


def main() -> int:
    """Run the benchmark and return the exit code: 1 if a diff under random logits does not apply."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 160)
    told: dict[str, Any] = {}
    run: Mapping[str, Callable[[], tuple[_Part, dict[str, Any], bool]]] = {
        "random": lambda: _random(options, console),
        "cost": lambda: _cost(options, console),
        "real": lambda: _real(options, console),
    }
    for name in [name for name in _PARTS if name in options.only]:
        if name == "real" and not options.repo:
            console.print("Left out: real, for there is no --repo", style="yellow")
            continue
        started = time.monotonic()
        try:
            part, result, is_full = run[name]()
        except KeyboardInterrupt:
            console.print("Stopped; the same command goes on from here.")
            return 130
        told[name] = result | {
            "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - started),
            "seed": options.seed,
            "machine": machine.describe(),
            "versions": _versions(),
        }
        if is_full or options.keep:
            _keep(name, told[name])
        if is_full:
            part.clear()
    shown = {name: {key: value for key, value in result.items() if key not in _LISTS} for name, result in told.items()}
    console.file.write(json.dumps(shown) + "\n")
    return 1 if told.get("random", {}).get("failures") else 0


def _random(options: argparse.Namespace, console: Console) -> tuple[_Part, dict[str, Any], bool]:
    part = RandomPart(options.repo, options.seed, console)
    result = part.run(options.numbers or range(options.n), options.workers)
    table.show_random(console, result)
    if options.numbers:
        for line in result["failed"]:
            console.print(f"diff {line['number']}:\n{line['diff'] or line['written']}", markup=False, highlight=False)
    return part, result, options.n >= _N_RANDOM and not options.numbers


def _real(options: argparse.Namespace, console: Console) -> tuple[_Part, dict[str, Any], bool]:
    settings = Settings(
        options.models, options.arms, options.diffs, options.attempts, options.max_new_tokens, options.seed
    )
    part = RealPart(options.repo, settings, console)
    result = part.run()
    table.show_real(console, result)
    return part, result, options.diffs >= _N_REAL and set(MODELS) <= set(options.models)


def _cost(options: argparse.Namespace, console: Console) -> tuple[_Part, dict[str, Any], bool]:
    part = CostPart(options.files, options.pass_ms, console)
    result = part.run()
    table.show_cost(console, result)
    return part, result, set(_SIZES) <= set(options.files)


def _keep(name: str, result: dict[str, Any]) -> None:
    """Put a part's result in the place of its last one."""
    path = RESULTS / "bench_diffs.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(kept | {name: result}, indent=1) + "\n", encoding="utf-8")


def _versions() -> dict[str, str]:
    packages = ("numpy", "tokenizers", "magicode")
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in packages}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-diffs", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", type=_names, default=_PARTS, metavar="PARTS", help=f"some of {', '.join(_PARTS)}")
    parser.add_argument(
        "--repo",
        type=Repository.read,
        action="append",
        default=[],
        metavar="[NAME=]DIR",
        help="a real repository, with or without a work tree; as often as you like",
    )
    parser.add_argument("--seed", type=int, default=0, help="of all draws")
    parser.add_argument("--keep", action="store_true", help="keep the result of a smaller run, too")
    some = parser.add_argument_group("random")
    some.add_argument("--n", type=int, default=_N_RANDOM, help="how many diffs")
    some.add_argument("--numbers", type=_numbers, default=(), help="only these, and print those that do not apply")
    some.add_argument("--workers", type=int, default=2, help="processes")
    some = parser.add_argument_group("real")
    some.add_argument("--diffs", type=int, default=_N_REAL, help="for each model, temperature and arm")
    some.add_argument("--attempts", type=int, default=5, help="of them side by side, at temperature 1")
    some.add_argument("--models", type=_names, default=MODELS, metavar="NAMES", help="commas between")
    some.add_argument("--arms", type=_names, default=_USUAL_ARMS, help=f"some of: {'; '.join(a.name for a in ARMS)}")
    some.add_argument("--max-new-tokens", type=int, default=256, help="of an answer")
    some = parser.add_argument_group("cost")
    some.add_argument("--files", type=_numbers, default=_SIZES, metavar="COUNTS", help="commas between")
    some.add_argument("--pass-ms", type=float, help="of the network; measured if it is left out")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


if __name__ == "__main__":
    raise SystemExit(main())
