"""What speaks for a segment: how well its words, its surroundings, its file, its path and the file's past fit a query.

Each signal alone is old: BM25 over segments and files, names, definitions, co-change. `model.memory.router` learned how
much each counts.
"""

from collections.abc import Sequence

import numpy as np

from model.memory.bm25 import Counts, Scores, score
from model.memory.hits import Hits, Query
from model.memory.index import Floats, Offsets, RepositoryIndex
from model.memory.lexicon import Lexicon
from model.memory.past import Past
from model.tokenizer import Tokenizer

NAMES = (
    "segment_bm25", "segment_cover", "segment_names", "segment_defines", "before_bm25", "around_bm25",
    "around_cover", "around_names", "around_defines", "wide_bm25", "above_bm25",
    "file_bm25", "file_cover", "file_names", "file_best", "file_wide", "path_bm25", "path_cover", "directory_bm25",
    "past_alike", "past_together", "past_often", "past_lately",
    "lines_alike", "lines_lately", "lines_often", "around_lines_alike", "around_lines_lately", "wide_lines_lately",
    "rank_in_file", "file_rank", "file_size", "tokens_a_line", "place_in_file", "is_first", "is_test", "is_text",
    "repository_size", "segment_share", "around_share", "wide_share", "above_share", "file_share", "path_share",
    "alike_share", "lines_alike_share", "around_rank", "wide_rank", "file_wide_rank",
    "near_bm25", "near_around", "near_wide", "near_file_bm25", "near_path_bm25", "near_past_alike",
)  # fmt: skip

# Of sums over the segments around one, in their order; the middle is its own.
_AROUND = np.array([0.25, 0.5, 1.0, 0.5, 0.25], dtype=np.float32)
_WIDE = (0.8 ** np.abs(np.arange(-10, 11))).astype(np.float32)
_ABOVE = np.concatenate([np.zeros(6), 0.8 ** np.arange(7)]).astype(np.float32)  # itself and those before it

_TEXT_ENDINGS = (
    ".adoc", ".css", ".csv", ".html", ".json", ".lock", ".md", ".mdx", ".po", ".rst", ".svg", ".toml", ".txt", ".xml",
    ".yaml", ".yml",
)  # fmt: skip


def index_paths(paths: Sequence[str], tokenizer: Tokenizer) -> RepositoryIndex:
    """Return the paths as texts of their own, one segment each."""
    return RepositoryIndex.of_lines(paths, [tokenizer.encode_array(path) for path in paths])


def collect(index: RepositoryIndex, paths: RepositoryIndex, past: Past, query: Query, lexicon: Lexicon) -> Floats:
    """Return what speaks for each segment, `(segments, signals)`, in the order of `NAMES`."""
    n_segments, of = index.n_segments, index.file_of
    lengths = index.n_segment_tokens.astype(np.float32)
    near_hits = Hits.find(index, query, lexicon)
    hits = near_hits.exact()
    near, near_file = _score_with_files(index, near_hits, query)
    own, file = _score_with_files(index, hits, query)
    completing = hits.completes_name(query)
    names_weight = np.where(completing, own.idf[hits.term] + own.idf[np.roll(hits.term, 1)], 0)
    names = np.log1p(np.bincount(hits.segment, names_weight, minlength=n_segments)).astype(np.float32)
    defines_weight = hits.is_defined(index.ids, lexicon) * own.idf[hits.term]
    defines = np.log1p(np.bincount(hits.segment, defines_weight, minlength=n_segments)).astype(np.float32)

    path_hits, message_hits = (Hits.find(texts, query, lexicon) for texts in (paths, past.messages))
    path_lengths = paths.n_segment_tokens.astype(np.float32)
    near_path, path = (
        score(found.by_segment(paths.n_segments, len(query.terms)), path_lengths, query.weights)
        for found in (path_hits, path_hits.exact())
    )
    near_alike = past.by_file(past.alike(message_hits, query.weights))
    changes_alike = past.alike(message_hits.exact(), query.weights)
    alike = past.by_file(changes_alike)
    lines_alike, lines_lately = past.by_segment(changes_alike, n_segments), past.lately(n_segments)
    lines_often = np.bincount(past.segments, minlength=n_segments)

    around = _smooth(own.scores, index.file_segments, _AROUND)
    above = _smooth(own.scores, index.file_segments, _ABOVE)
    wide = _smooth(own.scores, index.file_segments, _WIDE)
    place = (np.arange(n_segments) - index.file_segments[:-1][of]).astype(np.float32)
    n_in_file = np.diff(index.file_segments).astype(np.float32)
    n_lines = np.diff(index.segment_lines, axis=1)[:, 0]
    by_name = {
        "segment_bm25": own.scores,
        "segment_cover": own.cover,
        "segment_names": names,
        "segment_defines": defines,
        "before_bm25": _before(own.scores, of),
        "around_bm25": around,
        "around_cover": _smooth(own.cover, index.file_segments, _AROUND),
        "around_names": _smooth(names, index.file_segments, _AROUND),
        "around_defines": _smooth(defines, index.file_segments, _AROUND),
        "wide_bm25": wide,
        "above_bm25": above,
        "file_bm25": file.scores[of],
        "file_cover": file.cover[of],
        "file_names": _best(names, index)[of],
        "file_best": _best(own.scores, index)[of],
        "file_wide": _best(wide, index)[of],
        "path_bm25": path.scores[of],
        "path_cover": path.cover[of],
        "directory_bm25": _directory_means(index.paths, file.scores)[of],
        "past_alike": alike[of],
        "past_together": past.together(file.scores + path.scores + alike)[of],
        "past_often": np.log1p(past.often)[of],
        "past_lately": (1 / np.log2(2 + past.age))[of],
        "lines_alike": lines_alike,
        "lines_lately": lines_lately,
        "lines_often": np.log1p(lines_often),
        "around_lines_alike": _smooth(lines_alike, index.file_segments, _AROUND),
        "around_lines_lately": _smooth(lines_lately, index.file_segments, _AROUND),
        "wide_lines_lately": _smooth(lines_lately, index.file_segments, _WIDE),
        "rank_in_file": np.log1p(_rank_within(own.scores, of)),
        "file_rank": np.log1p(_rank(file.scores + path.scores))[of],
        "file_size": np.log1p(n_in_file)[of],
        "tokens_a_line": np.log1p(lengths / np.maximum(1, n_lines)),
        "place_in_file": place / np.maximum(1, n_in_file[of]),
        "is_first": place == 0,
        "is_test": _matching(index.paths, ("test", "spec"))[of],
        "is_text": np.array([path.lower().endswith(_TEXT_ENDINGS) for path in index.paths], dtype=np.bool_)[of],
        "repository_size": np.full(n_segments, np.log1p(n_segments)),
        "segment_share": _share(own.scores),
        "around_share": _share(around),
        "wide_share": _share(wide),
        "above_share": _share(above),
        "file_share": _share(file.scores)[of],
        "path_share": _share(path.scores)[of],
        "alike_share": _share(alike)[of],
        "lines_alike_share": _share(lines_alike),
        "around_rank": np.log1p(_rank(around)),
        "wide_rank": np.log1p(_rank(wide)),
        "file_wide_rank": np.log1p(_rank(_best(wide, index)))[of],
        "near_bm25": near.scores,
        "near_around": _smooth(near.scores, index.file_segments, _AROUND),
        "near_wide": _smooth(near.scores, index.file_segments, _WIDE),
        "near_file_bm25": near_file.scores[of],
        "near_path_bm25": near_path.scores[of],
        "near_past_alike": near_alike[of],
    }
    signals = np.empty((n_segments, len(NAMES)), dtype=np.float32, order="F")
    for column, name in enumerate(NAMES):
        signals[:, column] = by_name[name]
    return signals


