"""Train `ltm-hashhop`: `python -m tools.train_hashhop --minutes 30`.

Prompts of some tens of kilobytes are drawn anew for each step; nothing is read. The weights replace
`model/ltm/ltm-hashhop.safetensors`, beside which a record of the training is written. Two
cores are enough.
"""

import argparse
import datetime as dt
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from safetensors.torch import save_file

import model.ltm
from model.ltm.network import LtmConfig, LtmNetwork
from tools.train_hashhop.examples import HASH_LENGTHS, draw
from tools.train_hashhop.lesson import Lesson
from tools.train_hashhop.step import Losses, losses

_WARM_STEPS = 100
_RATE = 1.5e-3
_EVERY = 50  # steps between lines of the log


def main() -> int:
    """Train, and return the exit code."""
    options = _options()
    console = Console()
    torch.manual_seed(options.seed)
    rng = np.random.default_rng([options.seed, 1])
    network = LtmNetwork(LtmConfig()).to(options.device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    started, cpu_started = time.monotonic(), time.process_time()
    limit_s = options.minutes * 60
    step = 0
    lesson = Lesson(options.bytes, options.questions)
    trace: list[dict[str, float | None]] = []
    while (done := (time.monotonic() - started) / limit_s) < 1.0:
        rate = _RATE * min((step + 1) / _WARM_STEPS, 0.5 * (1 + math.cos(math.pi * done)) + 0.01)
        for group in optimizer.param_groups:
            group["lr"] = rate
        example = draw(rng, lesson.n_bytes, lesson.n_questions, lesson.max_hops, network.config.n_passes)
        found = losses(network, example, options.device)
        optimizer.zero_grad(set_to_none=True)
        found.total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        lesson.learned(found.right)
        if step % _EVERY == 0:
            trace.append(_log(console, step, time.monotonic() - started, found, network, lesson))
        step += 1
    directory = options.output or Path(model.ltm.__file__).parent
    tensors = {
        name: tensor.detach().cpu().to(torch.float16).contiguous() for name, tensor in network.state_dict().items()
    }
    save_file(tensors, directory / "ltm-hashhop.safetensors")
    record = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "config": network.config.as_dict(),
        "seconds": round(time.monotonic() - started),
        "processor_seconds": round(time.process_time() - cpu_started),
        "device": options.device,
        "threads": torch.get_num_threads(),
        "seed": options.seed,
        "steps": step,
        "bytes_a_step": options.bytes,
        "questions_a_step": options.questions,
        "hash_lengths": HASH_LENGTHS,
        "parameters": sum(tensor.numel() for tensor in network.parameters()),
        "trace": trace[:: max(len(trace) // 40, 1)],
    }
    (directory / "ltm-hashhop.json").write_text(json.dumps(record, indent=1) + "\n")
    return 0


def _log(
    console: Console, step: int, seconds: float, found: Losses, network: LtmNetwork, lesson: Lesson
) -> dict[str, float | None]:
    line: dict[str, float | None] = {
        "step": step,
        "seconds": round(seconds, 1),
        "written": round(float(found.written), 5),
        "routed": round(float(found.routed), 5),
        "right": round(found.right, 4),
        "right_direct": None if math.isnan(found.right_direct) else round(found.right_direct, 4),
        "margin": round(found.margin, 4),
        "sharpness": round(float(network.sharpness().detach()), 1),
        "bytes": lesson.n_bytes,
        "max_hops": lesson.max_hops,
    }
    console.print("  ".join(f"{name} {value}" for name, value in line.items()), highlight=False)
    return line


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="train-hashhop", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--bytes", type=int, default=32_768, help="of a step's prompt")
    parser.add_argument("--questions", type=int, default=256, help="of a step")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="a directory; by default that of the model")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
