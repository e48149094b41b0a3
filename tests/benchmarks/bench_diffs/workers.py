"""Random diffs written by several processes."""

import multiprocessing
import signal
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from multiprocessing.connection import Connection, wait
from pathlib import Path

from agent.interrupts import held_back
from tests.benchmarks.bench_diffs.random_diffs import BLOCK, Author, Outcome
from tests.benchmarks.bench_diffs.worktree import Repository


class WorkerError(Exception):
    """A process ended before its work was done."""


def write_all(
    seed: int, repositories: Sequence[Repository], numbers: Sequence[int], n_workers: int
) -> Iterator[Outcome]:
    """Yield each diff's outcome as it comes.

    Raises:
        WorkerError: a process was killed, or failed outside of a diff; its own words are on standard error.

    """
    blocks = [list(block) for _, block in groupby(sorted(numbers), lambda number: number // BLOCK)]
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:  # a git that was left may still write
        processes, ends = [], {}
        for index in range(min(n_workers, len(blocks))):
            mine, theirs = context.Pipe(duplex=False)
            home, share = Path(scratch) / str(index), blocks[index::n_workers]
            process = context.Process(target=_work, args=(seed, repositories, home, share, theirs), daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
            ends[mine] = len([number for block in share for number in block])
        try:
            while ends:
                for end in wait(list(ends)):
                    assert isinstance(end, Connection)
                    try:
                        yield end.recv()
                        ends[end] -= 1
                    except EOFError:
                        if n_left := ends.pop(end):
                            raise WorkerError(f"a process ended with {n_left:,} diffs left to write") from None
        finally:
            with held_back():
                for process in processes:
                    process.terminate()
                    process.join()


def _work(
    seed: int, repositories: Sequence[Repository], home: Path, blocks: Sequence[Sequence[int]], out: Connection
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    home.mkdir()
    author = Author(seed, repositories, home)
    for block in blocks:
        for outcome in author.write(block):
            out.send(outcome)
