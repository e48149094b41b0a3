"""Needles in haystacks: one in prose or code, many alike (RULER, Hsieh et al., arXiv 2404.06654), and a marked one.

A needle is unlike what it stands in, or its mark is: it is found by what it is, where a hash is found by its key alone.
"""

import random
from collections.abc import Iterator

from model.hashhop.items import Item
from model.hashhop.protocols import TextQuestion
from model.hashhop.tasks import haystacks
from model.hashhop.tasks.hidden import Hidden

_ADJECTIVES = ("amber", "brave", "calm", "dusty", "early", "faded", "gentle", "hollow", "icy", "jolly", "keen", "loud")
_NOUNS = ("anchor", "basket", "candle", "drum", "engine", "feather", "garden", "hammer", "island", "jacket", "kettle")
_SENTENCE = "The magic number of the {key} is '{value}'."
_MARK = "@@@"


def in_prose(n_chars: int, draw: random.Random, place: float) -> Hidden:
    """Hide a sentence in prose."""
    key, value = _key(draw), _value(draw)
    item = _asked(f"What is the magic number of the {key}?", f"The magic number of the {key} is", key, value)
    return Hidden(n_chars, haystacks.prose, _seed(draw), ((place, _SENTENCE.format(key=key, value=value)),), item)


def in_code(n_chars: int, draw: random.Random, place: float) -> Hidden:
    """Hide an assignment in code."""
    key, value = f"MAGIC_{_key(draw).upper().replace(' ', '_')}", _value(draw)
    item = _asked(f"# What is the value of {key}?", f"\n{key} =", key, value)
    return Hidden(n_chars, haystacks.code, _seed(draw), ((place, f"{key} = '{value}'"),), item)


def marked(n_chars: int, draw: random.Random, place: float) -> Hidden:
    """Hide what follows a mark in random words: an induction head finds it (Fu et al., arXiv 2212.14052)."""
    value = haystacks.word(draw)
    return Hidden(
        n_chars, haystacks.letters, _seed(draw), ((place, f"{_MARK} '{value}'"),), _asked("", _MARK, _MARK, value)
    )


def among_many(n_chars: int, draw: random.Random, place: float) -> Hidden:
    """Ask for one of many needles: the whole haystack is made of others."""
    key, value = _key(draw), _value(draw)

    def others(chance: random.Random) -> Iterator[str]:
        while True:
            if (other := _key(chance, numbered=True)) != key:
                yield _SENTENCE.format(key=other, value=_value(chance))

    item = _asked(f"What is the magic number of the {key}?", f"The magic number of the {key} is", key, value)
    return Hidden(n_chars, others, _seed(draw), ((place, _SENTENCE.format(key=key, value=value)),), item)


def _asked(words: str, begun: str, key: str, value: str) -> Item:
    return Item(TextQuestion(key, 1, chain_of_thought=False, words=words, begun=begun), (value,))


def _key(draw: random.Random, *, numbered: bool = False) -> str:
    """Draw a name; a numbered one is none of those without a number."""
    name = f"{draw.choice(_ADJECTIVES)} {draw.choice(_NOUNS)}"
    return f"{name} {draw.randrange(10**6)}" if numbered else name


def _value(draw: random.Random) -> str:
    return str(draw.randrange(10**6, 10**7))


def _seed(draw: random.Random) -> str:
    return str(draw.getrandbits(64))
