"""How many bits a model needs to write a text behind a prompt, as it would be asked in the program."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from model.api import Query, Shown
from model.chat import ChatTemplate
from model.constraint import FENCE_OPEN
from model.native.kernels import Kernels
from model.native.network import NativeNetwork, NetworkConfig
from model.prompt import PromptEncoder
from model.sampler import Logits
from model.tokenizer import Tokenizer
from repo_index.prompt import render_system
from repo_index.snapshot import RepoSnapshot
from tests.benchmarks.bench_context.bits.answer import Answer

Part = Literal["header", "body"]
# Logits of a pass are kept for every token that is scored: 152,000 of them for each.
_SCORED_TOKENS, _READ_TOKENS = 128, 512


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens that stand side by side, all of them scored as one part of the answer, or none."""

    ids: Sequence[int]
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task and the answer that is scored; `views` are what is shown of each of its files behind its header."""

    message: str
    answer: Answer
    views: Sequence[Shown]


class Scorer:
    """The network, in process and dense, and the system text, which is read once."""

    def __init__(self, directory: Path, tokenizer: Tokenizer) -> None:
        """Load a model directory; the program's system text without instructions of a project is read at once."""
        config, kernels = NetworkConfig.read(directory), Kernels.best()
        if config is None or kernels is None:
            raise SystemExit(f"{directory} does not run on our kernels here")
        self._network = NativeNetwork.load(directory, config, kernels)
        self._encoder = PromptEncoder(tokenizer, ChatTemplate.from_directory(directory))
        self._system = render_system(RepoSnapshot(Path(), None, (), ()))
        self._n_system = len(self._encoder.prefix(self._system, ()))
        self._cache = self._network.new_cache()
        for ids in _chunks(self._encoder.prefix(self._system, ()), _READ_TOKENS):
            self._network.feed([(self._cache, ids)])

    def encode(self, documents: Sequence[Shown]) -> tuple[int, ...]:
        """Return the tokens of documents, behind the system text."""
        return tuple(self._encoder.prefix(self._system, documents)[self._n_system :])

    def bits(self, documents: Sequence[int], task: Task) -> Mapping[Part, float]:
        """Return the bits of a task's answer behind the tokens of documents."""
        cache = self._cache.fork()
        found: dict[Part, float] = {"header": 0.0, "body": 0.0}
        before: Logits | None = None  # what the network expects next
        for run in self._runs(documents, task):
            for ids in _chunks(run.ids, _SCORED_TOKENS if run.part else _READ_TOKENS):
                logits = self._network.feed([(cache, ids)], [len(ids) if run.part else 1])
                if run.part and before is not None:
                    expected = (before, *logits[:-1])
                    found[run.part] += sum(_bits(row, id_) for row, id_ in zip(expected, ids, strict=True))
                before = logits[-1].copy()
        return found

    def _runs(self, documents: Sequence[int], task: Task) -> Iterator[Run]:
        """Yield prompt and answer: behind each header what is shown of the file, and fence and header once more."""
        fence = self._lines([FENCE_OPEN.decode()])
        yield Run([*documents, *self._encoder.tail(Query((), task.message)), *fence])
        for file, view in zip(task.answer.files, task.views, strict=True):
            header = self._lines(file.header)
            yield Run(header, "header")
            yield Run([*self._encoder.further([view]), *fence, *header])
            yield Run(self._lines(file.body), "body")

    def _lines(self, lines: Sequence[str]) -> list[int]:
        """Encode lines apart, as they are when the program forces them: each begins at a token."""
        return [id_ for line in lines for id_ in self._encoder.tokenizer.encode(line)]


def _chunks(ids: Sequence[int], n_tokens: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), n_tokens):
        yield ids[start : start + n_tokens]


def _bits(logits: Logits, id_: int) -> float:
    """Return the bits of a token, given logits `(vocab,)`; they are summed in double precision."""
    top = float(logits.max())
    total = float(np.exp(logits - np.float32(top)).sum(dtype=np.float64))
    return float(np.log2(total) - (float(logits[id_]) - top) / np.log(2))
