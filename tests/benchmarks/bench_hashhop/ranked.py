"""Retrieval before a model: the lines that a ranking of `bench_context` finds for a hash, the best one last."""

from collections.abc import Callable, Iterator, Sequence

from model.hashhop.language_model import Looked
from model.hashhop.protocols import OnTokens
from model.hashhop.routed import WORKING_SET_TOKENS
from model.local import LocalModel
from tests.benchmarks.bench_context.baselines.bm25 import Bm25
from tests.benchmarks.bench_context.baselines.mixpr import MixPr
from tests.benchmarks.bench_context.corpus import Block, Corpus, File
from tests.benchmarks.bench_context.ranking import Arm
from tests.benchmarks.bench_context.words import TermIndex

RANKINGS: dict[str, Callable[[TermIndex], Arm]] = {"bm25": Bm25, "mixpr": MixPr}
_MAX_LINES = 64
# What an index holds for a line: its text, and its terms with their counts.
_BYTES_A_TERM = 12


class RankedLook:
    """Ranks the lines of a prompt for what is looked for, and shows the best ones, as many tokens as the memory."""

    def __init__(self, model: LocalModel, ranking: str, budget_tokens: int = WORKING_SET_TOKENS) -> None:
        """Take the model that counts tokens, and the name of a ranking."""
        self._model = model
        self._ranking = ranking
        self._budget_tokens = budget_tokens

    def __call__(self, text: str, progress: OnTokens) -> Looked:
        """Index a prompt."""
        lines = text.splitlines()
        blocks = tuple(self._blocks(lines))
        corpus = Corpus("", (File("", "", blocks),))
        index = TermIndex()
        arm = RANKINGS[self._ranking](index)
        n_terms = len(index.counts(corpus).terms)
        progress(int(corpus.n_tokens.sum()))

        def view(wanted: str) -> str:
            # The first lines of all fill the room: a model that sees a line or two by themselves takes them for code.
            order = [
                *arm.rank(corpus, wanted.lower()).blocks[:_MAX_LINES].tolist(),
                *range(min(_MAX_LINES, len(lines))),
            ]
            shown: list[int] = []
            n_left = self._budget_tokens
            for number in dict.fromkeys(order):
                n_left -= blocks[number].n_tokens
                if n_left < 0:
                    break
                shown.append(number)
            return "".join(f"{lines[number]}\n" for number in reversed(shown))

        return Looked(view, len(text) + _BYTES_A_TERM * n_terms)

    def _blocks(self, lines: Sequence[str]) -> Iterator[Block]:
        """Yield each line without case: parts of a name, which capitals set apart, would link all hashes."""
        for i, line in enumerate(lines):
            yield Block("", i, i + 1, self._model.count_tokens(f"{line}\n"), line.lower())
