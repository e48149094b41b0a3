"""The upper bound: it has seen the answer."""

from collections.abc import Iterable

import numpy as np

from tests.benchmarks.bench_context.commits import Commit
from tests.benchmarks.bench_context.corpus import Corpus
from tests.benchmarks.bench_context.ranking import Ranking


class Oracle:
    """Ranks the blocks of the edited files: by edited lines a token, then by how near they are to an edited one."""

    def __init__(self, commits: Iterable[Commit]) -> None:
        """Look the answers up by parent and message."""
        self._commits = {(commit.parent, commit.message): commit for commit in commits}

    def rank(self, corpus: Corpus, message: str) -> Ranking:
        """Rank the edited files' blocks, and no others."""
        edits = self._commits[corpus.commit, message].edits
        keyed: list[tuple[float, int, int]] = []
        for path, lines in edits.items():
            blocks = corpus.blocks_of(path)
            edited = [sum(line in lines for line in range(*_lines(corpus, i))) for i in blocks]
            hits = [i for i, n_lines in zip(blocks, edited, strict=True) if n_lines]
            for i, n_lines in zip(blocks, edited, strict=True):
                distance = min(abs(i - hit) for hit in hits)
                keyed.append((-n_lines / max(int(corpus.n_tokens[i]), 1), distance, i))
        return Ranking.by_order(np.array([i for *_, i in sorted(keyed)], np.int64))


def _lines(corpus: Corpus, block: int) -> tuple[int, int]:
    return corpus.blocks[block].first, corpus.blocks[block].last
