"""Train a network with a fixed state on HashHop: `python -m tools.train_recurrent lstm --out DIRECTORY`.

Prompts are of one hop, in the form of magicproduct/hash-hop, bytes are tokens, and the loss is on the answers alone.
The number of pairs grows as they are learnt. Leaves `KIND.safetensors` (bfloat16) and `KIND.json`: how it was trained,
and the share of right answers by number of pairs, on prompts of another seed. `model.hashhop.recurrent` reads it.
"""

import argparse
import dataclasses
import datetime as dt
import json
from pathlib import Path

import torch
from rich.console import Console

from model.device import choose_device
from model.hashhop.fixed_state import Sizes, build, save
from tools.train_recurrent.training import PAIRS, Course, measure, train

_SIZES = {"lstm": Sizes("lstm", 512, 2), "mamba2": Sizes("mamba2", 256, 6, 128)}
_RATES = {"lstm": 2e-3, "mamba2": 1e-3}
_TEST_SEED = 1_000_003  # added to that of the training


def main() -> int:
    """Train, measure, write, and return the exit code."""
    options = _options()
    console = Console()
    device = choose_device(options.device)
    sizes = dataclasses.replace(
        _SIZES[options.kind],
        **{name: value for name in ("width", "n_layers") if (value := getattr(options, name)) is not None},
    )
    torch.manual_seed(options.seed)
    network = build(sizes).to(device)
    n_weights = sum(parameter.numel() for parameter in network.parameters())
    console.print(f"{options.kind}: {n_weights:,} weights on {device}", highlight=False)
    rate = options.rate or _RATES[options.kind]
    course = Course(options.seconds, options.seed, rate, options.bytes, tuple(options.hash_lengths))
    trained = train(network.train(), course, device, console)
    right = measure(network.eval(), device, options.seed + _TEST_SEED, options.measured, options.prompts)
    options.out.mkdir(parents=True, exist_ok=True)
    save(network, sizes, options.out / f"{options.kind}.safetensors")
    record = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "torch": torch.__version__,
        "sizes": dataclasses.asdict(sizes),
        "weights": n_weights,
        "course": dataclasses.asdict(course),
        "trained": dataclasses.asdict(trained),
        "prompts_a_cell": options.prompts,
        "right_by_hash_length_and_pairs": right,
    }
    (options.out / f"{options.kind}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for length, shares in right.items():
        cells = ", ".join(f"{n}: {shares[str(n)]:.0%}" for n in PAIRS)
        console.print(f"hashes of {length}: right by pairs: {cells}", highlight=False)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tools.train_recurrent", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=sorted(_SIZES))
    parser.add_argument("--out", type=Path, required=True, help="where the weights and the record go")
    parser.add_argument("--seconds", type=float, default=120.0, help="of training; measuring comes on top")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, help="of learning, at first")
    parser.add_argument("--bytes", type=int, default=32_768, help="of a batch")
    parser.add_argument("--hash-lengths", type=int, nargs="+", default=[1, 2, 3, 4, 5, 6], help="trained on")
    parser.add_argument("--measured", type=int, nargs="+", default=[2, 4, 6], help="hash lengths that are measured")
    parser.add_argument("--width", type=int)
    parser.add_argument("--n-layers", type=int)
    parser.add_argument("--prompts", type=int, default=500, help="measured a cell")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
