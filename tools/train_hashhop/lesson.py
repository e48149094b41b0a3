"""How hard a step is: one hop in a short prompt first; more hops, then longer prompts, when most answers are right."""

from dataclasses import dataclass, field

from tools.train_hashhop.examples import MAX_HOPS

_LEARNED = 0.9
_PATIENCE = 30  # steps at least between two lessons
_FIRST_BYTES = 2_048
_FIRST_QUESTIONS = 128


@dataclass(slots=True)
class Lesson:
    """What is asked now, up to the largest prompt and number of questions."""

    most_bytes: int
    most_questions: int
    n_bytes: int = _FIRST_BYTES
    n_questions: int = _FIRST_QUESTIONS
    max_hops: int = 1
    _right: float = field(default=0.0, repr=False)
    _steps: int = field(default=0, repr=False)

    def learned(self, right: float) -> None:
        """Take note of the share of a step's answers that were right."""
        self._right += 0.1 * (right - self._right)
        self._steps += 1
        if self._right < _LEARNED or self._steps < _PATIENCE:
            return
        self._steps = 0
        if self.max_hops < MAX_HOPS:
            self.max_hops += 1
        elif self.n_bytes < self.most_bytes:
            self.n_bytes = min(2 * self.n_bytes, self.most_bytes)
            self.n_questions = min(self.n_questions + _FIRST_QUESTIONS, self.most_questions)
