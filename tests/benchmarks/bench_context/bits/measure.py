"""Bits of the true diff of commits, by what the model was shown before."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from model.api import Shown
from model.tokenizer import Tokenizer
from tests.benchmarks.bench_context.bits.answer import Answer
from tests.benchmarks.bench_context.bits.documents import excerpts, view, whole
from tests.benchmarks.bench_context.bits.scorer import Part, Scorer, Task
from tests.benchmarks.bench_context.commits import Commit
from tests.benchmarks.bench_context.corpus import Corpus, CorpusReader
from tests.benchmarks.bench_context.notes import notes_of
from tests.benchmarks.bench_context.ranking import Arm
from tests.benchmarks.bench_context.recall import HEADER_TOKENS, edited_lines, working_sets

BUDGETS = (2_048, 4_096)
NONE, DENSE = "none", "dense"
DENSE_TOKENS = 24_000  # the whole repository is shown up to here; it has to fit the window with all else


@dataclass(frozen=True, slots=True)
class Bits:
    """One arm on one commit at one budget. `n_context_tokens` are those of the documents, frames and marks included.

    `seconds` is the time of the network, 0 where another arm had shown the very same.
    """

    repository: str
    commit: str
    arm: str
    budget: int
    header_bits: float
    body_bits: float
    header_bytes: int
    body_bytes: int
    is_capped: bool
    n_context_tokens: int
    seconds: float

    @property
    def bits(self) -> float:
        """Bits of header and body."""
        return self.header_bits + self.body_bits

    @property
    def n_bytes(self) -> int:
        """Bytes of header and body."""
        return self.header_bytes + self.body_bytes

    def values(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


class AllBits:
    """What a run has found, noted one line each."""

    def __init__(self, scorer: Scorer, tokenizer: Tokenizer) -> None:
        """Find what an earlier run of the same code has done."""
        self._scorer = scorer
        self._tokenizer = tokenizer
        self._notes = notes_of("bits", {})
        self.done = [Bits(**line) for line in self._notes.lines]

    def run(self, reader: CorpusReader, commits: Sequence[Commit], arms: Mapping[str, Arm], console: Console) -> None:
        """Measure what has not been measured yet, of commits of one repository."""
        done = {(bits.commit, bits.arm, bits.budget) for bits in self.done}
        wanted = [(arm, budget) for arm in (NONE, *arms, DENSE) for budget in BUDGETS]
        for number, commit in enumerate(commits, start=1):
            missing = [(arm, budget) for arm, budget in wanted if (commit.id, arm, budget) not in done]
            if not missing:
                continue
            started = time.perf_counter()
            corpus = reader.at(commit.parent)
            choices = {
                arm: self._choices(corpus, commit, arm, arms) for arm in dict.fromkeys(arm for arm, _ in missing)
            }
            shown = {(arm, budget): choices[arm][budget] for arm, budget in missing if choices[arm]}
            if not shown:
                continue
            self._measure(corpus, commit, shown)
            console.print(
                f"  bits: {commit.repository} {number} of {len(commits)}: {time.perf_counter() - started:.0f} s: "
                f"{commit.message.splitlines()[0]}",
                highlight=False, markup=False,
            )  # fmt: skip

    def of(self, commits: Mapping[str, Sequence[Commit]], arms: Sequence[str]) -> list[Bits]:
        """Return what was found of commits by repository, in the order of the arms."""
        ids = {(name, commit.id) for name, own in commits.items() for commit in own}
        wanted = [bits for bits in self.done if (bits.repository, bits.commit) in ids]
        return [bits for arm in (NONE, *arms, DENSE) for bits in wanted if bits.arm == arm]

    def clear(self) -> None:
        """Forget them: the run is complete."""
        self._notes.clear()

    def _choices(
        self, corpus: Corpus, commit: Commit, arm: str, arms: Mapping[str, Arm]
    ) -> Mapping[int, Sequence[Shown]]:
        """Return what an arm shows by budget; nothing where the whole repository is too much."""
        if arm == NONE:
            return dict.fromkeys(BUDGETS, ())
        if arm == DENSE:
            n_tokens = int(corpus.n_tokens.sum()) + HEADER_TOKENS * len(corpus.files)
            return dict.fromkeys(BUDGETS, whole(corpus)) if n_tokens <= DENSE_TOKENS else {}
        order = arms[arm].rank(corpus, commit.message).against(edited_lines(corpus, commit))
        sets = working_sets(corpus, order, BUDGETS)
        return {budget: excerpts(corpus, blocks) for budget, blocks in zip(BUDGETS, sets, strict=True)}

    def _measure(self, corpus: Corpus, commit: Commit, shown: Mapping[tuple[str, int], Sequence[Shown]]) -> None:
        answer = Answer.of(commit, self._tokenizer.count)
        views = [view(corpus.files[corpus.file_index[file.path]], commit.message) for file in answer.files]
        task = Task(commit.message, answer, views)
        n_bytes = {"header": 0, "body": 0}
        for file in answer.files:
            n_bytes["header"] += len("".join(file.header).encode())
            n_bytes["body"] += len("".join(file.body).encode())
        known: dict[tuple[int, ...], Mapping[Part, float]] = {}
        for (arm, budget), documents in shown.items():
            started = time.perf_counter()
            ids = self._scorer.encode(documents)
            seconds = 0.0
            if ids not in known:
                known[ids] = self._scorer.bits(ids, task)
                seconds = time.perf_counter() - started
            found = known[ids]
            self._note(
                Bits(
                    commit.repository, commit.id, arm, budget,
                    round(found["header"], 3), round(found["body"], 3), n_bytes["header"], n_bytes["body"],
                    answer.is_capped, len(ids), round(seconds, 3),
                )
            )  # fmt: skip

    def _note(self, bits: Bits) -> None:
        self.done.append(bits)
        self._notes.note(bits.values())


def spread(commits: Sequence[Commit], n_commits: int) -> list[Commit]:
    """Return so many of the commits, evenly from the newest to the oldest."""
    n_own = min(n_commits, len(commits))
    return [commits[i * len(commits) // n_own] for i in range(n_own)]
