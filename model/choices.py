"""What a line can be, where that may be one of a hundred thousand texts: sorted, so that no step looks at them all."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from model.vocabulary import Vocabulary

_AFTER_UTF8 = b"\xff"  # no text holds this byte: PREFIX + it sorts behind all that begin with PREFIX


class SortedTexts:
    """Distinct texts in byte order. Looking one up takes a bisection; the tokens that fit are found once a prefix."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        """Take texts that are sorted and distinct already; see `of` for others."""
        self._texts = texts
        self._tokens: dict[tuple[Vocabulary, bytes, bytes], list[int]] = {}

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> Self:
        """Sort texts and drop repetitions."""
        return cls(sorted(set(texts)))

    def __contains__(self, text: bytes) -> bool:
        at = bisect_left(self._texts, text)
        return at < len(self._texts) and self._texts[at] == text

    def __bool__(self) -> bool:
        return bool(self._texts)

    def without(self, text: bytes) -> "SortedTexts":
        """Return the other texts."""
        at = bisect_left(self._texts, text)
        if self._texts[at : at + 1] != [text]:
            return self
        return SortedTexts([*self._texts[:at], *self._texts[at + 1 :]])

    def starting_with(self, prefix: bytes) -> Sequence[bytes]:
        """Return the first two texts, or fewer, that begin with `prefix`: none, the only one, or a choice."""
        at = bisect_left(self._texts, prefix)
        return [text for text in self._texts[at : at + 2] if text.startswith(prefix)]

    def tokens(self, vocabulary: Vocabulary, lead: bytes, prefix: bytes) -> list[int]:
        """Return the tokens that can come where `lead`, and then what follows `prefix` in a text, must follow."""
        key = (vocabulary, lead, prefix)
        if key not in self._tokens:
            lo, hi = (bisect_left(self._texts, end) for end in (prefix, prefix + _AFTER_UTF8))
            self._tokens[key] = vocabulary.tokens_into(self._texts, lo, hi, lead, prefix)
        return self._tokens[key]


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind of line that can come next: `lead`, then any of `texts`; `then` is told which text was written."""

    lead: bytes
    texts: SortedTexts
    then: Callable[[bytes], None]

    def rests(self, line: bytes) -> Sequence[bytes]:
        """Return what can follow `line` to the line's end: at most two of the ways, none if the line is no such one."""
        lead, prefix = self._split(line)
        return [] if lead is None else [lead + text[len(prefix) :] for text in self.texts.starting_with(prefix)]

    def tokens(self, line: bytes, vocabulary: Vocabulary) -> list[int]:
        """Return the tokens that can come after `line`."""
        lead, prefix = self._split(line)
        return [] if lead is None else self.texts.tokens(vocabulary, lead, prefix)

    def text_of(self, line: bytes) -> bytes | None:
        """Return the text that `line` ends, None if it is not complete."""
        lead, prefix = self._split(line)
        return prefix if not lead and self.texts.starting_with(prefix)[:1] == [prefix] else None

    def _split(self, line: bytes) -> tuple[bytes | None, bytes]:
        """Return what of the lead is still to come, None if the line has another, and what of the text is there."""
        if line.startswith(self.lead):
            return b"", line[len(self.lead) :]
        return (self.lead[len(line) :] if self.lead.startswith(line) else None), b""
