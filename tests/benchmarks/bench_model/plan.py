"""What is measured, in which order, and how long each step should take: values alone, nothing runs here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["roofline", "generate", "attempts", "start", "edits"]
Side = Literal["ours", "llama.cpp", "machine"]
Part = Literal["decode", "prefill", "batch", "start", "edits", "peak"]

PARTS: tuple[Part, ...] = ("decode", "prefill", "batch", "start", "edits", "peak")
MODELS = ("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b")
SIDES: tuple[Side, ...] = ("llama.cpp", "ours")

SHORT_CONTEXT, PREFILL_CONTEXT, MIDDLE_CONTEXT, LONG_CONTEXT = 512, 2_048, 8_192, 32_768
N_ATTEMPTS = 8
N_REPOSITORY_TOKENS = 16_000
# Contexts that take minutes to prefill, and which part besides `decode` wants them.
_LONG = ((MIDDLE_CONTEXT, "peak"), (LONG_CONTEXT, "decode"))
_LONG_ANSWER = 128  # what the longest prompt leaves free of the models' window


@dataclass(frozen=True, slots=True)
class Step:
    """One measurement: a process of its own. `repeats` counts decodings, starts or commits inside it."""

    kind: Kind
    side: Side = "machine"
    model: str = ""
    n_context: int = 0
    n_new: int = 0
    repeats: int = 0
    round: int = 0

    def __str__(self) -> str:
        context = f"{self.n_context:,} tokens" if self.n_context else ""
        return " ".join(filter(None, (self.model, self.side, self.kind, context, f"({self.round})")))

    @property
    def n_prompt(self) -> int:
        """Tokens that are fed before the first one is decoded; the longest context holds the answer, too."""
        return self.n_context - _LONG_ANSWER if self.n_context == LONG_CONTEXT else self.n_context

    def values(self) -> dict[str, Any]:
        return asdict(self)


def short_plan(parts: Sequence[Part], models: Sequence[str]) -> list[Step]:
    """Return the steps of the short form, dearest last: where the time runs out, the rest is left out and named."""
    steps = [Step("roofline")]
    for model in models:
        if "decode" in parts:
            steps += _in_turn(model, SHORT_CONTEXT, n_new=64, rounds=2)
    for model in models:
        if "prefill" in parts:
            steps += _in_turn(model, PREFILL_CONTEXT, n_new=32, rounds=1)
        if "batch" in parts:
            steps.append(Step("attempts", "ours", model, SHORT_CONTEXT, n_new=48, repeats=1))
    if "start" in parts:
        steps.append(Step("start", "ours", models[0], N_REPOSITORY_TOKENS, repeats=3))
    if "edits" in parts:
        steps.append(Step("edits", "ours", models[0], N_REPOSITORY_TOKENS, repeats=5))
    for n_context, part in _LONG:
        for model in models:
            if {"decode", part} & set(parts):
                steps += _in_turn(model, n_context, n_new=48, rounds=1)
    return steps


def full_plan(parts: Sequence[Part], models: Sequence[str]) -> list[Step]:
    """Return every step of the full form."""
    steps = [Step("roofline")]
    for model in models:
        if "decode" in parts:
            steps += _in_turn(model, SHORT_CONTEXT, n_new=96, rounds=3)
        if "prefill" in parts:
            steps += _in_turn(model, PREFILL_CONTEXT, n_new=64, rounds=3)
        if "batch" in parts:
            steps += [Step("attempts", "ours", model, SHORT_CONTEXT, n_new=96, repeats=1, round=i) for i in range(3)]
        if "start" in parts:
            steps.append(Step("start", "ours", model, N_REPOSITORY_TOKENS, repeats=5))
        if "edits" in parts:
            steps.append(Step("edits", "ours", model, N_REPOSITORY_TOKENS, repeats=50))
    for n_context, part in _LONG:
        for model in models:
            if {"decode", part} & set(parts):
                steps += _in_turn(model, n_context, n_new=96, rounds=2 if n_context == MIDDLE_CONTEXT else 1)
    return steps


def expected_s(step: Step, prefill_rates: Mapping[tuple[str, str], float], usual_rate: Mapping[str, float]) -> float:
    """Guess a step's seconds from tokens to prefill and the rate seen so far, in tokens a second by model and side.

    `usual_rate` by model stands in where nothing was seen yet. Attention makes long prompts dearer: a half more.
    """
    rate = prefill_rates.get((step.model, step.side)) or usual_rate.get(step.model) or 50.0
    n_tokens = step.n_prompt * (1.5 if step.n_prompt > PREFILL_CONTEXT else 1.0)
    decoding_s = 4.0 * max(1, step.repeats) * step.n_new / rate if step.kind in {"generate", "attempts"} else 0.0
    edits_s = 0.1 * step.repeats * step.n_context / rate if step.kind == "edits" else 0.0
    starts_s = 10.0 * step.repeats if step.kind == "start" else 0.0
    return 10.0 + n_tokens / rate + decoding_s + edits_s + starts_s


def _in_turn(model: str, n_context: int, *, n_new: int, rounds: int) -> Iterator[Step]:
    for round_ in range(rounds):
        for side in SIDES:
            yield Step("generate", side, model, n_context, n_new, 3, round_)
