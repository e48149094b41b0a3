"""What the router learns from: a commit's message, the repository before it, and the lines that it edits."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import git
import numpy as np

from model.memory.index import Floats, Offsets, RepositoryIndex
from model.memory.past import Past
from model.memory.router import Router
from model.memory.signals import NAMES, collect, index_paths
from model.tokenizer import Tokenizer
from tests.benchmarks.bench_context.commits import Commit, held_back
from tests.benchmarks.bench_context.corpus import CorpusReader, LineCounter
from tests.benchmarks.bench_context.memory import Indexer

# Of all segments, those that some signal, or several together, like best are kept, those of the edited files, and some
# at random, which stand for all the rest.
_LIKED_BY = (
    "segment_bm25", "segment_names", "file_bm25", "path_bm25", "past_alike", "lines_lately", "lines_alike",
    "around_bm25", "wide_bm25", "above_bm25",
)  # fmt: skip
_TOGETHER = ("around_share", "wide_share", "file_share", "path_share", "alike_share", "lines_alike_share")
_N_LIKED, _N_TOGETHER, _N_RANDOM, _N_IN_FILE = 200, 1_000, 500, 400


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Segments of one commit's repository."""

    signals: Floats  # (segments, signals)
    n_edited: Floats  # (segments,): edited lines, those around them included
    n_tokens: Offsets  # (segments,)
    weight: Floats  # (segments,): how many segments of the repository each stands for
    n_all_edited: int  # of the whole repository


def examples(name: str, path: Path, tokenizer: Tokenizer, n_commits: int, seed: int) -> Iterator[Example]:
    """Yield an example for each of the newest commits that make a task."""
    reader = CorpusReader(git.Git(path), LineCounter(tokenizer))
    indexer = Indexer(tokenizer, path)
    router = Router(tokenizer, indexer.lexicon)
    rng = np.random.default_rng(seed)
    for commit in held_back(name, git.Git(path), reader, n_commits):
        corpus = reader.at(commit.parent)
        index = indexer.index(corpus)
        past = Past.of(indexer.past(corpus), index, tokenizer)
        paths = index_paths(index.paths, tokenizer)
        signals = collect(index, paths, past, router.read(commit.message), indexer.lexicon)
        n_edited = _edited(index, commit)
        if n_edited.any():
            kept, weight = _kept(index, signals, n_edited, rng)
            yield Example(signals[kept], n_edited[kept], index.n_segment_tokens[kept], weight, commit.n_lines)


def _edited(index: RepositoryIndex, commit: Commit) -> Floats:
    """Return how many edited lines each segment has."""
    number = {path: file for file, path in enumerate(index.paths)}
    found = np.zeros(index.n_segments, dtype=np.float32)
    for path, lines in commit.edits.items():
        if path in number:
            start, end = index.file_segments[number[path] : number[path] + 2]
            firsts = index.segment_lines[start:end, 0]
            np.add.at(found, start + np.searchsorted(firsts, sorted(lines), side="right") - 1, 1)
    return found


def _kept(
    index: RepositoryIndex, signals: Floats, n_edited: Floats, rng: np.random.Generator
) -> tuple[Offsets, Floats]:
    """Return the segments to learn from, and how many each stands for."""
    edited = np.flatnonzero(n_edited)
    kept = [edited]
    kept += [np.argsort(-signals[:, NAMES.index(name)], kind="stable")[:_N_LIKED] for name in _LIKED_BY]
    together = sum(signals[:, NAMES.index(name)] for name in _TOGETHER)
    kept.append(np.argsort(-np.asarray(together), kind="stable")[:_N_TOGETHER])
    files = np.unique(index.file_of[edited])
    kept.extend(np.arange(*index.file_segments[file : file + 2])[:_N_IN_FILE] for file in files)
    chosen = np.unique(np.concatenate(kept))
    rest = np.setdiff1d(np.arange(len(signals)), chosen)
    drawn = rng.permutation(rest)[:_N_RANDOM]
    weight = np.ones(len(chosen) + len(drawn), dtype=np.float32)
    weight[len(chosen) :] = max(1.0, len(rest) / max(1, len(drawn)))
    return np.concatenate([chosen, drawn]), weight
