"""The repository map of aider (Paul Gauthier, `aider/repomap.py`), as a ranking of blocks.

Files are nodes; a file that refers to a name points to each file that defines it, by the weights of aider: the root
of the number of references, times 10 for a name that the message mentions, times 10 for a long name of several
words, a tenth for one that begins with `_` or that more than 5 files define. The walk starts again at the files whose
path, name or directories the message mentions. Each definition then gets what its file's users pass to it, and a
block the best of the definitions that begin in it.

Where we depart. aider prints the lines of a definition's head and elides the rest, so that its map shows more
definitions in a budget and less of each; here a definition brings its block. No file is in the chat. Tags are those
of the queries that come with the grammars; aider's are mostly copies of these.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.bench_context.baselines.definitions import tags_of
from tests.benchmarks.bench_context.corpus import Corpus, File, FloatArray, IntArray
from tests.benchmarks.bench_context.ranking import Ranking
from tests.benchmarks.bench_context.sparse import bin_sums

_DAMPING = 0.85
_TOLERANCE = 1e-6
_MAX_ROUNDS = 100
_MIN_NAME = 5
_LOOP = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class _FileTags:
    defined: IntArray  # name of each definition
    blocks: IntArray  # the block that it begins in, counted within the file
    referred: IntArray  # distinct names
    n_references: IntArray  # of each of these


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    """Edges kept as they come apart: referring file → name → each file that defines it."""

    definers: IntArray  # (pairs,) file of each distinct pair of file and defined name
    defined: IntArray  # (pairs,) and the name
    users: IntArray  # (uses,) file of each distinct pair of file and name that is both referred to and defined
    used: IntArray  # (uses,) and the name
    weights: FloatArray  # (uses,) of the edge to each definer
    n_definers: IntArray  # (names,)
    is_used: NDArray[np.bool_]  # (names,)
    loops: FloatArray  # (files,) weight of the edge to itself, for names that nobody refers to


class RepoMap:
    """Ranks the blocks in which definitions begin."""

    def __init__(self) -> None:
        """Begin with no file parsed."""
        self._names: dict[str, int] = {}
        self._files: dict[tuple[str, str], _FileTags] = {}

    def rank(self, corpus: Corpus, message: str) -> Ranking:
        """Rank the definitions, those that the message's files lead to first."""
        tags = [self._tags(file) for file in corpus.files]
        mentioned = set(re.split(r"\W+", message)) - {""}
        graph = self._graph(tags, mentioned)
        start = _start([file.path for file in corpus.files], message, mentioned)
        by_name, by_file = _passed(graph, start)
        scores = np.zeros(len(corpus.blocks))
        for i, file in enumerate(tags):
            passed = np.where(graph.is_used[file.defined], by_name[file.defined], by_file[i])
            np.maximum.at(scores, corpus.starts[i] + file.blocks, passed)
        return Ranking.by_score(scores)

    def _tags(self, file: File) -> _FileTags:
        found = self._files.get(file.key)
        if found is None:
            tags = tags_of(file.path, "\n".join(block.text for block in file.blocks))
            lasts = [block.last for block in file.blocks]
            lines = [line for _, line in tags.definitions]
            found = self._files[file.key] = _FileTags(
                self._numbers(name for name, _ in tags.definitions),
                np.searchsorted(lasts, lines, side="right").astype(np.int64),
                self._numbers(tags.references),
                np.fromiter(tags.references.values(), np.int64),
            )
        return found

    def _numbers(self, names: Iterable[str]) -> IntArray:
        return np.fromiter((self._names.setdefault(name, len(self._names)) for name in names), np.int64)

    def _graph(self, tags: list[_FileTags], mentioned: set[str]) -> _Graph:
        n_names = len(self._names)
        definers = np.repeat(np.arange(len(tags)), [len(file.defined) for file in tags])
        pairs = np.unique(definers * n_names + np.concatenate([file.defined for file in tags]))
        definers, defined = np.divmod(pairs, n_names)
        n_definers = np.bincount(defined, minlength=n_names)
        users = np.repeat(np.arange(len(tags)), [len(file.referred) for file in tags])
        used = np.concatenate([file.referred for file in tags])
        counts = np.concatenate([file.n_references for file in tags])
        is_used = np.bincount(used, minlength=n_names) > 0
        n_loops = np.bincount(definers[~is_used[defined]], minlength=len(tags))
        linked = n_definers[used] > 0
        users, used, counts = users[linked], used[linked], counts[linked]
        names = np.array([_name_weight(name, mentioned) for name in self._names])
        names[n_definers > 5] *= 0.1
        return _Graph(
            definers=definers,
            defined=defined,
            users=users,
            used=used,
            weights=names[used] * np.sqrt(counts),
            n_definers=n_definers,
            is_used=is_used,
            loops=_LOOP * n_loops.astype(np.float64),
        )


def _name_weight(name: str, mentioned: set[str]) -> float:
    weight = 10.0 if name in mentioned else 1.0
    has_letters = any(letter.isalpha() for letter in name)
    is_camel = any(letter.isupper() for letter in name) and any(letter.islower() for letter in name)
    if len(name) >= 8 and (is_camel or (has_letters and ("_" in name or "-" in name))):
        weight *= 10
    return weight * 0.1 if name.startswith("_") else weight


def _start(paths: list[str], message: str, mentioned: set[str]) -> FloatArray:
    """Return where the walk starts again: files that the message names, each twice if also by a part of its path."""
    spoken = {word.strip("\"'`*_(),.!;:?") for word in message.split()}
    lowered = {word.lower() for word in mentioned if len(word) >= _MIN_NAME}
    start = np.zeros(len(paths))
    for i, path in enumerate(map(PurePosixPath, paths)):
        start[i] = (
            (str(path) in spoken or path.name in spoken or path.stem.lower() in lowered)
            + (not mentioned.isdisjoint({*path.parts, path.stem}))
        )  # fmt: skip
    total = start.sum()
    return start / total if total else np.full(len(paths), 1 / len(paths))


def _passed(graph: _Graph, start: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Walk until the ranks settle and return what a definition is passed.

    By its name, (names,), where there are uses of it, which do not tell its definitions apart; by its file, (files,),
    where there are none.
    """
    n_files, n_names = len(start), len(graph.n_definers)
    out = graph.loops + bin_sums(graph.users, graph.weights * graph.n_definers[graph.used], n_files)
    dangling = out == 0
    share = np.divide(1.0, out, out=np.zeros(n_files), where=~dangling)
    rank = np.full(n_files, 1 / n_files)
    for _ in range(_MAX_ROUNDS):
        by_name = bin_sums(graph.used, graph.weights * (rank * share)[graph.users], n_names)
        arrived = bin_sums(graph.definers, by_name[graph.defined], n_files)
        arrived += rank * share * graph.loops + rank[dangling].sum() * start
        new = _DAMPING * arrived + (1 - _DAMPING) * start
        moved = float(np.abs(new - rank).sum())
        rank = new
        if moved < n_files * _TOLERANCE:
            break
    by_name = bin_sums(graph.used, graph.weights * (rank * share)[graph.users], n_names)
    return by_name, _LOOP * rank * share
