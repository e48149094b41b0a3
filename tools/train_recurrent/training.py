"""The training of one network within a time limit, by a curriculum over the number of pairs, and what it then can."""

import dataclasses
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from rich.console import Console
from torch import nn
from torch.nn import functional

from model.hashhop.fixed_state import FixedState
from tools.train_recurrent.problems import Batch, Problems

PAIRS = (2, 4, 8, 16, 32, 64, 128, 256)  # measured
# After one pair not two: who copies one value and then the other is right so often that nothing more is learnt.
_MORE_PAIRS = (4, 8, 12, 16, 24, 32, 48, 64)
_PROMOTED_AT = 0.8  # of the answers right, as a running mean
_MOMENTUM = 0.95
_MAX_ANSWERS = 16  # of a prompt
_MAX_PROMPTS = 1024
_WARM_UP_STEPS = 100
_TOLD_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Course:
    """How a network is trained. `n_bytes` are those of a batch."""

    seconds: float
    seed: int
    rate: float
    n_bytes: int
    hash_lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """What is drawn: how many pairs a prompt has, and which hash lengths."""

    n_pairs: int
    hash_lengths: tuple[int, ...]


@dataclass(slots=True)
class Record:
    """What came of a training: steps, bytes read, the level reached, and what was told on the way."""

    n_steps: int = 0
    n_bytes: int = 0
    reached: Level | None = None
    seconds: float = 0.0
    told: list[dict[str, Any]] = field(default_factory=list)


def train(network: FixedState, course: Course, device: torch.device, console: Console) -> Record:
    """Train until the time is over; the rate falls to nothing with it."""
    problems, draw = Problems(device, course.seed), random.Random(course.seed)
    optimizer = torch.optim.AdamW(network.parameters(), course.rate, betas=(0.9, 0.95), weight_decay=0.01)
    started, told = time.monotonic(), 0.0
    levels = _levels(course.hash_lengths)
    level, mean, record = 0, 0.0, Record()
    while (elapsed := time.monotonic() - started) < course.seconds:
        at_top = level == 0 or draw.random() < 0.6
        batch = _draw(problems, levels[level if at_top else draw.randrange(level)], course, draw)
        for group in optimizer.param_groups:
            group["lr"] = course.rate * min(
                (record.n_steps + 1) / _WARM_UP_STEPS, 0.5 + 0.5 * math.cos(math.pi * elapsed / course.seconds)
            )
        loss, right = _losses(network, batch, device)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        record.n_steps += 1
        record.n_bytes += batch.ids.numel()
        if at_top:
            share = right.float().mean().item()  # waits for the device, so that the clock means something
            mean = _MOMENTUM * mean + (1 - _MOMENTUM) * share
            if mean > _PROMOTED_AT and level + 1 < len(levels):
                level, mean = level + 1, 0.0
        if elapsed - told > _TOLD_EVERY_S:
            told = elapsed
            now = {"s": round(elapsed), "steps": record.n_steps, **dataclasses.asdict(levels[level])}
            record.told.append(now | {"loss": round(loss.item(), 3), "right": round(mean, 3)})
            console.print(record.told[-1], highlight=False)
    record.seconds, record.reached = time.monotonic() - started, levels[level]
    return record


@torch.inference_mode()
def measure(
    network: FixedState, device: torch.device, seed: int, hash_lengths: Sequence[int], n_prompts: int
) -> dict[str, dict[str, float]]:
    """Return the share of right answers by hash length and number of pairs, one question a prompt.

    An answer is right if each of its bytes is the likeliest behind those before, which is what greedy decoding writes.
    """
    problems = Problems(device, seed)
    found: dict[str, dict[str, float]] = {}
    for hash_length in hash_lengths:
        shares = found.setdefault(str(hash_length), {})
        for n_pairs in PAIRS:
            n_at_once = max(1, min(n_prompts, 2**18 // (n_pairs * (2 * hash_length + 6))))
            n_right = n_seen = 0
            while n_seen < n_prompts:
                _, right = _losses(network, problems.draw(n_at_once, n_pairs, hash_length, 1), device)
                n_right, n_seen = n_right + int(right.sum()), n_seen + n_at_once
            shares[str(n_pairs)] = round(n_right / n_seen, 4)
    return found


def _levels(hash_lengths: Sequence[int]) -> list[Level]:
    """Return the levels in order: longer and longer hashes of one pair, then more and more pairs of them all."""
    longer = [Level(1, tuple(hash_lengths[: n + 1])) for n in range(len(hash_lengths))]
    return longer + [Level(n_pairs, tuple(hash_lengths)) for n_pairs in _MORE_PAIRS]


def _draw(problems: Problems, level: Level, course: Course, draw: random.Random) -> Batch:
    n_pairs, hash_length = level.n_pairs, draw.choice(level.hash_lengths)
    n_answers = min(n_pairs, _MAX_ANSWERS)
    n_prompts = course.n_bytes // ((n_pairs + n_answers) * (2 * hash_length + 6))
    steps = draw.random() < 0.5
    return problems.draw(max(1, min(n_prompts, _MAX_PROMPTS)), n_pairs, hash_length, n_answers, steps=steps)


def _losses(network: FixedState, batch: Batch, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean loss over bytes of answers, in nats, and which answers are right, `(prompts, answers)`."""
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits, _ = network(batch.ids[:, :-1])
    wanted, is_asked = batch.ids[:, 1:], batch.answers[0, 1:]
    logits, wanted = logits[:, is_asked].float(), wanted[:, is_asked]
    loss = functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())
    return loss, (logits.argmax(-1) == wanted).unflatten(1, (batch.n_answers, -1)).all(-1)
