"""Tokens as words: what a tokenizer spells ` User`, `_user` and `user` is one term here."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from model.vocabulary import Vocabulary

Terms = npt.NDArray[np.int32]  # a term of each token, 0 for what is none


class Lexicon:
    """The terms of a vocabulary. Term 0 stands for tokens that say nothing: punctuation, white space, one letter."""

    def __init__(self, tokens: Sequence[bytes | None]) -> None:
        """Take the bytes of each token; None for control tokens."""
        by_text: dict[str, int] = {"": 0}
        self.of_token: Terms = np.array(
            [by_text.setdefault(_word(token), len(by_text)) for token in tokens], dtype=np.int32
        )
        self.words = tuple(by_text)
        # Whether white space or a control token parts a token from what stands before it.
        self.begins_apart = np.array([not token or token[:1].isspace() for token in tokens])

    @property
    def n_terms(self) -> int:
        """Terms, the 0 included."""
        return len(self.words)

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> "Lexicon":
        """Read the terms of a tokenizer's vocabulary."""
        return cls(vocabulary.tokens)


def _word(token: bytes | None) -> str:
    """Return the word that a token spells, without case, or an empty text."""
    if token is None:
        return ""
    text = token.decode(errors="ignore").casefold()
    start = next((i for i, char in enumerate(text) if char.isalnum()), len(text))
    end = next((i for i in range(len(text), start, -1) if text[i - 1].isalnum()), start)
    word = text[start:end]
    return word if len(word) > 1 or not word.isascii() else ""
