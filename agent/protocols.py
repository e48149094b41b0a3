"""What the agent needs of others. Implementations do not subclass these."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from model.api import Completion, Document, Editable, OnProgress, OnText, Query, Sampling, Turn


class Memory(Protocol):
    """Encoded documents, ready to be asked about."""

    @property
    def n_tokens(self) -> int:
        """Tokens of the shared prefix: system text and documents."""
        ...


MemoryT = TypeVar("MemoryT", bound=Memory)


class LanguageModel(Protocol[MemoryT]):
    """A model that answers queries over documents remembered in its own kind of memory."""

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    @property
    def context_limit(self) -> int:
        """Tokens that prompt and answer may have together."""
        ...

    def count_tokens(self, text: str) -> int:
        """Count the tokens of plain text; control tokens in it are text."""
        ...

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        """Count the tokens of a whole prompt, its documents left out."""
        ...

    def render(self, system: str, documents: Sequence[Document], query: Query) -> str:
        """Return the very text that the model is given."""
        ...

    def remember(self, system: str, documents: Sequence[Document], on_progress: OnProgress) -> MemoryT:
        """Encode system text and documents."""
        ...

    def complete(
        self, memory: MemoryT, query: Query, edits: Editable | None, sampling: Sampling, on_text: OnText
    ) -> list[Completion]:
        """Decode `sampling.n_attempts` answers, each a diff over `edits` or free text; `on_text` hears the first."""
        ...
