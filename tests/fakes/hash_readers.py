"""Readers that are no models: one looks answers up, the other guesses."""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model.hashhop.hashes import ALPHABET
from model.hashhop.protocols import OnTokens, Question, unheard

LINE = re.compile(r"(\w+) = '?(\w+)'?")


@dataclass
class LookedUp:
    """The prompt as a dictionary: what no model may be."""

    text: str
    starts: list[str]

    @property
    def n_tokens(self) -> int:
        return len(self.text)

    @property
    def n_bytes(self) -> int:
        return len(self.text)

    def complete(self, questions: Sequence[Question], progress: OnTokens = unheard) -> list[str]:
        pairs = dict(LINE.findall(self.text))
        answers = []
        for question in questions:
            self.starts.append(question.start)
            chain = [question.start]
            for _ in range(question.hops):
                chain.append(pairs.get(chain[-1], ""))
            answers.append(" = ".join(chain[1:]) if question.chain_of_thought else chain[-1])
            progress(sum(map(len, answers)))
        return answers


@dataclass
class Guessed:
    """Knows the form of an answer and nothing else."""

    n_tokens: int
    n_bytes: int = 0

    def complete(self, questions: Sequence[Question], progress: OnTokens = unheard) -> list[str]:
        draw = random.Random(0)
        return [
            " = ".join(
                "".join(draw.choices(ALPHABET, k=len(question.start)))
                for _ in range(question.hops if question.chain_of_thought else 1)
            )
            for question in questions
        ]


class OracleReader:
    """Gets everything right. One token a character."""

    name = "oracle"

    def __init__(self, max_tokens: int | None = None) -> None:
        self.max_tokens = max_tokens
        self.n_read = 0
        self.starts: list[str] = []

    def count_tokens(self, text: str) -> int:
        return len(text)

    def read(self, pieces: Iterable[str], progress: OnTokens = unheard) -> LookedUp:
        self.n_read += 1
        text = ""
        for piece in pieces:
            text += piece
            progress(len(text))
        return LookedUp(text, self.starts)


class RandomReader:
    """Gets nothing right. Three characters a token."""

    name = "random"
    max_tokens = None

    def count_tokens(self, text: str) -> int:
        return -(-len(text) // 3)

    def read(self, pieces: Iterable[str], progress: OnTokens = unheard) -> Guessed:
        return Guessed(self.count_tokens("".join(pieces)))