def _score_with_files(index: RepositoryIndex, hits: Hits, query: Query) -> tuple[Scores, Scores]:
    """Score segments, and files, in which a term counts as often as segments have it."""
    n_files, n_terms, of = len(index.paths), len(query.terms), index.file_of
    lengths = index.n_segment_tokens.astype(np.float32)
    in_segments = hits.by_segment(index.n_segments, n_terms)
    had = np.minimum(1, in_segments.count)
    in_files = Counts.of(of[in_segments.group], in_segments.term, had, n_files, n_terms)
    file_lengths = np.bincount(of, lengths, minlength=n_files).astype(np.float32)
    return score(in_segments, lengths, query.weights), score(in_files, file_lengths, query.weights)


def _smooth(values: Floats, starts: Offsets, kernel: Floats) -> Floats:
    """Return weighted sums over the segments around each one, within its file."""
    reach = len(kernel) // 2
    n_files = len(starts) - 1
    padded = np.zeros(len(values) + reach * (n_files + 1), dtype=np.float32)
    at = np.arange(len(values)) + reach * (1 + np.repeat(np.arange(n_files), np.diff(starts)))
    padded[at] = values
    smoothed: Floats = np.convolve(padded, kernel, mode="same")[at].astype(np.float32)
    return smoothed


def _before(values: Floats, of: Offsets) -> Floats:
    """Return the value of the segment before each one in its file, 0 where there is none."""
    moved = np.where(np.roll(of, 1) == of, np.roll(values, 1), 0)
    moved[:1] = 0
    return moved.astype(np.float32)


def _best(values: Floats, index: RepositoryIndex) -> Floats:
    """Return the largest value of each file, 0 for one without segments."""
    best = np.zeros(len(index.paths), dtype=np.float32)
    np.maximum.at(best, index.file_of, values)
    return best


def _share(values: Floats) -> Floats:
    """Return values as parts of the largest one: scores of a large repository are larger than those of a small one."""
    top = float(values.max(initial=0.0))
    return values / top if top > 0 else values


def _rank(values: Floats) -> Floats:
    """Return how many other values are as large or larger: ties count against each of them."""
    order = np.argsort(values)
    ascending = values[order]
    ranks = np.empty(len(values), dtype=np.float32)
    ranks[order] = len(values) - np.searchsorted(ascending, ascending, side="left") - 1
    return ranks


def _rank_within(values: Floats, of: Offsets) -> Floats:
    order = np.lexsort((-values, of))
    ranks = np.empty(len(values), dtype=np.float32)
    ranks[order] = np.arange(len(values)) - np.searchsorted(of, of[order])
    return ranks


def _directory_means(paths: Sequence[str], scores: Floats) -> Floats:
    """Return for each file the mean score of the files in its directory."""
    directories = [path.rpartition("/")[0] for path in paths]
    number = {name: i for i, name in enumerate(dict.fromkeys(directories))}
    of = np.array([number[name] for name in directories], dtype=np.int64)
    means = np.bincount(of, scores, minlength=len(number)) / np.maximum(1, np.bincount(of, minlength=len(number)))
    return means[of].astype(np.float32)


def _matching(paths: Sequence[str], parts: Sequence[str]) -> Offsets:
    return np.array([any(part in path.lower() for part in parts) for path in paths], dtype=np.int64)
