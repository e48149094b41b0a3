"""Tokens as bytes: what they spell, which can follow, and which texts they lead into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.vocabulary import Vocabulary, incomplete_tail
from tests.model.conftest import Language

BYTES = Vocabulary([bytes([byte]) for byte in range(256)])


def test_tokens_are_what_the_tokenizer_decodes(language: Language) -> None:
    tokenizer, vocabulary = language.tokenizer, language.vocabulary
    assert len(vocabulary.tokens) == tokenizer.size
    start = tokenizer.encode("x")  # SentencePiece takes a space from the beginning of a text
    for id_, token in enumerate(vocabulary.tokens):
        if id_ in tokenizer.controls.values():
            assert token is None
        elif token is not None and token.isascii():
            assert tokenizer.decode([*start, id_]) == tokenizer.decode(start) + token.decode()


def test_every_byte_can_be_written(language: Language) -> None:
    assert language.vocabulary.spells_all


def test_a_text_with_two_tokens_may_be_either_of_them(languages: dict[str, Language]) -> None:
    vocabulary = languages["SentencePiece"].vocabulary
    ids = vocabulary.prefixes_of(b"x")
    assert len(ids) == 2  # <0x78> and x
    assert set(vocabulary.tokens_into([b"x\n"], 0, 1, b"", b"")) == set(ids)
    assert vocabulary.cover(b"x") == [max(ids)]  # the piece, which is how the model has read it
    assert vocabulary.free[ids].all()


@pytest.mark.parametrize(
    ("token", "is_free"),
    [
        (b"x", True),
        (b"x\n", True),
        (b"\n", True),
        (b"\t", True),
        (b"\n\n", False),
        (b"\nx", False),
        (b"\r\n", False),
        (b"\x00", False),
        (b"\x7f", False),
        ("\u00e9".encode(), True),
        (b"\xc3", True),  # a character's beginning
        (b"\xc3\n", False),
        (b"\xa9", False),  # a character's end
        (b"\xc0", False),  # no character begins so
        (b"\xed\xa0", False),  # nor so: a surrogate
        (b"\xf0\x9f\x98", True),
    ],
)
def test_free_text_is_printable_and_ends_with_its_line(token: bytes, is_free: bool) -> None:  # noqa: FBT001
    vocabulary = Vocabulary([*BYTES.tokens, token])
    assert vocabulary.free[256] == is_free
    assert Vocabulary([*BYTES.tokens, b"+" + token]).plus[256] == is_free


def test_half_characters_are_not_begun_where_the_other_half_may_lack() -> None:
    vocabulary = Vocabulary([b"x", b"\xc3", b"\xa9", "\u00e9".encode(), b"\n"])
    assert vocabulary.free.tolist() == [True, False, False, True, True]


@given(st.characters(exclude_categories=["Cs"]), st.integers(1, 3))
def test_a_character_that_was_begun_is_finished(character: str, n_bytes: int) -> None:
    begun = character.encode()[:n_bytes]
    if n_bytes >= len(character.encode()):
        assert incomplete_tail(b"text " + begun) == b""
        return
    assert incomplete_tail(b"text " + begun) == begun
    allowed = set(BYTES.continuing(begun).nonzero()[0].tolist())
    assert character.encode()[n_bytes] in allowed
    for byte in allowed:  # each of them leads to some character
        longer = begun + bytes([byte])
        ends = (longer, longer + b"\x80", longer + b"\x80\x80")
        assert any(_is_text(end) for end in ends)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_a_character_may_be_finished_by_a_longer_token() -> None:
    vocabulary = Vocabulary([*BYTES.tokens, b"\xa9 done", b"\xa9\xc3", b"\xa9\n", b"\xa9\nx"])
    assert vocabulary.continuing(b"\xc3")[256:].tolist() == [True, True, True, False]


small = st.binary(max_size=5).map(lambda data: bytes(97 + byte % 3 for byte in data))


@given(st.lists(small, max_size=12), st.lists(small, min_size=1, max_size=12), small, st.integers(0, 3))
def test_tokens_into_texts_are_those_that_some_text_begins_with(
    tokens: list[bytes], texts: list[bytes], lead: bytes, n_written: int
) -> None:
    vocabulary = Vocabulary([*tokens, None])
    texts = sorted({text + b"\n" for text in texts})
    prefix = texts[len(texts) // 2][:n_written]
    fitting = [text for text in texts if text.startswith(prefix)]
    lo = texts.index(fitting[0])
    found = vocabulary.tokens_into(texts, lo, lo + len(fitting), lead, prefix)
    assert len(found) == len(set(found))
    assert set(found) == {
        id_
        for id_, token in enumerate(tokens)
        if token and any((lead + text[len(prefix) :]).startswith(token) for text in fitting)
    }


@given(st.text())
def test_cover_spells(text: str) -> None:
    vocabulary = Vocabulary([*BYTES.tokens, b"ab", b"abc", b"\xc3\xa9"])
    assert vocabulary.spell(vocabulary.cover(text.encode())) == text.encode()


def test_cover_leaves_out_what_no_token_spells() -> None:
    vocabulary = Vocabulary([b"a", b"bc", None, b""])
    assert vocabulary.spell(vocabulary.cover(b"xabcb")) == b"abc"
    assert vocabulary.lacks(b"abc") == b"bc"


def test_new_paths_are_written_in_portable_characters() -> None:
    vocabulary = Vocabulary([b"src", b"/src", b"src/", b"a/b", b"/", b"//", b"..", b"a b", b"\n", b"A-1_.x", b"~"])
    assert [token for id_, token in enumerate(vocabulary.tokens) if vocabulary.path[id_]] == [
        b"src", b"/src", b"/", b"..", b"A-1_.x",
    ]  # fmt: skip
    assert vocabulary.slash.nonzero()[0].tolist() == [1, 4, 5]
