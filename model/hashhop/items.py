"""One question with its right answer, and what of an answer is right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from model.hashhop.protocols import Question


@dataclass(frozen=True, slots=True)
class Item:
    """A question and the parts of its answer, which `joint` joins; where `ordered` is false they come in any order."""

    question: Question
    parts: tuple[str, ...]
    joint: str = " = "
    ordered: bool = True

    @property
    def answer(self) -> str:
        """The right answer, as a model is to write it."""
        return self.joint.join(self.parts)

    def right_parts(self, answer: str) -> tuple[bool, ...]:
        """Tell for each part whether an answer has it, at its place where they are ordered."""
        given = answer.split(self.joint)
        if not self.ordered:
            return tuple(part in given for part in self.parts)
        return tuple(i < len(given) and given[i] == part for i, part in enumerate(self.parts))

    def is_right(self, answer: str) -> bool:
        """Tell whether an answer is right as a whole: nothing is missing and nothing too much."""
        if not self.ordered:
            return sorted(answer.split(self.joint)) == sorted(self.parts)
        return answer == self.answer


class Problem(Protocol):
    """A prompt that is made as it is read, and questions about it."""

    @property
    def n_chars(self) -> int:
        """Characters of the prompt."""
        ...

    def pieces(self) -> Iterable[str]:
        """Yield the prompt's text in pieces."""
        ...

    def items(self, hops: int, n: int, *, chain_of_thought: bool) -> Sequence[Item]:
        """Draw `n` different questions."""
        ...
