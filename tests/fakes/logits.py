"""Models without a network: what they prefer is said by a few weights, the rest is chance."""

import random
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from model.vocabulary import Vocabulary

Logits = Callable[[bytes], npt.NDArray[np.float32]]  # the text so far → (vocab,)

# Added to the logits of tokens that begin with one of these.
HABITS: dict[str, dict[bytes, float]] = {
    "chance": {},
    "ends lines": {b"\n": 8.0, b"+": 2.0},
    "ends lines and hunks": {b"\n": 7.0, b"-": 3.0, b"@": 5.0},
    "adds": {b"+": 9.0, b"\n": 5.0},
    "adds behind": {b"@@": 9.0, b" after": 9.0, b" a": 8.0, b"a": 7.0, b"@": 7.0, b" ": 6.0, b"+": 6.0, b"\n": 5.0},
    "removes": {b"-": 8.0, b"\n": 4.0},
    "keeps": {b" ": 8.0, b"\n": 4.0},
    "changes files": {b"---": 9.0, b"--": 8.0, b"-": 7.0, b"\n": 6.0, b"/": 3.0},
    "creates": {b"--- /": 9.0, b"/d": 9.0, b"/": 6.0, b"-": 6.0, b".": 4.0, b"\n": 4.0},
    "begins characters": {bytes([byte]): 6.0 for byte in range(0xC2, 0xF5)} | {b"+": 6.0, b"\n": 5.0},
}


def by_habit(vocabulary: Vocabulary, habit: str, seed: int, *, padding: int = 5) -> Logits:
    """A model that prefers tokens with certain beginnings; its weights have more rows than the vocabulary."""
    generator = np.random.default_rng(seed)
    bias = np.zeros(len(vocabulary.tokens) + padding, dtype=np.float32)
    bias[-padding:] = 50.0  # whoever does not mask these rows is found out at once
    for id_, token in enumerate(vocabulary.tokens):
        bias[id_] = max((w for start, w in HABITS[habit].items() if (token or b"").startswith(start)), default=0.0)
        if token is None:
            bias[id_] = 50.0
    return lambda _text: bias + generator.standard_normal(len(bias), dtype=np.float32)


def repeating(vocabulary: Vocabulary, seed: int) -> Logits:
    """A model that likes best what it has just said."""
    base = by_habit(vocabulary, "adds", seed)

    def logits(text: bytes) -> npt.NDArray[np.float32]:
        out = base(text)
        lines = text.split(b"\n")
        if len(lines) > 1:
            before, now = lines[-2] + b"\n", lines[-1]
            if before.startswith(now):
                out[vocabulary.prefixes_of(before[len(now) :])] += 12.0
        return out

    return logits


class Copying:
    """A model that writes old lines with a marker of its choice, as small models do: in order, with some noise."""

    def __init__(self, vocabulary: Vocabulary, files: Mapping[str, Sequence[str]], seed: int) -> None:
        self._vocabulary = vocabulary
        self._files = files
        self._draw = random.Random(seed)
        self._noise = by_habit(vocabulary, self._draw.choice(list(HABITS)), seed)
        self._adds = self._draw.choice((0.3, 0.6, 0.95))
        self._n_lines = -1
        self._at = 0
        self._wanted = b""

    def __call__(self, text: bytes) -> npt.NDArray[np.float32]:
        out = self._noise(text)
        before, _, now = text.rpartition(b"\n")
        if text.count(b"\n") != self._n_lines:
            self._n_lines = text.count(b"\n")
            self._wanted = self._next_line(before.rpartition(b"\n")[2], before)
        if self._wanted.startswith(now):
            out[self._vocabulary.prefixes_of(self._wanted[len(now) :])] += 30.0
        elif self._draw.random() < 0.5:  # it was led elsewhere
            out[self._vocabulary.prefixes_of(b"\n")] += 30.0
        return out

    def _next_line(self, last: bytes, text: bytes) -> bytes:
        draw = self._draw
        paths = re.findall(rb"^--- a/(.*)$", text, re.MULTILINE)
        if last.startswith(b"--- a/"):
            self._at = draw.choice((0, 0, 3))
            return b"+++ /dev/null\n" if draw.random() < 0.1 else b"+++ b" + last[5:] + b"\n"
        if draw.random() < 0.03 or not paths:
            header = f"--- a/{draw.choice(list(self._files))}\n".encode()
            return header if not paths else draw.choice((header, header, b"@@\n", b"```", b"+\n", b"+}\n"))
        lines = self._files.get(paths[-1].decode(), ())
        if not lines:
            return b"+new line\n"
        self._at += draw.choice((0, 0, 0, 0, 0, 0, 1, -1, 3))
        begins = last.startswith(b"@@")
        marker = b"+" if draw.random() < self._adds and not begins else draw.choice((b"-", b"-", b" "))
        line = lines[self._at % len(lines)].encode()
        self._at += marker != b"-" or draw.random() < 0.5
        return marker + line + b"\n"


class Writing:
    """A model that writes these lines, one whenever it stands at the beginning of a line."""

    def __init__(self, vocabulary: Vocabulary, script: Sequence[str]) -> None:
        self._vocabulary = vocabulary
        self._script = [line.encode() for line in script]
        self._wanted = b""

    def __call__(self, text: bytes) -> npt.NDArray[np.float32]:
        now = text.rpartition(b"\n")[2]
        if not now and self._script:
            self._wanted = self._script.pop(0)
        out = np.zeros(len(self._vocabulary.tokens), dtype=np.float32)
        assert self._wanted.startswith(now), f"{now!r} was written, not {self._wanted!r}"
        for id_ in self._vocabulary.prefixes_of(self._wanted[len(now) :]):
            out[id_] = 10.0 + len(self._vocabulary.tokens[id_] or b"")
        return out
