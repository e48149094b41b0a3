"""A table to fill: sizes by hops by modes, for one model."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.api import OnProgress
from model.hashhop.layout import Layout
from model.hashhop.measure import CHAIN_OF_THOUGHT, Cell, Result, problem_of_tokens, run
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

    def results(self, reader: Reader, on_progress: OnProgress, is_done: IsDone = never) -> Iterator[Result]:
        """Yield each cell's result, smaller prompts first; a prompt whose cells are all done is not read.

        Raises:
            ProblemError: a prompt of such a size cannot be made, or has too few chains.
            WindowExceededError: a prompt is too long for the model.

        """
        for size in self.sizes:
            for layout, hops in self._prompts():
                cells = [Cell(HASHHOP, size, each, mode, self.n_queries) for mode in self.modes for each in hops]
                missing = [cell for cell in cells if not is_done(cell)]
                if missing:
                    problem = problem_of_tokens(reader, size, layout, self.hash_length, self.seed)
                    yield from run(reader, problem, missing, on_progress)

    def _prompts(self) -> list[tuple[Layout, tuple[int, ...]]]:
        """Return the layout of each prompt, and the hops that it is asked about."""
        if self.is_reference:
            return [(Layout.of_reference(hops), (hops,)) for hops in self.hops]
        return [(Layout.mixed(MAX_HOPS), self.hops)]
