import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repo_index.errors import UndecodableError
from repo_index.text import TextFile

_PIECES = st.sampled_from(["a", "é", "\U0001f600", " ", "\t", "\r", "\n", "\r\n", "\f", "\u2028", "\x85", "\ufeff"])
_TEXTS = st.lists(_PIECES).map("".join)
_MARKED = st.sampled_from(
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ]
)


@given(st.binary() | _TEXTS.map(str.encode))
def test_all_bytes_that_decode_are_restored(data: bytes) -> None:
    try:
        file = TextFile.decode(data)
    except UndecodableError:
        return
    assert file.encode() == data


@given(_TEXTS, _MARKED)
def test_a_byte_order_mark_decides_and_is_kept(text: str, marked: tuple[str, bytes]) -> None:
    encoding, bom = marked
    data = bom + text.encode(encoding)
    file = TextFile.decode(data)
    assert (file.encoding, file.bom) == (encoding, bom)
    assert file.encode() == data


@given(_TEXTS)
def test_lines_are_split_at_newlines_alone(text: str) -> None:
    file = TextFile.from_text(text)
    assert len(file.lines) == text.count("\n") + (not text.endswith("\n") and text != "")
    assert "".join(map("".join, zip(file.lines, file.endings, strict=True))) == text
    assert file.text == text.replace("\r\n", "\n")
    assert file.ends_with_newline == (text == "" or text.endswith("\n"))


@given(st.text(st.characters(min_codepoint=0xA0, max_codepoint=0xFF), min_size=1).map("# {}\n".format))
def test_bytes_that_are_not_utf8_are_latin_1(text: str) -> None:
    data = text.encode("latin-1")
    file = TextFile.decode(data)
    assert file.encode() == data
    if file.encoding == "latin-1":
        assert file.text == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04\xff", "binary"),
        (b"a\0b", "binary"),
        (codecs.BOM_UTF16_LE + b"a\0\0\0", "binary"),
        (codecs.BOM_UTF16_LE + b"a", "not utf-16-le"),
        (codecs.BOM_UTF8 + b"\xff", "not utf-8"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UndecodableError, match=message):
        TextFile.decode(data)


@pytest.mark.parametrize(
    ("text", "newline"), [("", "\n"), ("a\nb\n", "\n"), ("a\r\nb\r\n", "\r\n"), ("a\r\nb\n", "\n"), ("a", "\n")]
)
def test_added_lines_follow_the_leading_ending(text: str, newline: str) -> None:
    assert TextFile.from_text(text).newline == newline


def test_a_character_that_the_encoding_lacks_is_an_error() -> None:
    with pytest.raises(UnicodeEncodeError):
        TextFile(("€",), ("\n",), "latin-1").encode()
