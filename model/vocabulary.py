"""The bytes that each token stands for, and which tokens can stand where in a line of a diff."""

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]  # (vocab,): True where a token is allowed


class Vocabulary:
    """Token bytes by id; None for control tokens and unused ids, which no text consists of."""

    def __init__(self, tokens: Sequence[bytes | None]) -> None:
        """Index the tokens; `len(tokens)` is the width of the model's logits or less."""
        self.tokens = tuple(tokens)
        self._ids = {token: id_ for id_, token in reversed(list(enumerate(tokens))) if token}
        self._longest = max(map(len, self._ids), default=0)

    @classmethod
    def from_definition(cls, definition: str) -> "Vocabulary":
        """Read the content of a `tokenizer.json`: byte-level BPE, or SentencePiece with byte fallback."""
        config = json.loads(definition)
        controls = {token["id"] for token in config.get("added_tokens", ())}
        vocab = config["model"]["vocab"]
        pairs = vocab.items() if isinstance(vocab, dict) else ((piece[0], id_) for id_, piece in enumerate(vocab))
        to_bytes = _byte_level if "ByteLevel" in json.dumps(config.get("decoder")) else _sentence_piece
        by_id = {id_: to_bytes(text) for text, id_ in pairs if id_ not in controls}
        size = 1 + max(*by_id, *controls, -1, -1)
        return cls([by_id.get(id_) for id_ in range(size)])

    def prefixes_of(self, text: bytes) -> Iterator[int]:
        """Yield the tokens that `text` begins with."""
        for end in range(1, min(len(text), self._longest) + 1):
            id_ = self._ids.get(text[:end])
            if id_ is not None:
                yield id_

    def cover(self, text: bytes) -> list[int]:
        """Return tokens that spell `text`, each the longest that fits; for bytes that are no whole UTF-8."""
        ids: list[int] = []
        while text:
            *_, longest = self.prefixes_of(text)
            ids.append(longest)
            text = text[len(self.tokens[longest] or b"") :]
        return ids

    def nothing(self) -> Mask:
        """Return a mask that allows no token."""
        return np.zeros(len(self.tokens), dtype=np.bool_)

    @cached_property
    def free(self) -> Mask:
        """Tokens that continue a line of free text: printable UTF-8 that ends the line at most at its very end."""
        return self._mask(_is_free)

    @cached_property
    def plus(self) -> Mask:
        """Tokens that begin an added line: the marker `+`, then free text."""
        return self._mask(lambda token: token[:1] == b"+" and (token == b"+" or _is_free(token[1:])))

    @cached_property
    def one_space(self) -> Mask:
        """Tokens that begin with one space and then text; a comment's ` *` does not count."""
        return self._mask(lambda token: token[:1] == b" " and token[1:2] not in _NO_TEXT)

    @cached_property
    def text(self) -> Mask:
        """Tokens that begin with text: neither white space nor a comment's `*`."""
        return self._mask(lambda token: token[:1] not in _NO_TEXT)

    @cached_property
    def path(self) -> Mask:
        """Tokens that continue a new file's path: plain portable characters, no line end."""
        return self._mask(_PATH_BYTES.issuperset)

    def continuing(self, incomplete: bytes) -> Mask:
        """Return the tokens that go on with a character whose first bytes are `incomplete`."""
        mask = self.nothing()
        for id_ in self._continuations:
            token = self.tokens[id_] or b""
            mask[id_] = _is_free(incomplete + token)
        return mask

    @cached_property
    def _continuations(self) -> list[int]:
        return [id_ for id_, token in enumerate(self.tokens) if token and 0x80 <= token[0] < 0xC0]

    def _mask(self, keep: Callable[[bytes], bool]) -> Mask:
        return np.array([token is not None and token != b"" and keep(token) for token in self.tokens], dtype=np.bool_)


def incomplete_tail(text: bytes) -> bytes:
    """Return the bytes at the end of `text` that begin a UTF-8 character and do not finish it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    decoder.decode(text)
    return decoder.getstate()[0]


def _is_free(token: bytes) -> bool:
    body = token.removesuffix(b"\n")
    if not _CONTROL_BYTES.isdisjoint(body):
        return False
    try:
        incomplete = incomplete_tail(body)
    except UnicodeDecodeError:
        return False
    return body is token or not incomplete


def _byte_level(text: str) -> bytes:
    return bytes(_BYTE_OF_CHARACTER[character] for character in text)


def _sentence_piece(text: str) -> bytes:
    if len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
        return bytes([int(text[3:5], 16)])
    return text.replace("\u2581", " ").encode()


def _byte_of_character() -> dict[str, int]:
    """Invert GPT-2's table, which writes each byte as a visible character (openai/gpt-2, `encoder.py`)."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + i): byte for i, byte in enumerate(hidden)}


_BYTE_OF_CHARACTER = _byte_of_character()
_CONTROL_BYTES = frozenset(range(0x20)) - {0x09} | {0x7F}
_NO_TEXT = frozenset({b"", b" ", b"\t", b"\n", b"*"})
_PATH_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")
