"""The bytes that each token stands for, and which tokens can stand where in a line of a diff."""

import codecs
import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]  # (vocab,): True where a token is allowed


class Vocabulary:
    """Token bytes by id; None for control tokens and unused ids, which no text consists of."""

    def __init__(self, tokens: Sequence[bytes | None]) -> None:
        """Index the tokens; `len(tokens)` is the width of the model's logits or less."""
        self.tokens = tuple(tokens)
        pairs = sorted((token, id_) for id_, token in enumerate(tokens) if token)
        self._sorted = [token for token, _ in pairs]
        self._sorted_ids = [id_ for _, id_ in pairs]
        # One text may have two tokens: a piece, and a byte for what has no piece. Bytes stand before the pieces.
        self._ids = dict(pairs)
        self._longest = max(map(len, self._sorted), default=0)
        self._encodable: dict[str, Mask] = {}

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

    def tokens_into(self, texts: Sequence[bytes], lo: int, hi: int, lead: bytes, prefix: bytes) -> list[int]:
        """Return the tokens that can come next where `lead`, and then the rest of one of the texts, must follow.

        Args:
            texts: sorted; those from index `lo` to `hi`, not included, begin with `prefix`.
            lo: the first text's index.
            hi: the index behind the last.
            lead: what must follow before the rest of a text does.
            prefix: what each text begins with and is written already.

        Two sorted lists are walked at once, each skipping what the other lacks (leapfrog join, Veldhuizen, arXiv
        1210.0481), so the work grows with the tokens that fit, not with the texts.

        """
        if lo == hi:
            return []
        found = [id_ for _, id_ in self._spelled(lead, 1, len(lead) - 1)]
        at = bisect_left(self._sorted, lead)
        while at < len(self._sorted) and self._sorted[at].startswith(lead):
            rest = self._sorted[at][len(lead) :]
            lo = bisect_left(texts, prefix + rest, lo, hi)
            if lo == hi:
                break
            wanted = texts[lo][len(prefix) : len(prefix) + self._longest]
            if wanted.startswith(rest):
                found.append(self._sorted_ids[at])
                at += 1
            else:  # a later token fits this text or a later one only if it agrees with this one further
                n_same = next(i for i, byte in enumerate(rest) if byte != wanted[i])
                at = bisect_left(self._sorted, lead + wanted[: n_same + 1], at + 1)
        return found

    def prefixes_of(self, text: bytes) -> list[int]:
        """Return the tokens that `text` begins with, short ones first."""
        return [id_ for _, id_ in self._spelled(text, 1, len(text))]

    def spell(self, ids: Iterable[int]) -> bytes:
        """Return the text of tokens; control tokens have none."""
        return b"".join(self.tokens[id_] or b"" for id_ in ids)

    def cover(self, text: bytes) -> list[int]:
        """Return tokens that spell `text`, each the longest that fits; bytes that no token spells are left out."""
        ids: list[int] = []
        while text:
            ends = range(min(len(text), self._longest), 0, -1)
            end = next((end for end in ends if text[:end] in self._ids), 0)
            if end:
                ids.append(self._ids[text[:end]])
            text = text[end or 1 :]
        return ids

    def lacks(self, characters: bytes) -> bytes:
        """Return those of `characters` that no token spells alone."""
        return bytes(byte for byte in characters if bytes([byte]) not in self._ids)

    @cached_property
    def spells_all(self) -> bool:
        """Whether there is a token for each byte, so that any text can be written."""
        return not self.lacks(bytes(range(256)))

    def encodable(self, encoding: str) -> Mask | None:
        """Return the tokens that a Python codec can write, each by itself; None where it can write any text."""
        if encoding.startswith("utf"):
            return None
        if encoding not in self._encodable:
            self._encodable[encoding] = self._mask(lambda token: _is_in(token, encoding))
        return self._encodable[encoding]

    def nothing(self) -> Mask:
        """Return a mask that allows no token."""
        return np.zeros(len(self.tokens), dtype=np.bool_)

    @cached_property
    def free(self) -> Mask:
        """Tokens that continue a line of free text: printable UTF-8 that ends the line at most at its very end."""
        return self._mask(self._is_free)

    @cached_property
    def plus(self) -> Mask:
        """Tokens that begin an added line: the marker `+`, then free text."""
        return self._mask(lambda token: token[:1] == b"+" and (token == b"+" or self._is_free(token[1:])))

    @cached_property
    def beginning_with_plus(self) -> Sequence[int]:
        """The tokens of `plus`."""
        return [int(id_) for id_ in np.flatnonzero(self.plus)]

    @cached_property
    def plus_one_space(self) -> Mask:
        """Tokens that begin an added line with one space and then text; see `one_space`."""
        return self._mask(lambda token: token[:2] == b"+ " and token[2:3] not in _NO_TEXT)

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
        """Tokens that continue a new file's path: plain portable characters; a `/` stands at most at the beginning."""
        return self._mask(lambda token: _PATH_BYTES.issuperset(token.removeprefix(b"/")))

    @cached_property
    def slash(self) -> Mask:
        """Tokens that begin with `/`."""
        return self._mask(lambda token: token[:1] == b"/")

    @cached_property
    def letter(self) -> Mask:
        """Tokens that are one letter of ASCII."""
        return self._mask(lambda token: len(token) == 1 and token.isalpha())

    @cached_property
    def n_bytes(self) -> npt.NDArray[np.int64]:
        """The length of each token, `(vocab,)`."""
        return np.array([len(token or b"") for token in self.tokens], dtype=np.int64)

    def continuing(self, incomplete: bytes) -> Mask:
        """Return the tokens that go on with a character whose first bytes are `incomplete`."""
        mask = self.nothing()
        mask[[id_ for id_ in self._continuations if self._is_free(incomplete + (self.tokens[id_] or b""))]] = True
        return mask

    @cached_property
    def _continuations(self) -> list[int]:
        return [id_ for id_, token in enumerate(self.tokens) if token and 0x80 <= token[0] < 0xC0]

    @cached_property
    def _completes_characters(self) -> bool:
        return not self.lacks(bytes(range(0x80, 0xC0)))

    def _is_free(self, token: bytes) -> bool:
        body = token.removesuffix(b"\n")
        if body.isascii():
            return body.translate(None, _CONTROL_BYTES) == body
        if body.translate(None, _CONTROL_BYTES) != body:
            return False
        try:
            incomplete = incomplete_tail(body)
        except UnicodeDecodeError:
            return False
        return not incomplete or (body is token and self._completes_characters)

    def _spelled(self, text: bytes, shortest: int, longest: int) -> Iterator[tuple[bytes, int]]:
        """Yield the tokens of `shortest` to `longest` bytes that `text` begins with."""
        for end in range(shortest, min(longest, self._longest) + 1):
            token = text[:end]
            at = bisect_left(self._sorted, token)
            while at < len(self._sorted) and self._sorted[at] == token:
                yield token, self._sorted_ids[at]
                at += 1

    def _mask(self, keep: Callable[[bytes], bool]) -> Mask:
        return np.array([token is not None and token != b"" and keep(token) for token in self.tokens], dtype=np.bool_)


