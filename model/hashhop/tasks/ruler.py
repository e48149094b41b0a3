"""RULER's tasks that are more than a needle (Hsieh et al., arXiv 2404.06654): variable tracking and frequent words."""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, islice

from model.hashhop.items import Item
from model.hashhop.protocols import TextQuestion
from model.hashhop.tasks import haystacks
from model.hashhop.tasks.hidden import Hidden

_N_VARIABLES = 5
_N_WORDS = 3
_ZIPF = 2.0  # the exponent of how often words come, as there
_N_VOCABULARY = 2_000
_WORDS_A_LINE = 12


def variables(n_chars: int, draw: random.Random, place: float) -> Hidden:
    """Hide assignments from one variable to the next in noise, and ask which variables have the first one's value."""
    _ = place  # they are spread over the whole text
    names: set[str] = set()
    while len(names) < _N_VARIABLES:
        names.add("".join(draw.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=5)))
    chain = draw.sample(sorted(names), _N_VARIABLES)
    value = str(draw.randrange(10_000, 100_000))
    values = [value, *(f"VAR {name}" for name in chain)]
    lines = [f"VAR {name} = {of}" for name, of in zip(chain, values, strict=False)]
    places = sorted(draw.random() for _ in lines)
    question = TextQuestion(
        value,
        1,
        chain_of_thought=False,
        words=f"Which {_N_VARIABLES} variables have the value {value}, directly or through others?",
        begun=f"The variables with the value {value} are",
    )
    item = Item(question, tuple(chain), ", ", ordered=False)
    return Hidden(n_chars, haystacks.noise, "", tuple(zip(places, lines, strict=True)), item)


def frequent_words(n_chars: int, draw: random.Random, place: float) -> Hidden:
    """Write words by Zipf's law, and ask for the most frequent ones."""
    _ = place  # nothing is hidden
    vocabulary = list({haystacks.word(draw): None for _ in range(_N_VOCABULARY)})
    weights = list(accumulate((rank + 1) ** -_ZIPF for rank in range(len(vocabulary))))

    def written(chance: random.Random) -> Iterator[str]:
        while True:
            yield " ".join(chance.choices(vocabulary, cum_weights=weights, k=_WORDS_A_LINE))

    seed = str(draw.getrandbits(64))
    text = Hidden(n_chars, written, seed, (), Item(TextQuestion("", 1, False, "", ""), ()))  # noqa: FBT003
    counts = Counter(word for piece in text.pieces() for word in piece.split())
    question = TextQuestion(
        "words",
        1,
        chain_of_thought=False,
        words=f"Which {_N_WORDS} words come most often in the text above?",
        begun="The words that come most often are",
    )
    answer = tuple(word for word, _ in islice(counts.most_common(), _N_WORDS))
    return Hidden(n_chars, written, seed, (), Item(question, answer, ", ", ordered=False))
