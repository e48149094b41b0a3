"""A model of this machine: its tokenizer at once, its network when it is first needed."""

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from model.api import Completion, Document, Editable, OnProgress, OnText, Progress, Query, Sampling, Turn
from model.chat import ChatTemplate
from model.constraint import DiffConstraint
from model.errors import WeightsError, WindowExceededError
from model.prefixes import PrefixStore
from model.prompt import PromptEncoder
from model.tokenizer import Tokenizer
from model.tree import FileTree
from model.vocabulary import Vocabulary

if TYPE_CHECKING:
    from model.engine import DenseMemory, Engine


class LocalModel:
    """A model directory in the Hugging Face layout.

    Counting and rendering need the tokenizer alone and answer in a fraction of a second; torch is imported and the
    weights are read by the first `remember`.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        device: str = "auto",
        dtype: str = "auto",
        prefixes: PrefixStore | None = None,
    ) -> None:
        """Read tokenizer, chat template and window; what is encoded is kept in `prefixes`.

        Raises:
            WeightsError: a file is missing or damaged.

        """
        self.name = name
        self.encoder = PromptEncoder(Tokenizer.from_directory(directory), ChatTemplate.from_directory(directory))
        self.context_limit = _read_window(directory / "config.json")
        self._directory = directory
        self._device = device
        self._dtype = dtype
        self._prefixes = prefixes

    def count_tokens(self, text: str) -> int:
        """Count the tokens of plain text; control tokens in it are text."""
        return self.encoder.tokenizer.count(text)

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        """Count the tokens of a whole prompt, its documents left out."""
        return self.encoder.count_frame(system, Query(turns, task))

    def render(self, system: str, documents: Sequence[Document], query: Query) -> str:
        """Return the very text that the model is given."""
        return "".join(self.encoder.render(system, documents, query))

    def remember(self, system: str, documents: Sequence[Document], on_progress: OnProgress) -> "DenseMemory":
        """Encode the system text and every document.

        Raises:
            WindowExceededError: they alone fill the model's window.
            WeightsError: the network does not load.
            DeviceError: this machine lacks the device, or the type of number is not known.

        """
        ids = self.encoder.prefix(system, documents)
        self._check_window(len(ids))
        on_progress(Progress("load", 0, 1, self.name))
        engine = self._engine
        on_progress(Progress("load", 1, 1, self.name))
        _ = self._vocabulary  # is indexed while the documents are encoded
        on_progress(Progress("prefill", 0, len(ids), f"about {engine.estimate_prefill_s(len(ids)):.0f} s"))
        return engine.prefill(ids, on_progress)

    def complete(
        self, memory: "DenseMemory", query: Query, edits: Editable | None, sampling: Sampling, on_text: OnText
    ) -> list[Completion]:
        """Answer one query, `sampling.n_attempts` times; the memory is left as it was and can be asked again.

        With `edits` the answer can only be a unified diff that applies to those files; without, it is free text.

        Raises:
            WindowExceededError: prefix, query and `sampling.max_new_tokens` do not fit the window together.
            WeightsError: the model's tokenizer cannot write a diff.

        """
        tail = self.encoder.tail(query)
        self._check_window(memory.n_tokens + len(tail) + sampling.max_new_tokens)

        tree = None
        if edits:
            said = "\n".join([turn.text for turn in query.turns if turn.role == "user"] + [query.task])
            tree = FileTree(edits.files, edits.taken, self._vocabulary.result(), edits.check_file, said)

        def new_constraint() -> DiffConstraint | None:
            return DiffConstraint(tree) if tree else None

        return self._engine.decode(memory, tail, sampling, self.encoder.tokenizer, new_constraint, on_text)

    @cached_property
    def _vocabulary(self) -> Future[Vocabulary]:
        pool = ThreadPoolExecutor(1)
        future = pool.submit(Vocabulary.from_definition, self.encoder.tokenizer.definition)
        pool.shutdown(wait=False)
        return future

    @cached_property
    def _engine(self) -> "Engine":
        from model.engine import Engine  # noqa: PLC0415 - torch: a second that counting tokens does not need

        return Engine.load(self._directory, device=self._device, dtype=self._dtype, prefixes=self._prefixes)

    def _check_window(self, n_tokens: int) -> None:
        if n_tokens > self.context_limit:
            raise WindowExceededError(
                f"{n_tokens:,} tokens are needed, but {self.name} has a window of {self.context_limit:,}"
            )


def _read_window(path: Path) -> int:
    """Return the tokens that the model was trained to attend to."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        window = config.get("text_config", config).get("max_position_embeddings")
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsError(f"{path} cannot be read as a model configuration: {error}") from error
    if not isinstance(window, int):
        raise WeightsError(f"{path} does not say how many positions the model has (max_position_embeddings)")
    return window