def incomplete_tail(text: bytes) -> bytes:
    """Return the bytes at the end of `text` that begin a UTF-8 character and do not finish it.

    Raises:
        UnicodeDecodeError: no text goes on so.

    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    decoder.decode(text)
    tail = decoder.getstate()[0]
    if tail[:1] == b"\xed" and tail[1:2] >= b"\xa0":  # half of a surrogate pair, which Python sees one byte late
        raise UnicodeDecodeError("utf-8", tail, 0, len(tail), "surrogates are no characters")
    return tail


def _byte_level(text: str) -> bytes:
    try:
        return text.translate(_BYTE_OF_CHARACTER).encode("latin-1")
    except UnicodeEncodeError:  # a piece that was put in as it is
        return text.encode()


def _sentence_piece(text: str) -> bytes:
    if len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
        return bytes([int(text[3:5], 16)])
    return text.replace("\u2581", " ").encode()


def _byte_of_character() -> dict[int, str]:
    """Invert GPT-2's table, which writes each byte as a visible character (openai/gpt-2, `encoder.py`)."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    # A character above 0xFF stands for no byte unless the table says so: it is left, and does not encode.
    return {256 + i: chr(byte) for i, byte in enumerate(hidden)} | dict.fromkeys(hidden, "\u0100")


_BYTE_OF_CHARACTER = _byte_of_character()
_CONTROL_BYTES = bytes({*range(0x20), 0x7F} - {0x09})
_NO_TEXT = frozenset({b"", b" ", b"\t", b"\n", b"*"})
_PATH_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def _is_in(token: bytes, encoding: str) -> bool:
    try:
        token.decode().encode(encoding)
    except UnicodeError:
        return False
    return True
