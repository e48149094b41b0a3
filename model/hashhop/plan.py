"""A table to fill: sizes by hops by modes, for one model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from model.api import OnProgress
from model.hashhop.layout import Layout
from model.hashhop.measure import CHAIN_OF_THOUGHT, Cell, Result, chars_of_tokens, run, together
from model.hashhop.problem import HashHop
from model.hashhop.protocols import Reader

HASHHOP = "hashhop"
MAX_HOPS = 6

IsDone = Callable[[Cell], bool]


def never(_cell: Cell) -> bool:
    """Say of each cell that it is still to be done."""
    return False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked. In the reference's layout each number of hops has a prompt of its own; else one serves all."""

    sizes: tuple[int, ...]
    hops: tuple[int, ...]
    modes: tuple[str, ...] = (CHAIN_OF_THOUGHT,)
    n_queries: int = 100
    hash_length: int = 16
    seed: int = 0
    is_reference: bool = False

    def cells(self) -> list[Cell]:
        """Return all cells."""
        return [cell for size in self.sizes for _, hops in self._prompts() for cell in self._cells(size, hops)]

    def results(self, reader: Reader, on_progress: OnProgress, is_done: IsDone = never) -> Iterator[Result]:
        """Yield each cell's result, smaller prompts first; a prompt whose cells are all done is not read.

        Raises:
            ProblemError: a prompt of such a size cannot be made.
            WindowExceededError: a prompt is too long for the model.

        """
        for size in self.sizes:
            for layout, hops in self._prompts():
                missing = [cell for cell in self._cells(size, hops) if not is_done(cell)]
                if missing:
                    n_chars = chars_of_tokens(reader, size, layout, self.hash_length, self.seed)
                    problem = HashHop.of_chars(n_chars, layout, self.hash_length, self.seed)
                    yield from self._measure(reader, problem, missing, on_progress)

    def _measure(
        self, reader: Reader, problem: HashHop, cells: Sequence[Cell], on_progress: OnProgress
    ) -> Iterator[Result]:
        """Yield the cells' results, with as many prompts of that size as it takes to have chains for all questions."""
        n_prompts = -(-self.n_queries // min(problem.n_chains(cell.hops) for cell in cells))
        shares = [self.n_queries // n_prompts + (i < self.n_queries % n_prompts) for i in range(n_prompts)]
        if n_prompts == 1:
            yield from run(reader, problem, cells, on_progress)
            return
        of_prompts = [
            list(run(reader, replace(problem, number=i), [replace(cell, n=n) for cell in cells], on_progress))
            for i, n in enumerate(shares)
        ]
        yield from map(together, zip(*of_prompts, strict=True))

    def _cells(self, size: int, hops: tuple[int, ...]) -> list[Cell]:
        n, length = self.n_queries, self.hash_length
        return [Cell(HASHHOP, size, each, mode, n, length) for mode in self.modes for each in hops]

    def _prompts(self) -> list[tuple[Layout, tuple[int, ...]]]:
        """Return the layout of each prompt, and the hops that it is asked about."""
        if self.is_reference:
            return [(Layout.of_reference(hops), (hops,)) for hops in self.hops]
        return [(Layout.mixed(MAX_HOPS), self.hops)]
