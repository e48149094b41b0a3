"""Runs a model through questions about one prompt, and measures what that takes."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from model.api import OnProgress, Phase, Progress
from model.errors import WindowExceededError
from model.hashhop.hashes import Hashes
from model.hashhop.items import Item, Problem
from model.hashhop.layout import Layout
from model.hashhop.peak import forget_peak, peak_bytes
from model.hashhop.problem import HashHop
from model.hashhop.protocols import Reader, Reading
from model.hashhop.score import Score

CHAIN_OF_THOUGHT, DIRECT = "chain of thought", "direct"
_SAMPLE_CHARS = 40_000


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell of the table asks: `n` questions about a prompt of about `tokens` tokens.

    Where the task has no hashes their length is 0.
    """

    task: str
    tokens: int
    hops: int
    mode: str
    n: int
    hash_length: int


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a cell. `n_tokens`, `n_chars`, `read_s` and `held_bytes` are of the prompt, which cells may share.

    `right` answers are so as a whole, `by_hop` counts those that are right at each hop, and `seconds` is what all
    answers together took.
    """

    task: str
    model: str
    tokens: int
    hops: int
    mode: str
    right: int
    n: int
    hash_length: int
    by_hop: tuple[int, ...]
    n_tokens: int
    n_chars: int
    read_s: float
    seconds: float
    n_decoded_tokens: int
    held_bytes: int
    peak_bytes: int

    @property
    def cell(self) -> Cell:
        """What was asked."""
        return Cell(self.task, self.tokens, self.hops, self.mode, self.n, self.hash_length)

    @property
    def score(self) -> Score:
        """How many are right."""
        return Score(self.n, self.right, self.by_hop)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, the interval of what is right among them."""
        return asdict(self) | {"interval": [round(end, 4) for end in self.score.interval]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Result":
        """Read what `to_json` has returned."""
        values = {each.name: kept[each.name] for each in fields(cls)}
        return cls(**values | {"by_hop": tuple(kept["by_hop"])})


def chars_of_tokens(reader: Reader, n_tokens: int, layout: Layout, hash_length: int, seed: int) -> int:
    """Return how many characters a prompt of so many tokens has.

    A prompt looks the same everywhere, so that a part of it tells how many characters a token has.

    Raises:
        ProblemError: there are not enough different hashes for any prompt.

    """
    hashes = Hashes(hash_length, seed)
    hashes.check(layout.n_hashes)
    n_groups = min(_SAMPLE_CHARS // layout.n_chars(hash_length), hashes.n_distinct // layout.n_hashes)
    sample = next(HashHop(max(1, n_groups), layout, hash_length, seed).pieces())
    return n_tokens * len(sample) // reader.count_tokens(sample)


def run(reader: Reader, problem: Problem, cells: Sequence[Cell], on_progress: OnProgress) -> Iterator[Result]:
    """Read the prompt once, and yield what comes of each cell.

    Raises:
        ProblemError: a cell asks more questions than the prompt has answers for; nothing was read then.
        WindowExceededError: the prompt is too long for the model; nothing of it was made then.

    """
    most = reader.max_tokens
    if most is not None and cells[0].tokens > most:
        raise WindowExceededError(
            f"a prompt of {cells[0].tokens:,} tokens does not fit {reader.name}, whose window leaves {most:,}: "
            "ask for fewer, or let the memory read it (--attention memory)"
        )
    asked = [problem.items(cell.hops, cell.n, chain_of_thought=cell.mode == CHAIN_OF_THOUGHT) for cell in cells]
    forget_peak()
    started = time.perf_counter()
    reading = reader.read(problem.pieces(), _heard("read", cells[0].tokens, on_progress))
    read_s = time.perf_counter() - started
    on_progress(Progress("read", reading.n_tokens, reading.n_tokens))
    for cell, items in zip(cells, asked, strict=True):
        answers, seconds, n_decoded = _answers(reader, reading, items, on_progress)
        score = Score.of(items, answers)
        yield Result(
            task=cell.task,
            model=reader.name,
            tokens=cell.tokens,
            hops=cell.hops,
            mode=cell.mode,
            right=score.right,
            n=score.n,
            hash_length=cell.hash_length,
            by_hop=score.by_hop,
            n_tokens=reading.n_tokens,
            n_chars=problem.n_chars,
            read_s=read_s,
            seconds=seconds,
            n_decoded_tokens=n_decoded,
            held_bytes=reading.n_bytes,
            peak_bytes=peak_bytes(),
        )
        forget_peak()


def together(results: Sequence[Result]) -> Result:
    """Return results of one cell on several prompts as one: reading as the mean, memory as the most."""
    n = len(results)
    return replace(
        results[0],
        n=sum(result.n for result in results),
        right=sum(result.right for result in results),
        by_hop=tuple(map(sum, zip(*(result.by_hop for result in results), strict=True))),
        n_tokens=sum(result.n_tokens for result in results) // n,
        n_chars=sum(result.n_chars for result in results) // n,
        read_s=sum(result.read_s for result in results) / n,
        seconds=sum(result.seconds for result in results),
        n_decoded_tokens=sum(result.n_decoded_tokens for result in results),
        held_bytes=max(result.held_bytes for result in results),
        peak_bytes=max(result.peak_bytes for result in results),
    )


def _answers(
    reader: Reader, reading: Reading, items: Sequence[Item], on_progress: OnProgress
) -> tuple[list[str], float, int]:
    """Return answers, the seconds they took and the tokens that were decoded."""
    n_decoded = 0
    heard = _heard("answer", sum(reader.count_tokens(item.answer) for item in items), on_progress)

    def hear(n_tokens: int) -> None:
        nonlocal n_decoded
        n_decoded = n_tokens
        heard(n_tokens)

    started = time.perf_counter()
    answers = reading.complete([item.question for item in items], hear)
    seconds = time.perf_counter() - started
    on_progress(Progress("answer", n_decoded, n_decoded))
    return answers, seconds, n_decoded


def _heard(phase: Phase, n_expected: int, on_progress: OnProgress) -> Callable[[int], None]:
    """Return what turns a count of tokens into progress; how many there will be is a guess until the end."""
    return lambda n_tokens: on_progress(Progress(phase, n_tokens, max(n_expected, n_tokens + 1)))
