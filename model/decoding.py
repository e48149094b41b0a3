"""One answer in the making: from logits to the next token, and what a constraint forces after it."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt

from model.api import OnText
from model.constraint import Constraint, Rewrite
from model.sampler import Logits, Sampler
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Feed:
    """What the network reads next: first the last `n_dropped` tokens it read are forgotten, then `ids` are read."""

    ids: Sequence[int]
    n_dropped: int = 0


class Decoding:
    """Holds what was written; `step` takes logits and returns what to feed next."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        sampler: Sampler,
        stop_ids: frozenset[int],
        constraint: Constraint | None,
        on_text: OnText,
    ) -> None:
        """Start an answer; without a constraint the text is free and ends at a stop id."""
        self._tokenizer = tokenizer
        self._sampler = sampler
        self._stop_ids = stop_ids
        self._constraint = constraint
        self._on_text = on_text
        self._detokenize = tokenizer.stream()
        self._free_text = ""
        self._ids: list[int] = []  # of the answer, as the network reads them
        self._line_starts = [0]  # indices into `_ids`; the last is that of the line that is not complete
        self._unshown = b""
        self._banned: npt.NDArray[np.int64] | None = None  # ids
        self._logprob = 0.0
        self.n_chosen_tokens = 0
        self.done = False

    @property
    def n_tokens(self) -> int:
        """Tokens that the answer has now: those chosen and kept, and those forced."""
        return len(self._ids)

    @property
    def mean_logprob(self) -> float:
        """Mean over the chosen tokens, in nats."""
        return self._logprob / max(1, self.n_chosen_tokens)

    def text(self) -> str:
        """Return the answer as far as it was written."""
        return self._constraint.text() if self._constraint else self._free_text

    def step(self, logits: Logits) -> Feed | None:
        """Choose a token from logits `(vocab,)`; return it with all that must follow it, or None at the end."""
        if self._constraint is None:
            return self._free_step(logits)
        if not self._ids and (forced := _forced(self._constraint)):  # the beginning, before anything is chosen
            return self._write(forced, self._constraint.vocabulary)
        return self._constrained_step(logits, self._constraint)

    def _free_step(self, logits: Logits) -> Feed | None:
        spoken = logits.copy()
        spoken[self._unspoken(len(logits))] = -np.inf
        token = self._draw(spoken)
        self.done = token in self._stop_ids
        if self.done:
            return None
        self._ids.append(token)
        if piece := self._detokenize(token):
            self._free_text += piece
            self._on_text(piece)
        return Feed([token])

    def _unspoken(self, n_rows: int) -> npt.NDArray[np.int64]:
        """Return the ids that free text has not: control tokens that do not end it, and rows that pad the weights."""
        if self._banned is None:
            controls = self._tokenizer.control_ids - self._stop_ids
            padding = set(range(self._tokenizer.size, n_rows)) - self._stop_ids
            self._banned = np.array(sorted(controls | padding), dtype=np.int64)
        return self._banned

    def _constrained_step(self, logits: Logits, constraint: Constraint) -> Feed | None:
        mask = constraint.allowed()[: len(logits)]  # the weights may have fewer rows, or more
        token = self._draw(np.where(mask, logits[: len(mask)], np.float32(-np.inf)))
        chosen = constraint.vocabulary.tokens[token] or b""
        constraint.advance(chosen)
        if rewrite := constraint.take_rewrite():
            return self._rewritten(rewrite, constraint)
        forced = _forced(constraint)
        self.done = constraint.done
        # The chosen token was not fed yet: what it begins is tokenised anew, as one text, so that no odd split
        # (a marker apart from the indentation that follows it) is left in what the model reads.
        feed = self._write(chosen + forced, constraint.vocabulary, chosen=None if forced else token)
        return None if self.done else feed

    def _rewritten(self, rewrite: Rewrite, constraint: Constraint) -> Feed:
        """Forget the last lines, of which all but the token just chosen were read, and go on with others instead."""
        first = len(self._line_starts) - rewrite.n_lines
        start = self._line_starts[first]
        del self._line_starts[first + 1 :]
        n_dropped = len(self._ids) - start
        del self._ids[start:]
        self._unshown = b""
        if text := rewrite.text + _forced(constraint):
            return self._write(text, constraint.vocabulary, n_dropped=n_dropped)
        # Nothing new to read: the token before is read again for the logits behind it.
        return Feed(self._ids[-1:], n_dropped + 1)

    def _write(self, text: bytes, vocabulary: Vocabulary, *, chosen: int | None = None, n_dropped: int = 0) -> Feed:
        """Note and show what is written: the token `chosen`, or else text, of which each line begins at a token."""
        first = len(self._ids)
        for line in BytesIO(text):
            self._ids += self._encode(line, vocabulary) if chosen is None else [chosen]
            if line.endswith(b"\n"):
                self._line_starts.append(len(self._ids))
        lines, newline, rest = (self._unshown + text).rpartition(b"\n")
        self._unshown = rest
        if newline:
            self._on_text((lines + newline).decode(errors="replace"))
        return Feed(self._ids[first:], n_dropped)

    def _encode(self, text: bytes, vocabulary: Vocabulary) -> Sequence[int]:
        """Return tokens of a text that goes on where others end: the tokenizer's own, if they spell it.

        They do not where a tokenizer puts a space before every text, as SentencePiece does, or where the text
        begins inside a character, the rest of which an earlier token has.
        """
        try:
            plain = text.decode()
        except UnicodeDecodeError:
            return vocabulary.cover(text)
        ids = self._tokenizer.encode(plain)
        spelled = {text, unicodedata.normalize("NFC", plain).encode()}
        return ids if vocabulary.spell(ids) in spelled else vocabulary.cover(text)

    def _draw(self, logits: Logits) -> int:
        token, logprob = self._sampler.draw(logits)
        self._logprob += logprob
        self.n_chosen_tokens += 1
        return token


def _forced(constraint: Constraint) -> bytes:
    forced = b""
    while piece := constraint.forced():
        constraint.advance(piece)
        forced += piece
    return forced
