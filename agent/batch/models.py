"""Models for many tasks: each loaded once, and asked by as many tasks at a time as it can serve."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from agent.protocols import LanguageModel
from model.api import (
    Budget,
    Change,
    Completion,
    Document,
    Editable,
    OnProgress,
    OnText,
    Query,
    Sampling,
    Sight,
    Turn,
)

Model = LanguageModel[Any, Any]


class Shared:
    """A `LanguageModel` that threads can share: whoever encodes or decodes has it, or a part of it, for that long.

    Tokens are counted meanwhile: to read a repository, a task need not wait until another one's answer is written.
    """

    def __init__(self, model: Model) -> None:
        """Take the model that does the work."""
        self._model = model
        self._busy = threading.Semaphore(model.n_at_once)
        self._counting = threading.Lock()

    @property
    def name(self) -> str:
        """What users call it."""
        return self._model.name

    @property
    def context_limit(self) -> int:
        """Tokens that prompt and answer may have together."""
        return self._model.context_limit

    @property
    def counts_as(self) -> str | None:
        """Names the tokenizer: equal names, equal counts; None where counts of one text may differ."""
        return self._model.counts_as

    @property
    def n_at_once(self) -> int:
        """Queries that it can answer at the same time."""
        return self._model.n_at_once

    def count_tokens(self, text: str) -> int:
        """Count the tokens of plain text."""
        with self._counting:
            return self._model.count_tokens(text)

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        """Count the tokens of a whole prompt, its documents left out."""
        with self._counting:
            return self._model.count_frame(system, turns, task)

    def render(self, system: str, documents: Sequence[Document], query: Query) -> Iterator[str]:
        """Yield the very text that the model is given, piece by piece."""
        return self._model.render(system, documents, query)

    def remember(
        self, system: str, documents: Sequence[Document], on_progress: OnProgress, *, exact: bool = False
    ) -> Any:
        """Encode system text and documents."""
        with self._busy:
            return self._model.remember(system, documents, on_progress, exact=exact)

    def look(
        self,
        system: str,
        documents: Sequence[Document],
        changes: Sequence[Change],
        query: Query,
        budget: Budget,
        on_progress: OnProgress,
    ) -> Any:
        """Take in a repository, and decide what of it a query attends to."""
        with self._busy:
            return self._model.look(system, documents, changes, query, budget, on_progress)

    def sights(self, memory: Any) -> Sequence[Sight]:
        """Return what is in view, and why."""
        with self._busy:
            return self._model.sights(memory)

    def encode(self, memory: Any, on_progress: OnProgress) -> None:
        """Encode what is attended to."""
        with self._busy:
            self._model.encode(memory, on_progress)

    def complete(
        self, memory: Any, query: Query, edits: Editable | None, sampling: Sampling, on_text: OnText
    ) -> list[Completion]:
        """Decode answers."""
        with self._busy:
            return self._model.complete(memory, query, edits, sampling, on_text)


class Models:
    """The models of a batch by name: opened before it starts, let go of when nobody needs them any more."""

    def __init__(self, names: Iterable[str], open_model: Callable[[str], Model]) -> None:
        """Open each model that is named; `names` has one for each task.

        Raises:
            ModelError: one of them cannot be had.

        """
        self._left = Counter(names)
        self._models: dict[str, Shared] = {name: Shared(open_model(name)) for name in self._left}
        self._lock = threading.Lock()

    def get(self, name: str) -> Shared:
        """Return a model."""
        return self._models[name]

    def done(self, name: str) -> None:
        """Hear that one task is through with a model."""
        with self._lock:
            self._left[name] -= 1
            if not self._left[name]:
                del self._models[name]
