"""A repository's tokens in one run, and where in it each file, segment and line begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.tokenizer import Ids

Offsets = npt.NDArray[np.int64]
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
    line_starts: Offsets
    segment_starts: Offsets

    @classmethod
    def line(cls, ids: Ids) -> "FileTokens":
        """Return a text of one line, which is one segment."""
        return cls(ids, np.array([0, len(ids)]), np.array([0, 1]))


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
        token_starts = _offsets(len(file.ids) for file in files)
        segment_tokens = [
            start + file.line_starts[file.segment_starts[:-1]]
            for start, file in zip(token_starts[:-1], files, strict=True)
        ]
        lines = [np.stack([file.segment_starts[:-1], file.segment_starts[1:]], axis=1) for file in files]
        return cls(
            tuple(paths),
            np.concatenate([file.ids for file in files]) if files else np.zeros(0, dtype=np.uint32),
            np.concatenate([*segment_tokens, token_starts[-1:]]).astype(np.int64),
            np.concatenate(lines) if lines else np.zeros((0, 2), dtype=np.int64),
            _offsets(len(file.segment_starts) - 1 for file in files),
        )

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
        """Return the segment of each of these tokens, which are given by their place among all."""
        return np.searchsorted(self.segment_tokens, tokens, side="right") - 1

    @cached_property
    def n_segment_tokens(self) -> Offsets:
        """Tokens of each segment, `(segments,)`."""
        return np.diff(self.segment_tokens)

    @cached_property
    def file_of(self) -> Offsets:
        """The file of each segment, `(segments,)`."""
        return np.repeat(np.arange(len(self.paths)), np.diff(self.file_segments))


def _offsets(counts: Iterable[int]) -> Offsets:
    """Return where each of several parts begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.fromiter(counts, dtype=np.int64))]).astype(np.int64)
