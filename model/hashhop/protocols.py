"""What passes between the evaluation and the models that take it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

OnTokens = Callable[[int], None]  # hears how many tokens are done


def unheard(_n_tokens: int) -> None:
    """Say nothing of how far a step is."""


@dataclass(frozen=True, slots=True)
class Question:
    """Where to start, how many pairs to follow, and whether every hash on the way is to be written."""

    start: str
    hops: int
    chain_of_thought: bool

    @property
    def text(self) -> str:
        """What stands behind the prompt: the reference's completion, cut after the opening quote."""
        return f"\n\nCOMPLETION:\nHops={self.hops}\n\nCoT={self.chain_of_thought}\n\n{self.start} = '"


@dataclass(frozen=True, slots=True)
class TextQuestion(Question):
    """A question of another kind: what is asked in words, and how its answer begins, up to the opening quote."""

    words: str
    begun: str

    @property
    def text(self) -> str:
        """What stands behind the prompt."""
        return f"\n\n{self.words} {self.begun} '"


class Reading(Protocol):
    """What a model keeps of a prompt that it has read."""

    @property
    def n_tokens(self) -> int:
        """Tokens of the prompt, by the model's own tokenizer."""
        ...

    @property
    def n_bytes(self) -> int:
        """Bytes held in memory for it."""
        ...

    def complete(self, questions: Sequence[Question], progress: OnTokens = unheard) -> list[str]:
        """Answer each question on its own, up to but without the closing quote; `progress` hears of decoded tokens."""
        ...


class Reader(Protocol):
    """A model in the harness."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """Its window, if it has one."""
        ...

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text by the model's own tokenizer."""
        ...

    def read(self, pieces: Iterable[str], progress: OnTokens = unheard) -> Reading:
        """Read a prompt, given as texts that make it up when joined; `progress` hears of tokens read."""
        ...
