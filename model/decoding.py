"""One answer in the making: from logits to the next token, and what a constraint forces after it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from model.api import OnText
from model.constraint import Constraint, Rewrite
from model.sampler import Sampler
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
        self._line_starts: list[int] = []  # indices into `_ids`
        self._unshown = b""
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

    def step(self, logits: torch.Tensor) -> Feed | None:
        """Choose a token from logits `(vocab,)`; return it with all that must follow it, or None at the end."""
        if self._constraint is None:
            return self._free_step(logits)
        if not self._ids and (forced := _forced(self._constraint)):  # the beginning, before anything is chosen
            return self._feed(self._encode(forced, self._constraint.vocabulary), forced)
        return self._constrained_step(logits, self._constraint)

    def _free_step(self, logits: torch.Tensor) -> Feed | None:
        token = self._draw(logits)
        self.done = token in self._stop_ids
        if self.done:
            return None
        self._ids.append(token)
        if piece := self._detokenize(token):
            self._free_text += piece
            self._on_text(piece)
        return Feed([token])

    def _constrained_step(self, logits: torch.Tensor, constraint: Constraint) -> Feed | None:
        allowed = torch.from_numpy(constraint.allowed()).to(logits.device)
        masked = torch.full_like(logits, -torch.inf)
        masked[: len(allowed)][allowed] = logits[: len(allowed)][allowed]
        token = self._draw(masked)
        chosen = constraint.vocabulary.tokens[token] or b""
        constraint.advance(chosen)
        if rewrite := constraint.take_rewrite():
            return self._rewritten(rewrite, constraint)
        forced = _forced(constraint)
        self.done = constraint.done
        # The chosen token was not fed yet: what it begins is tokenised anew, as one text, so that no odd split
        # (a marker apart from the indentation that follows it) is left in what the model reads.
        ids = self._encode(chosen + forced, constraint.vocabulary) if forced else [token]
        feed = self._feed(ids, chosen + forced)
        return None if self.done else feed

    def _rewritten(self, rewrite: Rewrite, constraint: Constraint) -> Feed:
        """Forget the last lines, of which all but the token just chosen were read, and go on with others instead."""
        start = self._line_starts[-rewrite.n_lines]
        del self._line_starts[-rewrite.n_lines :]
        n_dropped = len(self._ids) - start
        del self._ids[start:]
        self._unshown = b""
        text = rewrite.text + _forced(constraint)
        if text:
            return self._feed(self._encode(text, constraint.vocabulary), text, n_dropped=n_dropped)
        # Nothing new to read: the token before is read again for the logits behind it.
        last = self._ids.pop()
        self._line_starts.append(start)
        return Feed([self._keep(last)], n_dropped + 1)

    def _feed(self, ids: Sequence[int], text: bytes, *, n_dropped: int = 0) -> Feed:
        """Note and show what is written. Lines that may be dropped begin at a token: where text ended in a newline."""
        self._ids += ids
        self._unshown += text
        if text.endswith(b"\n"):
            self._line_starts.append(len(self._ids))
            self._on_text(self._unshown.decode(errors="replace"))
            self._unshown = b""
        return Feed(ids, n_dropped)

    def _keep(self, id_: int) -> int:
        self._ids.append(id_)
        return id_

    def _encode(self, text: bytes, vocabulary: Vocabulary) -> Sequence[int]:
        try:
            return self._tokenizer.encode(text.decode())
        except UnicodeDecodeError:  # the chosen token ends a character that an earlier one began
            return vocabulary.cover(text)

    def _draw(self, logits: torch.Tensor) -> int:
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
