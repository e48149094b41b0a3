"""One answer in the making: from logits to the next token, and what a constraint forces after it."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

import numpy as np
import numpy.typing as npt

from model.api import OnText, TakenBack
from model.correction import Fault, Rewrite
from model.decisions import Decision, Decisions
from model.lookup import NO_DRAFT, Draft, PromptLookup
from model.sampler import Logits, Sampler
from model.tokenizer import Tokenizer
from model.vocabulary import Mask, Vocabulary


class Constraint(Protocol):
    """What a decoding asks before and after each token."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens as bytes."""
        ...

    @property
    def done(self) -> bool:
        """Whether the text is complete: nothing may follow."""
        ...

    def forced(self) -> bytes:
        """Return text that must come next, empty where there is a choice."""
        ...

    def allowed(self) -> Mask:
        """Return the tokens that may come next, `(vocab,)`."""
        ...

    @property
    def is_free(self) -> bool:
        """Whether any text may come next."""
        ...

    def likely(self) -> bytes:
        """Guess the line that begins here; to be wrong costs time, and nothing else."""
        ...

    def bonuses(self) -> Mapping[int, float]:
        """Return what makes tokens likelier than the model finds them, in nats."""
        ...

    def leaving(self) -> Sequence[int]:
        """Return the tokens of which bonuses make some likelier at the cost of the others alone; empty: of all."""
        ...

    def advance(self, text: bytes) -> None:
        """Take note of text that was written: a forced one, or an allowed token's."""
        ...

    def take_rewrite(self) -> Rewrite | None:
        """Return the correction that the last `advance` asks for, once; the constraint has made it already."""
        ...

    def take_fault(self) -> Fault | None:
        """Return what is wrong with what the last `advance` completed, once."""
        ...

    def take_opened(self) -> str | None:
        """Return the path of the file that is written on from here, once, right behind its header."""
        ...

    def rewind(self, n_lines: int) -> None:
        """Go back to the beginning of line `n_lines` of the answer, which is one of the last fault's."""
        ...

    def text(self) -> str:
        """Return the finished answer."""
        ...


# Corrections take tokens back, so an answer may cost more decisions than it has tokens.
_MAX_CHOICES_PER_TOKEN = 2
_HEADER_LINES = 2  # of a file that is opened: `--- a/PATH` and `+++ b/PATH`

