"""Train the memory's router: `python -m tools.train_router --repo OWNER/NAME=PATH …`.

PATH is a git repository with its history, bare or not; take none that the benchmark of the context measures. Each
commit's message is a query, and the lines that it edits are what is to be found. The weights replace
`model/memory/router.npz`, beside which a record of the training is written. Takes minutes on two cores.
"""

import argparse
import datetime as dt
import json
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from git import Git
from rich.console import Console

import model.memory
from model.memory.router import WEIGHTS
from model.memory.signals import NAMES
from model.store import ModelStore, resolve
from model.tokenizer import Tokenizer
from tools.train_router.examples import Example, examples
from tools.train_router.network import N_EPOCHS, Network, recall, train

_MODEL = "qwen2.5-coder-0.5b"
_BUDGETS = (2_048, 4_096, 16_384)


def main() -> int:
    """Train, and return the exit code."""
    options = _options()
    console = Console()
    started = time.monotonic()
    torch.manual_seed(options.seed)
    found: dict[str, list[Example]] = {}
    heads = {name: Git(path).rev_parse("HEAD") for name, path in options.repo}
    with ProcessPoolExecutor(options.workers) as pool:
        asked = {name: pool.submit(_read, name, path, options.commits, options.seed) for name, path in options.repo}
        for name, future in asked.items():
            found[name] = future.result()
            console.print(f"  {name}: {len(found[name])} commits, {time.monotonic() - started:.0f} s", highlight=False)
    held = {name: found[name] for name in options.held if name in found}
    # First without the repositories that are held out, to see what it is worth; then with all.
    network = train([example for name, own in found.items() if name not in held for example in own], console)
    measured = {name: [round(value, 3) for value in recall(network, own, _BUDGETS)] for name, own in held.items()}
    for name, values in measured.items():
        console.print(f"  {name}: {values}", highlight=False)
    network = train([example for own in found.values() for example in own], console)
    directory = Path(model.memory.__file__).parent
    _save(directory / WEIGHTS, network)
    record = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "seconds": round(time.monotonic() - started),
        "seed": options.seed,
        "epochs": N_EPOCHS,
        "repositories": {name: {"head": heads[name], "commits": len(own)} for name, own in found.items()},
        "line_recall_held_out": {"budgets": _BUDGETS, "by_repository": measured},
        "signals": NAMES,
    }
    (directory / "router.json").write_text(json.dumps(record, indent=1) + "\n")
    return 0


def _read(name: str, path: Path, n_commits: int, seed: int) -> list[Example]:
    tokenizer = Tokenizer.from_directory(resolve(_MODEL, ModelStore(), lambda _progress: None))
    return list(examples(name, path, tokenizer, n_commits, seed))


def _save(path: Path, network: Network) -> None:
    layers = {
        name: np.concatenate([layer.weight.detach().numpy().T, layer.bias.detach().numpy()[None]]).astype(np.float32)
        for name, layer in (("first", network.first), ("second", network.second), ("third", network.third))
    }
    linear = np.concatenate([network.linear.weight.detach().numpy()[0], network.linear.bias.detach().numpy()])
    np.savez_compressed(
        path,
        names=np.array(NAMES),
        mean=network.mean.numpy(),
        scale=network.scale.numpy(),
        linear=linear.astype(np.float32),
        **layers,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="train-router", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repo", action="append", type=_named, required=True, metavar="NAME=PATH")
    parser.add_argument("--held", type=lambda text: text.split(","), default=[], metavar="NAMES", help="to measure on")
    parser.add_argument("--commits", type=int, default=120, help="of each repository")
    parser.add_argument("--workers", type=int, default=2, help="repositories that are read at once")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _named(text: str) -> tuple[str, Path]:
    name, _, path = text.rpartition("=")
    return name or Path(path).resolve().name, Path(path)


if __name__ == "__main__":
    raise SystemExit(main())
