"""How much of what a commit edits lies in the working set that a ranking fills a budget with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tests.benchmarks.bench_context.commits import Commit
from tests.benchmarks.bench_context.corpus import Corpus, IntArray
from tests.benchmarks.bench_context.ranking import Ranking

BUDGETS = (2_048, 4_096, 16_384, 65_536)
HEADER_TOKENS = 12  # what naming a file costs, on its first block

_MAX_PASSED_OVER = 64


@dataclass(frozen=True, slots=True)
class Recall:
    """One arm on one commit. Recalls are by budget, as text, in the order of the budgets."""

    repository: str
    commit: str
    arm: str
    line_recall: Mapping[str, float]
    file_recall: Mapping[str, float]
    seconds: float

    def values(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def edited_lines(corpus: Corpus, commit: Commit) -> IntArray:
    """Count the edited lines in each block: (blocks,)."""
    edited = np.zeros(len(corpus.blocks), np.int64)
    for path, lines in commit.edits.items():
        for i in corpus.blocks_of(path):
            block = corpus.blocks[i]
            edited[i] = sum(line in lines for line in range(block.first, block.last))
    return edited


def measure(corpus: Corpus, commit: Commit, arm: str, ranking: Ranking, seconds: float) -> Recall:
    """Fill each budget and count what is found. Ties count against the arm."""
    edited = edited_lines(corpus, commit)
    order = ranking.against(edited)
    lines: dict[str, float] = {}
    files: dict[str, float] = {}
    for budget, taken in zip(BUDGETS, working_sets(corpus, order, BUDGETS), strict=True):
        found = {corpus.files[index].path for index in corpus.file_of[taken]}
        lines[str(budget)] = int(edited[taken].sum()) / commit.n_lines
        files[str(budget)] = len(found & commit.edits.keys()) / len(commit.edits)
    return Recall(commit.repository, commit.id, arm, lines, files, seconds)


def working_sets(corpus: Corpus, order: IntArray, budgets: Sequence[int]) -> Iterator[IntArray]:
    """Yield, for each budget in tokens, the blocks that fit into it, best first; what does not fit is passed over."""
    for budget in budgets:
        taken: list[int] = []
        seen: set[int] = set()
        n_passed, left = 0, budget
        for i in order:
            file = int(corpus.file_of[i])
            cost = int(corpus.n_tokens[i]) + (0 if file in seen else HEADER_TOKENS)
            if cost <= left:
                left -= cost
                seen.add(file)
                taken.append(int(i))
            else:
                n_passed += 1
                if n_passed == _MAX_PASSED_OVER:
                    break
        yield np.array(taken, np.int64)
