"""Where a tokenizer looks in a repository of any size: what it takes to route, in one value."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

from model.api import Budget, Change, Document, OnProgress, Query, Sight
from model.errors import WindowExceededError
from model.memory.lexicon import Lexicon
from model.memory.repository import MIN_BUDGET_TOKENS, RoutedMemory
from model.memory.router import Router
from model.memory.segments import Segmenter
from model.memory.store import TokenStore
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary

_MOST_NARROWINGS = 4


class Lookout:
    """Routes over repositories with one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, root: Path | None = None, max_bytes: int | None = None) -> None:
        """Keep what is tokenised below `root`, in up to `max_bytes`: see `TokenStore` for what holds without them."""
        self._tokenizer, self._root, self._max_bytes = tokenizer, root, max_bytes

    @cached_property
    def vocabulary(self) -> Future[Vocabulary]:
        """The bytes of the tokenizer's tokens; a thread indexes them from when this is first named."""
        pool = ThreadPoolExecutor(1)
        future = pool.submit(Vocabulary.from_definition, self._tokenizer.definition)
        pool.shutdown(wait=False)
        return future

    def look(
        self,
        system: str,
        documents: Sequence[Document],
        changes: Sequence[Change],
        query: Query,
        budget: Budget,
        n_besides_tokens: int,
        on_progress: OnProgress,
    ) -> RoutedMemory:
        """Take in a repository of any size, and decide what of it a query attends to. Nothing is encoded yet.

        Args:
            system: the system text.
            documents: every file; those whose content was never read before are tokenised, and that is kept.
            changes: the repository's earlier changes, the latest first; they help to find the place.
            query: what is asked first.
            budget: what the request may take.
            n_besides_tokens: what of the window is taken by other things than the repository and the answer.
            on_progress: hears how far the tokenising is.

        Raises:
            WindowExceededError: the model's window is too small for any working set.

        """
        n_room = budget.window_tokens - n_besides_tokens - budget.max_new_tokens
        if n_room < MIN_BUDGET_TOKENS:
            raise WindowExceededError(
                f"a context of {budget.window_tokens:,} tokens leaves {max(0, n_room):,} for the repository beside "
                f"instructions, task and answer, and {MIN_BUDGET_TOKENS:,} are the least: "
                "lower --max-new-tokens or raise --context-limit"
            )
        segmenter = Segmenter(self._tokenizer, self.vocabulary.result())
        store = TokenStore(self._tokenizer.identity, self._root, max_bytes=self._max_bytes)
        memory = RoutedMemory.read(system, documents, changes, segmenter, store, on_progress)
        self.follow(memory, query.said, min(budget.working_set_tokens, n_room))
        return memory

    def follow(self, memory: RoutedMemory, text: str, budget_tokens: int) -> None:
        """Decide again: for another text, or within another budget."""
        memory.follow(self._router, text, budget_tokens)

    def narrow(
        self, memory: RoutedMemory, text: str, budget_tokens: int, n_room: int, count: Callable[[RoutedMemory], int]
    ) -> None:
        """Decide for less than `budget_tokens`, which are an estimate, until what is in view has room as it is counted.

        One that cannot be narrowed any more may still have none.
        """
        for _ in range(_MOST_NARROWINGS):
            n_tokens = count(memory)
            if n_tokens <= n_room or budget_tokens <= MIN_BUDGET_TOKENS:
                return
            budget_tokens = max(MIN_BUDGET_TOKENS, budget_tokens * n_room // n_tokens * 9 // 10)
            self.follow(memory, text, budget_tokens)

    def sights(self, memory: RoutedMemory) -> Sequence[Sight]:
        """Return what is in view, and why: the best file first."""
        return memory.sights(self._router)

    @cached_property
    def _router(self) -> Router:
        return Router(self._tokenizer, Lexicon.of(self.vocabulary.result()))
