"""What the agent needs of others. Implementations do not subclass these."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from model.api import (
    Attended,
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


class Memory(Protocol):
    """Encoded documents, ready to be asked about."""

    @property
    def n_tokens(self) -> int:
        """Tokens of the shared prefix: system text and documents."""
        ...


class Routed(Memory, Protocol):
    """A repository of which a part is in view."""

    def attended(self) -> Attended:
        """Tell what of it."""
        ...


MemoryT = TypeVar("MemoryT", bound=Memory)
RoutedT = TypeVar("RoutedT", bound=Routed)


class LanguageModel(Protocol[MemoryT, RoutedT]):
    """A model that answers queries over documents remembered in its own kind of memory."""

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    @property
    def context_limit(self) -> int:
        """Tokens that prompt and answer may have together."""
        ...

    @property
    def counts_as(self) -> str | None:
        """Names the tokenizer: equal names, equal counts; None where counts of one text may differ."""
        ...

    @property
    def n_at_once(self) -> int:
        """Queries that it can answer at the same time; more would only wait for each other."""
        ...

    def count_tokens(self, text: str) -> int:
        """Count the tokens of plain text; control tokens in it are text."""
        ...

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        """Count the tokens of a whole prompt, its documents left out."""
        ...

    def render(self, system: str, documents: Sequence[Document], query: Query) -> Iterator[str]:
        """Yield the very text that the model is given, piece by piece: a repository is never held as text."""
        ...

    def remember(
        self, system: str, documents: Sequence[Document], on_progress: OnProgress, *, exact: bool = False
    ) -> MemoryT:
        """Encode system text and documents; if `exact`, nothing is reused that was encoded behind another text."""
        ...

    def look(
        self,
        system: str,
        documents: Sequence[Document],
        changes: Sequence[Change],
        query: Query,
        budget: Budget,
        on_progress: OnProgress,
    ) -> RoutedT:
        """Take in a repository that need not fit the window, and decide what of it a query attends to."""
        ...

    def sights(self, memory: RoutedT) -> Sequence[Sight]:
        """Return what is in view, and why: the best file first."""
        ...

    def encode(self, memory: RoutedT, on_progress: OnProgress) -> None:
        """Encode what is attended to."""
        ...

    def complete(
        self, memory: MemoryT | RoutedT, query: Query, edits: Editable | None, sampling: Sampling, on_text: OnText
    ) -> list[Completion]:
        """Decode `sampling.n_attempts` answers, each a diff over `edits` or free text; `on_text` hears the first."""
        ...
