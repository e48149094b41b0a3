"""A prompt as a repository of one document: kept as tokens, routed over as a whole, a few of its lines in view."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from model.api import Budget, Query
from model.hashhop.language_model import Looked
from model.hashhop.protocols import OnTokens
from model.local import LocalModel

WORKING_SET_TOKENS = 512  # twenty lines of pairs; with more in view the models copy others of them
_ANSWER_TOKENS = 64


@dataclass(frozen=True)
class PromptDocument:
    """The prompt as a file; excerpts are lines without a frame."""

    content: str
    n_tokens: int

    @property
    def path(self) -> PurePosixPath:
        """Name the one file that there is."""
        return PurePosixPath("prompt.txt")

    @cached_property
    def blob(self) -> str:
        """Name the content."""
        return hashlib.sha1(self.content.encode(), usedforsecurity=False).hexdigest()

    @property
    def source(self) -> str:
        """Name the content, which has no frame."""
        return self.blob

    def read(self) -> str:
        """Return all of it."""
        return self.content

    def text(self) -> str:
        """Return all of it."""
        return self.content

    def excerpt(self, spans: Sequence[tuple[int, int]]) -> "PromptDocument":
        """Return some of the lines."""
        lines = [line for first, end in spans for line in self._lines[first:end]]
        return PromptDocument("".join(f"{line}\n" for line in lines), 0)

    @cached_property
    def _lines(self) -> list[str]:
        return self.content.splitlines()


class MemoryLook:
    """Looks at a prompt through the memory of repositories: what is looked for is routed to lines by its tokens."""

    def __init__(self, model: LocalModel, working_set_tokens: int = WORKING_SET_TOKENS) -> None:
        """Take the model whose memory looks."""
        self._model = model
        self._working_set_tokens = working_set_tokens

    def __call__(self, text: str, progress: OnTokens) -> Looked:
        """Take in a prompt."""
        model, n_in_view = self._model, self._working_set_tokens
        document = PromptDocument(text, model.count_tokens(text))
        budget = Budget(model.context_limit, n_in_view, _ANSWER_TOKENS)
        memory = model.look("", [document], (), Query((), ""), budget, lambda step: progress(step.done))

        def view(wanted: str) -> str:
            model.follow(memory, wanted, n_in_view)
            return "".join(shown.read() for shown in memory.shown())

        return Looked(view, memory.index.n_bytes + len(text))
