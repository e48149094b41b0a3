"""Blocks of a corpus as the model is shown them: lines of files in the frame that the program uses."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np

from repo_index.frame import cut_lines, frame_file
from repo_index.prompt import Excerpt
from tests.benchmarks.bench_context.baselines.bm25 import Bm25
from tests.benchmarks.bench_context.corpus import Block, Corpus, File, IntArray
from tests.benchmarks.bench_context.recall import working_sets
from tests.benchmarks.bench_context.words import TermIndex

VIEW_TOKENS = 1_024  # of the file under the pen; what the program shows of it


def excerpts(corpus: Corpus, blocks: IntArray) -> list[Excerpt]:
    """Return blocks, given best first, joined by file, the file with the best block last."""
    by_file: dict[int, list[int]] = {}
    for i in map(int, blocks):
        by_file.setdefault(int(corpus.file_of[i]), []).append(i)
    return [
        _excerpt(corpus.files[index], [corpus.blocks[i] for i in sorted(own)])
        for index, own in reversed(by_file.items())
    ]


def whole(corpus: Corpus) -> list[Excerpt]:
    """Return every file, in the order of the corpus."""
    return [_excerpt(file, file.blocks) for file in corpus.files]


def view(file: File, message: str) -> Excerpt:
    """Return what is shown of the file under the pen: its best blocks for a message by plain BM25, in their order.

    Blocks that have no word of the message come behind the others, from the top.
    """
    alone = Corpus("", (file,))
    ranked = Bm25(TermIndex()).rank(alone, message).blocks
    rest = np.setdiff1d(np.arange(len(file.blocks)), ranked)
    (taken,) = working_sets(alone, np.concatenate([ranked, rest]), [VIEW_TOKENS])
    return _excerpt(file, [file.blocks[i] for i in sorted(taken)])


def _excerpt(file: File, blocks: Sequence[Block]) -> Excerpt:
    path = PurePosixPath(file.path)
    text = "".join(f"{block.text}\n" for block in file.blocks)
    return Excerpt(path, frame_file(path, cut_lines(text, list(_spans(blocks)))))


def _spans(blocks: Iterable[Block]) -> Iterator[tuple[int, int]]:
    """Join blocks that follow each other."""
    first = last = -1
    for block in blocks:
        if block.first != last:
            if last > first:
                yield first, last
            first = block.first
        last = block.last
    if last > first:
        yield first, last
