"""What a constraint asks a decoding to take back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A correction of what was just written: its last `n_lines` are dropped and `text` stands there instead."""

    n_lines: int
    text: bytes = b""


@dataclass(frozen=True, slots=True)
class Fault:
    """What was written is wrong, by a choice made in one of these lines of the answer, counted from 0.

    Where `closing_line` is not None, something is lacking, and it could have been written from that line on.
    """

    lines: range
    closing_line: int | None = None
