"""A repository's tokens in one run, and where in it each file, segment and line begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.tokenizer import Ids

Offsets = npt.NDArray[np.int64]
Starts = npt.NDArray[np.int64] | npt.NDArray[np.uint32]  # as they were made, or as they are on disk
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class FileTokens:
    """One text as the indexer reads it.

    Attributes:
        ids: its tokens, `(tokens,)`.
        line_starts: the token that each line begins at, and the number of tokens, `(lines + 1,)`.
        segment_starts: the line that each segment begins at, and the number of lines, `(segments + 1,)`.

    """

    ids: Ids
    line_starts: Starts
    segment_starts: Starts


@dataclass(frozen=True, eq=False)
class RepositoryIndex:
    """The files of a repository side by side; arrays over segments are in the order of the files.

    Attributes:
        paths: of the files.
        ids: every token, `(tokens,)`.
        segment_tokens: the token that each segment begins at, and the number of tokens, `(segments + 1,)`.
        segment_lines: first line of each segment and the line behind its last one, from 0, `(segments, 2)`.
        file_segments: the segment that each file begins with, and the number of segments, `(files + 1,)`.

    """

    paths: tuple[str, ...]
    ids: Ids
    segment_tokens: Offsets
    segment_lines: Offsets
    file_segments: Offsets

    @classmethod
    def of(cls, paths: Sequence[str], files: Sequence[FileTokens]) -> "RepositoryIndex":
        """Put files side by side."""
        file_segments = _offsets(len(file.segment_starts) - 1 for file in files)
        starts = _joined([file.segment_starts for file in files])
        # In each file, a segment ends where the next one begins, and the last start is the file's end.
        ends = file_segments[1:] + np.arange(len(files))
        lines = np.stack(
            [np.delete(starts, ends), np.delete(starts, file_segments[:-1] + np.arange(len(files)))], axis=1
        )
        line_starts = _joined([file.line_starts for file in files])
        first_lines = _offsets(len(file.line_starts) for file in files)[:-1]
        token_starts = _offsets(len(file.ids) for file in files)
        n_segments = np.diff(file_segments)
        at = line_starts[lines[:, 0] + np.repeat(first_lines, n_segments)] + np.repeat(token_starts[:-1], n_segments)
        ids = np.concatenate([file.ids for file in files]) if files else np.zeros(0, dtype=np.uint32)
        return cls(tuple(paths), ids, np.append(at, len(ids)), lines, file_segments)

    @classmethod
    def of_lines(cls, paths: Sequence[str], lines: Sequence[Ids]) -> "RepositoryIndex":
        """Put texts of one line side by side, each of which is a segment."""
        ids = np.concatenate(lines) if lines else np.zeros(0, dtype=np.uint32)
        segment_lines = np.tile(np.array([0, 1]), (len(lines), 1))
        return cls(tuple(paths), ids, _offsets(map(len, lines)), segment_lines, np.arange(len(lines) + 1))

    @property
    def n_bytes(self) -> int:
        """Bytes of its arrays."""
        arrays = (self.ids, self.segment_tokens, self.segment_lines, self.file_segments)
        return sum(array.nbytes for array in arrays)

    @property
    def n_segments(self) -> int:
        """Segments of all files."""
        return len(self.segment_lines)

    def segment_of(self, tokens: Offsets) -> Offsets:
        """Return the segment of each of these tokens, which are given by their place among all, in order."""
        n_before = np.searchsorted(tokens, self.segment_tokens)
        return np.repeat(np.arange(self.n_segments), np.diff(n_before))

    @cached_property
    def n_segment_tokens(self) -> Offsets:
        """Tokens of each segment, `(segments,)`."""
        return np.diff(self.segment_tokens)

    @cached_property
    def file_of(self) -> Offsets:
        """The file of each segment, `(segments,)`."""
        return np.repeat(np.arange(len(self.paths)), np.diff(self.file_segments))


def _joined(arrays: Sequence[Starts]) -> Offsets:
    return np.concatenate([np.zeros(0, dtype=np.uint32), *arrays]).astype(np.int64)


def _offsets(counts: Iterable[int]) -> Offsets:
    """Return where each of several parts begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.fromiter(counts, dtype=np.int64))]).astype(np.int64)
