"""The tasks by name, and a table of them to fill."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from model.api import OnProgress, Progress
from model.hashhop.measure import DIRECT, Cell, Result, run, together
from model.hashhop.plan import IsDone, never
from model.hashhop.protocols import Reader
from model.hashhop.tasks import needles, ruler
from model.hashhop.tasks.hidden import Hidden

_SAMPLE_CHARS = 40_000

# Characters, draws, and the place (0 the start, 1 the end) of what is hidden → a text with a question.
MakeHidden = Callable[[int, random.Random, float], Hidden]

TASKS: Mapping[str, MakeHidden] = {
    "needle": needles.in_prose,
    "needle-code": needles.in_code,
    "induction": needles.marked,
    "multi-key": needles.among_many,
    "variables": ruler.variables,
    "frequent-words": ruler.frequent_words,
}


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One task at several sizes. Each question has a text of its own, with the needle further on in each."""

    task: str
    sizes: tuple[int, ...]
    n_queries: int = 100
    seed: int = 0

    def results(self, reader: Reader, on_progress: OnProgress, is_done: IsDone = never) -> Iterator[Result]:
        """Yield each size's result.

        Raises:
            WindowExceededError: a text is too long for the model.

        """
        for size in self.sizes:
            cell = Cell(self.task, size, 1, DIRECT, self.n_queries, hash_length=0)
            if not is_done(cell):
                yield self._measure(reader, cell, on_progress)

    def problem(self, n_chars: int, number: int) -> Hidden:
        """Return the text with question `number`."""
        draw = random.Random(f"{self.task} {self.seed} {number}")  # noqa: S311 - nothing secret is drawn
        place = (number + 0.5) / self.n_queries
        return TASKS[self.task](n_chars, draw, place)

    def _measure(self, reader: Reader, cell: Cell, on_progress: OnProgress) -> Result:
        sample = next(iter(self.problem(_SAMPLE_CHARS, 0).pieces()))
        n_chars = cell.tokens * len(sample) // reader.count_tokens(sample)
        one = replace(cell, n=1)
        results: list[Result] = []
        for number in range(cell.n):
            results += run(reader, self.problem(n_chars, number), [one], _ignore)
            on_progress(Progress("read", (number + 1) * cell.tokens, cell.n * cell.tokens))
        return together(results)


def _ignore(_step: Progress) -> None:
    """Say nothing of a single question: all of them have one bar."""
