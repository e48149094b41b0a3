"""The shipped table of words that mean nearly the same."""

import json
from importlib.resources import files

import pytest

from model.memory.lexicon import Lexicon
from model.memory.related import TABLE, Related


def near(word: str, words: list[str]) -> dict[str, float]:
    lexicon = Lexicon([each.encode() for each in words])
    terms, nearness = Related.shipped(lexicon).of(lexicon.words.index(word))
    return dict(zip((lexicon.words[term] for term in terms), nearness.tolist(), strict=True))


def test_the_table_is_small_and_how_it_was_made_is_on_record() -> None:
    assert len(files("model.memory").joinpath(TABLE).read_bytes()) < 2_000_000
    record = json.loads(files("model.memory").joinpath("related.json").read_text())
    assert record["model"]
    assert record["pairs"] > 100_000


@pytest.mark.parametrize(
    ("word", "akin", "other"),
    [("rotate", "rotation", "password"), ("\u5bc6\u7801", "password", "rotate"), ("auth", "authentication", "header")],
)
def test_words_of_one_meaning_are_near(word: str, akin: str, other: str) -> None:
    found = near(word, [word, akin, other])
    assert 0 < found.pop(akin) < 1
    assert not found


def test_a_word_that_is_not_in_the_table_has_none_near() -> None:
    assert near("xqzvkj", ["xqzvkj", "password"]) == {}
    assert Related.none().of(1)[0].tolist() == []
