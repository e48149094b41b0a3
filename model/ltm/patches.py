"""Bytes cut into patches and segments, as the model sees them: its tokens are bytes.

A patch is a run of letters and digits with the separators behind it, as in SpaceByte (Slagle, arXiv 2404.14408); local
layers and memory work on patches. A segment is what is encoded by itself: the lines that begin in the same 128 bytes of
the prompt.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]

SEGMENT_BYTES = 128
# A line without an end is cut here, so that no segment is longer than 640 bytes.
MAX_LINE_BYTES = 512
N_LETTER_PLACES = 40  # letters further on in a patch count as the last of them
N_SEPARATOR_PLACES = 4
N_PLACES = N_LETTER_PLACES + N_SEPARATOR_PLACES

_NEWLINE = 10
_IS_LETTER = np.array([chr(byte).isalnum() if byte < 128 else True for byte in range(256)])


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """What a stretch of bytes is cut into; all offsets count from the stretch's own start.

    Attributes:
        ids: the bytes, `(bytes,)`.
        symbols: for each byte its place in the patch and itself, `place * 256 + byte`, `(bytes,)`.
        starts: where patches begin, and the number of bytes, `(patches + 1,)`.
        segments: the patches that segments begin with, and the number of patches, `(segments + 1,)`.

    """

    ids: Bytes
    symbols: Offsets
    starts: Offsets
    segments: Offsets

    @property
    def n_patches(self) -> int:
        """The number of patches."""
        return len(self.starts) - 1

    @classmethod
    def cut(cls, ids: Bytes, offset: int = 0) -> "Patches":
        """Cut bytes that begin a line, `offset` bytes behind the prompt's start."""
        lines = _line_starts(ids)
        window = (lines + offset) // SEGMENT_BYTES
        begins = lines[np.flatnonzero(np.diff(window, prepend=-1))]
        return cls.of_segments(ids, begins)

    @classmethod
    def of_segments(cls, ids: Bytes, begins: Offsets) -> "Patches":
        """Cut bytes whose segments begin at `begins`, the first at 0."""
        is_letter = _IS_LETTER[ids]
        begins_run = np.empty(len(ids), dtype=np.bool_)
        begins_run[:1] = True
        np.not_equal(is_letter[1:], is_letter[:-1], out=begins_run[1:])
        begins_run[begins] = True
        begins_patch = begins_run & is_letter
        begins_patch[begins] = True
        run = np.flatnonzero(begins_run)
        place = np.arange(len(ids)) - np.repeat(run, np.diff(run, append=len(ids)))
        place = np.where(
            is_letter,
            np.minimum(place, N_LETTER_PLACES - 1),
            N_LETTER_PLACES + np.minimum(place, N_SEPARATOR_PLACES - 1),
        )
        starts = np.flatnonzero(begins_patch)
        segments = np.searchsorted(starts, begins)
        return cls(ids, place * 256 + ids, np.append(starts, len(ids)), np.append(segments, len(starts)))

    @property
    def successors(self) -> Offsets:
        """The patches that stand behind another one in their segment: the values that keys lead to."""
        inside = np.ones(self.n_patches, dtype=np.bool_)
        inside[self.segments[:-1]] = False
        return np.flatnonzero(inside)


def ends_run(ids: Bytes) -> npt.NDArray[np.bool_]:
    """Tell for each byte whether a run of letters ends before it."""
    return ~_IS_LETTER[ids]


def _line_starts(ids: Bytes) -> Offsets:
    starts = np.concatenate([[0], np.flatnonzero(ids[:-1] == _NEWLINE) + 1]) if len(ids) else np.zeros(0, np.int64)
    lengths = np.diff(starts, append=len(ids))
    if len(lengths) and lengths.max() > MAX_LINE_BYTES:
        pieces = [np.arange(start, start + n, MAX_LINE_BYTES) for start, n in zip(starts, lengths, strict=True)]
        starts = np.concatenate(pieces)
    return starts.astype(np.int64)
