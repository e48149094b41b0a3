"""Who is asked, and about which prompts."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from model.device import choose_device
from model.hashhop.language_model import LanguageModelReader
from model.hashhop.measure import CHAIN_OF_THOUGHT, DIRECT
from model.hashhop.plan import MAX_HOPS, Plan
from model.hashhop.protocols import Reader
from model.hashhop.readers import LTM_HASHHOP, Opening, open_reader
from model.loading import open_model
from tests.benchmarks.bench_hashhop.ranked import RANKINGS, RankedLook

SMALL_MODEL = "qwen2.5-coder-0.5b"
_LANGUAGE_MODELS = (SMALL_MODEL, "qwen2.5-coder-1.5b")
_ALL_HOPS = tuple(range(1, MAX_HOPS + 1))
_BOTH = (CHAIN_OF_THOUGHT, DIRECT)
_PAIRS = (1, 2, 4, 8, 16, 25)  # of which a network with a fixed state keeps fewer and fewer
_HARNESS = ("model/hashhop", "tests/benchmarks/bench_hashhop")


@dataclass(frozen=True, slots=True)
class Arm:
    """One model in one way, with its plans in the short form and in the full one.

    `measured` are the sources that its results depend on.
    """

    open: Callable[[Opening], Reader]
    short: tuple[Plan, ...]
    full: tuple[Plan, ...]
    measured: tuple[str, ...]


def arms(seed: int) -> dict[str, Arm]:
    """Return all arms by name: the trained model first, then language models in each way."""
    found = {LTM_HASHHOP: _ltm(seed), f"{LTM_HASHHOP} (random)": _routed_at_random(seed)}
    for model in _LANGUAGE_MODELS:
        found[model] = _language_model(model, seed, (4_000,), (4_000, 10_000), partial(open_reader, model))
        ways = {"memory": partial(_with_memory, model)} | {way: partial(_ranked, model, way) for way in RANKINGS}
        for way, open_ in ways.items():
            sizes = (10_000, 100_000, 1_000_000)
            found[f"{model} + {way}"] = _language_model(model, seed, (100_000,), sizes, open_)
    return found


def recurrent(weights: Path, seed: int) -> Arm:
    """Return a network that learnt one hop, asked about the shortest hashes that it learnt, among more and more."""
    hash_length = _shortest_learnt(weights)

    def plan(sizes: tuple[int, ...], n: int) -> Plan:
        return Plan(sizes, (1,), (DIRECT,), n, hash_length=hash_length, seed=seed, is_reference=True)

    sizes = tuple(n_pairs * (2 * hash_length + len(" = ''\n")) for n_pairs in _PAIRS)
    return Arm(partial(open_reader, str(weights)), (plan(sizes[:3], 100),), (plan(sizes, 200),), _HARNESS)


def _shortest_learnt(weights: Path) -> int:
    record = weights.with_suffix(".json")
    if not record.exists():  # nor are the weights, most likely: opening them says so
        return 1
    return min(json.loads(record.read_text(encoding="utf-8"))["course"]["hash_lengths"])


def _ltm(seed: int) -> Arm:
    return Arm(
        partial(open_reader, LTM_HASHHOP),
        (Plan((100_000, 1_000_000), (1, 2, 3, 6), _BOTH, 50, seed=seed),),
        (
            Plan((100_000, 1_000_000), _ALL_HOPS, _BOTH, 1_000, seed=seed),
            Plan((10_000_000, 100_000_000), _ALL_HOPS, _BOTH, 200, seed=seed),
        ),
        (*_HARNESS, "model/ltm"),
    )


def _routed_at_random(seed: int) -> Arm:
    """Return the trained model without what it is for: it fetches from anywhere, and should fail."""

    def open_(opening: Opening) -> Reader:
        from model.ltm.memory import Routing  # noqa: PLC0415 - torch
        from model.ltm.reader import LtmReader  # noqa: PLC0415

        return LtmReader(device=str(choose_device(opening.device)), routing=Routing.RANDOM)

    plans = (Plan((100_000,), (1, 2), _BOTH, 50, seed=seed),)
    return Arm(open_, plans, plans, (*_HARNESS, "model/ltm"))


def _language_model(
    model: str, seed: int, short: tuple[int, ...], full: tuple[int, ...], open_: Callable[[Opening], Reader]
) -> Arm:
    """Return an arm with few questions: one takes seconds."""
    quick = Plan(short, (1, 3), (CHAIN_OF_THOUGHT,), 5, seed=seed)
    return Arm(
        open_,
        (quick,) if model == SMALL_MODEL else (),
        (Plan(full, (1, 3), (CHAIN_OF_THOUGHT,), 20, seed=seed),),
        ("model", "tests/benchmarks/bench_hashhop", "tests/benchmarks/bench_context"),
    )


def _with_memory(name: str, opening: Opening) -> Reader:
    return open_reader(name, replace(opening, attention="memory"))


def _ranked(name: str, ranking: str, opening: Opening) -> Reader:
    model = open_model(name, device=opening.device, on_progress=opening.on_progress, keeps_prefixes=False)
    return LanguageModelReader(model, look=RankedLook(model, ranking), way=ranking)
