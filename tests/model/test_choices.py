"""Sorted texts against plain search."""

from hypothesis import given
from hypothesis import strategies as st

from model.choices import Choice, SortedTexts
from model.vocabulary import Vocabulary

BYTES = Vocabulary([bytes([byte]) for byte in range(256)])
lines = st.lists(st.text(alphabet="ab\u00e9\U0001f642", max_size=4).map(lambda text: f"{text}\n".encode()), max_size=8)


@given(lines, st.integers(0, 9))
def test_starting_with_finds_none_one_or_a_choice(texts: list[bytes], n_bytes: int) -> None:
    prefix = (texts[-1] if texts else b"ab")[:n_bytes]
    found = SortedTexts.of(texts).starting_with(prefix)
    assert list(found) == sorted({text for text in texts if text.startswith(prefix)})[:2]


@given(lines)
def test_without_leaves_the_others(texts: list[bytes]) -> None:
    for text in [*texts, b"other\n"]:
        assert list(SortedTexts.of(texts).without(text).starting_with(b"")) == sorted({*texts} - {text})[:2]


@given(lines, st.sampled_from([b"", b"-", b"--- "]), st.integers(0, 12))
def test_a_choice_knows_how_a_line_goes_on(texts: list[bytes], lead: bytes, n_bytes: int) -> None:
    choice = Choice(lead, SortedTexts.of(texts), lambda _text: None)
    wholes = sorted({lead + text for text in texts})
    written = (wholes[0] if wholes else lead)[:n_bytes]
    rests = [whole[len(written) :] for whole in wholes if whole.startswith(written)]
    assert list(choice.rests(written)) == rests[:2]
    assert set(choice.tokens(written, BYTES)) == {rest[0] for rest in rests if rest}
    assert choice.text_of(written) == (written[len(lead) :] if written in wholes else None)
    assert not choice.rests(b"?" + written)
    assert choice.tokens(b"?" + written, BYTES) == []
