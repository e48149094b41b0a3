"""Which tokens lead to the lines that are preferred."""

from model.guide import Hints
from model.vocabulary import Vocabulary


def leading_tokens(hints: Hints, line: bytes, vocabulary: Vocabulary) -> dict[int, float]:
    """Return the tokens that lead on from a line's beginning to what `hints` prefer, and the nats of each."""
    found: dict[int, float] = {}
    for lead, hinted in hints:
        if not line.startswith(lead):
            continue
        written = line[len(lead) :]
        for text, bonus in hinted.items():
            if text.startswith(written):
                for id_ in _word_ends(text[len(written) :], vocabulary):
                    found[id_] = max(bonus, found.get(id_, 0.0))
    return found


def copying_tokens(hints: Hints, line: bytes, vocabulary: Vocabulary) -> dict[int, float]:
    """Return the tokens that spell on what `hints` prefer, and the nats of each: the model may split it as it likes."""
    found: dict[int, float] = {}
    for lead, hinted in hints:
        for text, bonus in hinted.items():
            if (whole := lead + text).startswith(line):
                for id_ in vocabulary.prefixes_of(whole[len(line) :]):
                    found[id_] = max(bonus, found.get(id_, bonus))
    return found


def _word_ends(text: bytes, vocabulary: Vocabulary) -> list[int]:
    """Return the tokens that text begins with and that end as a word of it does; else the longest one.

    Half a word, or a blank, leads as well to what the task does not speak of.
    """
    spelled = {id_: vocabulary.tokens[id_] or b"" for id_ in vocabulary.prefixes_of(text)}
    fitting = [id_ for id_, token in spelled.items() if not token.isspace()]
    ends = [id_ for id_ in fitting if not text[len(spelled[id_]) :][:1].islower()]
    return ends or fitting[-1:]