View = Callable[[str], Sequence[int]]  # a path → tokens that show more of the file


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
        lookup: PromptLookup | None = None,
        view: View | None = None,
    ) -> None:
        """Start an answer; without a constraint the text is free and ends at a stop id.

        With `lookup`, `draft` guesses tokens from the prompt. `view` is asked about each file that a diff opens, and
        returns what the network reads of it before it goes on: tokens that are no part of the answer.
        """
        self._tokenizer = tokenizer
        self._sampler = sampler
        self._stop_ids = stop_ids
        self._constraint = constraint
        self._on_text = on_text
        self._lookup = lookup
        self._view = view
        self._n_viewed = 0
        self._detokenize = tokenizer.stream()
        self._free_text = ""
        self._ids: list[int] = []  # of the answer, as the network reads them
        self._n_kept = 0  # of `_ids`, as many as the network has read and this step leaves
        self._line_starts = [0]  # indices into `_ids`; the last is that of the line that is not complete
        self._decisions = Decisions()
        self._unshown = b""
        self._banned: npt.NDArray[np.int64] | None = None  # ids
        self._logprob = 0.0
        self.n_chosen_tokens = 0
        self.n_rewinds = 0
        self.done = False

    @property
    def n_tokens(self) -> int:
        """Tokens that the answer has now: those chosen and kept, and those forced."""
        return len(self._ids) - self._n_viewed

    def is_longer_than(self, n_tokens: int) -> bool:
        """Whether the answer, or the decisions that it took, are too many; corrections may cost some."""
        return self.n_tokens >= n_tokens or self.n_chosen_tokens >= _MAX_CHOICES_PER_TOKEN * n_tokens

    @property
    def mean_logprob(self) -> float:
        """Mean over the chosen tokens, in nats."""
        return self._logprob / max(1, self.n_chosen_tokens)

    def text(self) -> str:
        """Return the answer as far as it was written."""
        return self._constraint.text() if self._constraint else self._free_text

    def step(self, logits: Logits) -> Feed | None:
        """Choose a token from logits `(vocab,)`; return it with all that must follow it, or None at the end."""
        n_read = self._n_kept = len(self._ids)
        if self._constraint is None:
            self._free_step(logits)
        else:
            # Before anything is chosen, the answer's beginning is forced.
            if not self._ids:
                self._write_on(b"", self._constraint)
            if len(self._ids) == n_read:
                self._constrained_step(logits, self._constraint)
        if self.done:
            return None
        # If there is nothing new to read, the token before is read again for the logits behind it.
        start = min(self._n_kept, len(self._ids) - 1)
        return Feed(self._ids[start:], n_read - start)

    def draft(self, n_tokens: int) -> Draft:
        """Guess up to `n_tokens` tokens that the next steps will feed. To read them beforehand saves passes."""
        if self._lookup is None or n_tokens < 1:
            return NO_DRAFT
        if self._constraint is None or self._constraint.is_free:
            return self._lookup.continuation(self._ids, n_tokens)
        line = self._constraint.likely()
        return self._lookup.line(self._encode(line, self._constraint.vocabulary), n_tokens) if line else NO_DRAFT

    def learn(self, draft: Draft, n_accepted: int) -> None:
        """Note how many of a draft's tokens were right."""
        if self._lookup is not None:
            self._lookup.learn(draft, n_accepted)

    def _free_step(self, logits: Logits) -> None:
        spoken = logits.copy()
        spoken[self._unspoken(len(logits))] = -np.inf
        token = self._draw(spoken)
        self.done = token in self._stop_ids
        if self.done:
            return
        self._ids.append(token)
        if piece := self._detokenize(token):
            self._free_text += piece
            self._on_text(piece)

    def _unspoken(self, n_rows: int) -> npt.NDArray[np.int64]:
        """Return the ids that free text has not: control tokens that do not end it, and rows that pad the weights."""
        if self._banned is None:
            controls = self._tokenizer.control_ids - self._stop_ids
            padding = set(range(self._tokenizer.size, n_rows)) - self._stop_ids
            self._banned = np.array(sorted(controls | padding), dtype=np.int64)
        return self._banned

    def _constrained_step(self, logits: Logits, constraint: Constraint) -> None:
        mask = constraint.allowed()[: len(logits)]  # the weights may have fewer rows, or more
        allowed = np.where(mask, logits[: len(mask)], np.float32(-np.inf))
        add_bonuses(allowed, constraint)
        token = self._draw(allowed)
        spelled = constraint.vocabulary.tokens
        self._decisions.note(token, allowed, spelled, len(self._ids), len(self._line_starts) - 1, self._unshown)
        self._take(token, constraint)

    def _take(self, token: int, constraint: Constraint) -> None:
        """Write a token, and what must follow it, or what must stand instead of it."""
        chosen = constraint.vocabulary.tokens[token] or b""
        constraint.advance(chosen)
        if rewrite := constraint.take_rewrite():
            self._cut_to_line(len(self._line_starts) - rewrite.n_lines)
            self._write_on(rewrite.text, constraint)
            return
        self._write_on(chosen, constraint, token)

    def _write_on(self, text: bytes, constraint: Constraint, token: int | None = None) -> None:
        """Write text, which is that of `token` if there is one, and all that must follow it."""
        opened: str | None = ""
        while opened is not None:
            forced, opened = _forced(constraint)
            # What completes a file may be chosen, or forced behind what was chosen.
            fault = constraint.take_fault()
            if fault and (decision := self._decisions.pop_weakest(fault)):
                self._revise(decision, constraint)
                return
            # A chosen token was not fed yet: what it begins is tokenised anew, as one text, so that no odd split
            # (a marker apart from the indentation that follows it) is left in what the model reads.
            self._write(text + forced, constraint.vocabulary, chosen=None if forced else token)
            if opened and self._view and (viewed := self._view(opened)):
                self._show(viewed)
            text, token = b"", None
        self.done = constraint.done

    def _show(self, viewed: Sequence[int]) -> None:
        """Let the network read what is no part of the answer, and then the fence and the header before it again."""
        fence, header = self._ids[: self._line_starts[1]], self._ids[self._line_starts[-1 - _HEADER_LINES] :]
        self._ids += [*viewed, *fence, *header]
        self._n_viewed += len(viewed) + len(fence) + len(header)
        self._line_starts[-1] = len(self._ids)

    def _revise(self, decision: Decision, constraint: Constraint) -> None:
        """Go back to a decision and take the next best choice; from there on all is decided anew."""
        self.n_rewinds += 1
        constraint.rewind(decision.n_lines)
        self._take_back_to(decision.n_lines)
        self._cut_to(decision.n_tokens)
        self._unshown = decision.line
        if decision.line:
            constraint.advance(decision.line)
        self._take(self._decisions.again(decision, constraint.bonuses()), constraint)

    def _cut_to_line(self, n_lines: int) -> None:
        """Forget the lines from number `n_lines` on."""
        self._take_back_to(n_lines)
        self._cut_to(self._line_starts[n_lines])
        self._unshown = b""

    def _take_back_to(self, n_lines: int) -> None:
        if n_back := len(self._line_starts) - 1 - n_lines:
            del self._line_starts[n_lines + 1 :]
            self._on_text(TakenBack(n_back))

    def _cut_to(self, n_tokens: int) -> None:
        del self._ids[n_tokens:]
        self._n_kept = min(self._n_kept, n_tokens)
        self._decisions.forget(n_tokens)

    def _write(self, text: bytes, vocabulary: Vocabulary, *, chosen: int | None = None) -> None:
        """Note and show what is written: the token `chosen`, or else text, of which each line begins at a token."""
        for line in BytesIO(text):
            self._ids += self._encode(line, vocabulary) if chosen is None else [chosen]
            if line.endswith(b"\n"):
                self._line_starts.append(len(self._ids))
        lines, newline, rest = (self._unshown + text).rpartition(b"\n")
        self._unshown = rest
        if newline:
            self._on_text((lines + newline).decode(errors="replace"))

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


def _forced(constraint: Constraint) -> tuple[bytes, str | None]:
    """Return what must follow, and the path of the file that it opens, behind whose header it stops."""
    forced = b""
    while not (opened := constraint.take_opened()) and (piece := constraint.forced()):
        constraint.advance(piece)
        forced += piece
    return forced, opened


def add_bonuses(logits: Logits, constraint: Constraint) -> None:
    """Make tokens likelier. Where some lead away from here, what leads there decides how, and the model whether."""
    bonuses = constraint.bonuses()
    leaving = list(constraint.leaving()) if bonuses else []
    likeliest = logits[leaving].max(initial=-np.inf)
    for id_, bonus in bonuses.items():
        logits[id_] += np.float32(bonus)
    if np.isfinite(likeliest):
        logits[leaving] -= logits[leaving].max() - likeliest
