import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.endpoint.events import MAX_LINE_BYTES, Usage, read_events, read_object, read_piece
from model.errors import ProtocolError


async def _chunked(data: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    at = 0
    for cut in sorted(min(cut, len(data)) for cut in cuts):
        yield data[at:cut]
        at = cut
    yield data[at:]


def _events(data: bytes, cuts: list[int] | None = None) -> list[str]:
    async def collect() -> list[str]:
        return [event async for event in read_events(_chunked(data, cuts or []))]

    return asyncio.run(collect())


@given(cuts=st.lists(st.integers(0, 90), max_size=8))
def test_events_are_the_same_however_bytes_arrive(cuts: list[int]) -> None:
    data = ': hello\r\n\r\ndata: {"é": 1}\r\n\r\nevent: x\nid: 7\ndata:two\ndata: lines\n\ndata: last'.encode()
    assert _events(data, cuts) == ['{"é": 1}', "two\nlines", "last"]


def test_a_line_has_an_end() -> None:
    with pytest.raises(ProtocolError, match="a line of more than"):
        _events(b"data: " + b"x" * MAX_LINE_BYTES)


@pytest.mark.parametrize("text", ["", "[", "7", "[]", "null", "[" * 100_000])
def test_what_is_no_object(text: str) -> None:
    with pytest.raises(ProtocolError):
        read_object(text)


def test_usage_comes_alone_or_with_the_end() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    assert read_piece({"choices": [], "usage": usage}).usage == Usage(5, 2)
    piece = read_piece({"choices": [{"delta": {}, "finish_reason": "length"}], "usage": usage})
    assert (piece.finish, piece.usage) == ("length", Usage(5, 2))
    cached = read_piece({"usage": usage | {"prompt_tokens_details": {"cached_tokens": 4}}})
    assert cached.usage == Usage(5, 2, 4)
    assert read_piece({"choices": [], "usage": {"prompt_tokens": None}}).usage is None


@given(value=st.dictionaries(st.sampled_from(["choices", "usage", "x"]), st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["delta", "message", "content", "finish_reason", "text"]), inner, max_size=3),
    max_leaves=8,
)))  # fmt: skip
def test_whatever_comes_is_a_piece_or_an_error_of_ours(value: dict[str, object]) -> None:
    try:
        piece = read_piece(value)
    except ProtocolError:
        return
    assert isinstance(piece.text, str)
    assert isinstance(piece.thought, str)
