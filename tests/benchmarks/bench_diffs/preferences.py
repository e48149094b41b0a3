"""Models without a network: chance, in one of several manners, shaped so that a diff comes to its end."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from model.sampler import Logits
from model.vocabulary import Vocabulary

# All weights here are in standard deviations of the noise, which is this many nats: few tokens are near the best one.
_SPREAD = np.float32(10.0)
_NOT_TEXT = 100.0  # of rows that no text has: whoever does not mask them is found out at once
_WANTED = 12.0
_N_PADDING = 5
_N_NOISE = 1 << 22


@dataclass(frozen=True, slots=True)
class Manner:
    """A way of writing: what tokens that begin so, or that end a line, are preferred by. At 0 degrees chance is even.

    With `copies` it writes lines of the files behind a marker of its choice, as small models do.
    """

    name: str
    starts: Mapping[bytes, float] = field(default_factory=dict)
    ends_line: float = 0.0
    temperature: float = 0.0
    copies: bool = False


MANNERS = (
    Manner("uniform"),
    Manner("peaked", temperature=1.0),
    Manner("ends lines", ends_line=3.0),
    Manner("ends lines and hunks", {b"@": 3.0, b"-": 2.0}, ends_line=3.0),
    Manner("adds", {b"+": 5.0}, ends_line=2.5, temperature=1.0),
    Manner("removes", {b"-": 5.0}, ends_line=2.0),
    Manner("keeps", {b" ": 5.0}, ends_line=2.0),
    Manner("changes files", {b"---": 6.0, b"--": 5.0, b"-": 4.0, b"/": 2.0}, ends_line=3.0),
    Manner("renames", {b"rename": 6.0, b"ren": 6.0, b"r": 5.0, b"-": 2.0}, ends_line=3.0),
    Manner("creates", {b"--- /": 7.0, b"---": 6.0, b"-": 5.0, b"/": 5.0, b".": 2.0}, ends_line=3.0),
    Manner("begins characters", {bytes([byte]): 4.0 for byte in range(0xC2, 0xF5)} | {b"+": 4.0}, ends_line=2.5),
    *[Manner("copies", ends_line=3.0, copies=True), Manner("copies, peaked", temperature=1.0, copies=True)] * 2,
)


class Leanings:
    """What each manner adds to the logits of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Take a vocabulary; its model has a few rows more."""
        self.vocabulary = vocabulary
        self.n_rows = len(vocabulary.tokens) + _N_PADDING
        self._by_manner: dict[str, npt.NDArray[np.float32]] = {}
        self.fence = self._vector({b"`": _WANTED}, 0.0)
        self.line_end = self._vector({}, _WANTED)

    def of(self, manner: Manner) -> npt.NDArray[np.float32]:
        """Return what is added, `(vocab + padding,)`."""
        if manner.name not in self._by_manner:
            bias = self._vector(manner.starts, manner.ends_line)
            bias[[id_ for id_, token in enumerate(self.vocabulary.tokens) if token is None]] = _NOT_TEXT
            bias[-_N_PADDING:] = _NOT_TEXT
            self._by_manner[manner.name] = bias
        return self._by_manner[manner.name]

    def _vector(self, starts: Mapping[bytes, float], ends_line: float) -> npt.NDArray[np.float32]:
        bias = np.zeros(self.n_rows, dtype=np.float32)
        longest = sorted(starts, key=len)  # the longest beginning counts
        for id_, token in enumerate(self.vocabulary.tokens):
            if not token:
                continue
            if ends_line and token.endswith(b"\n"):
                bias[id_] = ends_line
            for start in longest:
                if token.startswith(start):
                    bias[id_] = starts[start]
        return bias


def noise(seed: int) -> npt.NDArray[np.float32]:
    """Return numbers to take pieces of: to draw as many anew for each step would take most of the time."""
    return np.random.default_rng(seed).standard_normal(_N_NOISE, dtype=np.float32)


class Whim:
    """One answer's logits, from the text so far. From the step `ends_after` on it wants to end."""

    def __init__(
        self,
        manner: Manner,
        leanings: Leanings,
        noise: npt.NDArray[np.float32],
        files: Mapping[str, Sequence[str]],
        draw: random.Random,
        ends_after: int,
    ) -> None:
        """Take what it writes against; all chance comes from `draw`."""
        self._manner = manner
        self._leanings = leanings
        self._bias = leanings.of(manner)
        self._noise = noise
        self._files = files
        self._paths = list(files)
        self._draw = draw
        self._ends_after = ends_after
        self._n_steps = 0
        self._adds = draw.choice((0.3, 0.6, 0.9))
        self._n_lines = -1
        self._at = 0
        self._wanted = b""

    def __call__(self, written: bytes) -> Logits:
        """Return logits, `(vocab + padding,)`."""
        self._n_steps += 1
        start = self._draw.randrange(len(self._noise) - self._leanings.n_rows)
        out: Logits = self._noise[start : start + self._leanings.n_rows] + self._bias
        if self._n_steps > self._ends_after:
            out += self._leanings.fence if written.endswith(b"\n") else self._leanings.line_end
        elif self._manner.copies:
            self._copy(written, out)
        out *= _SPREAD
        return out

    def _copy(self, written: bytes, out: Logits) -> None:
        before, _, now = written.rpartition(b"\n")
        if (n_lines := written.count(b"\n")) != self._n_lines:
            self._n_lines = n_lines
            self._wanted = self._next_line(before)
        if self._wanted.startswith(now):
            out[self._leanings.vocabulary.prefixes_of(self._wanted[len(now) :])] += np.float32(_WANTED)
        elif self._draw.random() < 0.5:  # it was led elsewhere
            out += self._leanings.line_end

    def _next_line(self, text: bytes) -> bytes:
        draw = self._draw
        last = text.rpartition(b"\n")[2]
        paths = re.findall(rb"^--- a/(.*)$", text, re.MULTILINE)
        if last.startswith(b"--- a/"):
            return b"+++ /dev/null\n" if draw.random() < 0.1 else b"+++ b" + last[5:] + b"\n"
        if not paths or draw.random() < 0.03:
            if not self._paths:
                return b"--- /dev/null\n"
            header = f"--- a/{draw.choice(self._paths)}\n".encode()
            return header if not paths else draw.choice((header, b"rename from ", b"@@\n", b"@@ ", b"```", b"+}\n"))
        lines = self._files.get(paths[-1].decode(), ())
        if not lines:
            return b"+new line\n"
        if last.startswith(b"@@"):
            self._at = draw.randrange(len(lines))
        self._at += draw.choice((0, 0, 0, 0, 0, 0, 1, -1, 3))
        adds = draw.random() < self._adds and not last.startswith(b"@@")
        marker = b"+" if adds else draw.choice((b"-", b"-", b" "))
        line = lines[self._at % len(lines)].encode()
        self._at += marker != b"-" or draw.random() < 0.5
        return marker + line + b"\n"
