"""A model of this machine: its tokenizer at once, its network when it is first needed."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from model.api import (
    Budget,
    Change,
    Completion,
    Document,
    Editable,
    OnProgress,
    OnText,
    Progress,
    Query,
    Sampling,
    Shown,
    Sight,
    Turn,
)
from model.chat import ChatTemplate
from model.constraint import DiffConstraint
from model.errors import WeightsError, WindowExceededError
from model.memory.looking import Lookout
from model.memory.repository import MAX_VIEWED_TOKENS, NewView, RoutedMemory, no_view
from model.prefixes import PrefixStore
from model.prompt import PromptEncoder
from model.relay import Relay
from model.tokenizer import Tokenizer
from model.tree import FileTree

if TYPE_CHECKING:
    from model.engine import DenseMemory, Engine


_MOST_AT_ONCE = 16
Method = TypeVar("Method", bound=Callable[..., Any])


def _in_turn(method: Method) -> Method:
    """Let a method be called by several threads: they take turns."""

    @wraps(method)
    def taking_turns(self: "LocalModel", *args: Any, **kwargs: Any) -> Any:
        with self._relay.turn():
            return method(self, *args, **kwargs)

    return cast("Method", taking_turns)


class LocalModel:
    """A model directory in the Hugging Face layout.

    Counting and rendering need the tokenizer alone and answer in a fraction of a second; torch is imported and the
    weights are read by the first `remember`. Several threads may ask at once: answers are then written side by side.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        device: str = "auto",
        dtype: str = "auto",
        prefixes: PrefixStore | None = None,
        memory_root: Path | None = None,
        memory_bytes: int | None = None,
    ) -> None:
        """Read tokenizer, chat template and window; what is encoded is kept in `prefixes`.

        What is tokenised for the memory is kept below `memory_root`; without it, in the user's cache. It may take
        `memory_bytes`, or what `TokenStore` says.

        Raises:
            WeightsError: a file is missing or damaged.

        """
        self.name = name
        self.encoder = PromptEncoder(Tokenizer.from_directory(directory), ChatTemplate.from_directory(directory))
        self.context_limit = _read_window(directory / "config.json")
        self.directory = directory
        self._device = device
        self._dtype = dtype
        self._prefixes = prefixes
        self._lookout = Lookout(self.encoder.tokenizer, memory_root, memory_bytes)
        self._relay = Relay()

    @property
    def counts_as(self) -> str:
        """Names the tokenizer: equal names, equal counts."""
        return self.encoder.tokenizer.identity

    @property
    def n_at_once(self) -> int:
        """As many as share passes with profit: beyond, each has keys and values to hold and to read of its own."""
        return _MOST_AT_ONCE

    def count_tokens(self, text: str) -> int:
        """Count the tokens of plain text; control tokens in it are text."""
        return self.encoder.tokenizer.count(text)

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        """Count the tokens of a whole prompt, its documents left out."""
        return self.encoder.count_frame(system, Query(turns, task))

    def render(self, system: str, documents: Sequence[Document], query: Query) -> Iterator[str]:
        """Yield the very text that the model is given, piece by piece."""
        return self.encoder.render(system, documents, query)

    @_in_turn
    def remember(
        self, system: str, documents: Sequence[Shown], on_progress: OnProgress, *, exact: bool = False
    ) -> "DenseMemory":
        """Encode the system text and every document; what was encoded behind another text is reused if not `exact`.

        Raises:
            WindowExceededError: they alone fill the model's window.
            WeightsError: the network does not load.
            DeviceError: this machine lacks the device, or the type of number is not known.

        """
        ids = self.encoder.prefix(system, documents)
        self._check_window(len(ids))
        on_progress(Progress("load", 0, 1, self.name))
        engine = self.engine
        on_progress(Progress("load", 1, 1, self.name))
        _ = self._lookout.vocabulary  # is indexed while the documents are encoded
        return engine.prefill(ids, on_progress, exact=exact)

    @_in_turn
    def look(
        self,
        system: str,
        documents: Sequence[Document],
        changes: Sequence[Change],
        query: Query,
        budget: Budget,
        on_progress: OnProgress,
    ) -> RoutedMemory:
        """Take in a repository of any size, and decide what of it a query attends to: see `Lookout.look`."""
        within = budget.within(self.context_limit)
        n_besides = self.count_frame(system, query.turns, query.task) + MAX_VIEWED_TOKENS
        memory = self._lookout.look(system, documents, changes, query, within, n_besides, on_progress)
        n_room = within.window_tokens - within.max_new_tokens - n_besides + self.count_tokens(system)

        def count(memory: RoutedMemory) -> int:
            return len(self.encoder.prefix(system, memory.shown()))

        self._lookout.narrow(memory, query.said, min(within.working_set_tokens, n_room), n_room, count)
        return memory

    def follow(self, memory: RoutedMemory, text: str, budget_tokens: int) -> None:
        """Route what was taken in for another text than the query that it was taken in with."""
        self._lookout.follow(memory, text, budget_tokens)

    @_in_turn
    def sights(self, memory: RoutedMemory) -> Sequence[Sight]:
        """Return what is in view, and why: the best file first."""
        return self._lookout.sights(memory)

    @_in_turn
    def encode(self, memory: RoutedMemory, on_progress: OnProgress) -> None:
        """Encode what is attended to.

        Raises:
            WeightsError: the network does not load.
            DeviceError: this machine lacks the device, or the type of number is not known.

        """
        memory.dense = self.remember(memory.system, memory.shown(), on_progress)

    @_in_turn
    def complete(
        self,
        memory: "DenseMemory | RoutedMemory",
        query: Query,
        edits: Editable | None,
        sampling: Sampling,
        on_text: OnText,
    ) -> list[Completion]:
        """Answer one query, `sampling.n_attempts` times; the memory is left as it was and can be asked again.

        With `edits` the answer can only be a unified diff that applies to those files; without, it is free text.

        Raises:
            WindowExceededError: prefix, query and `sampling.max_new_tokens` do not fit the window together.
            WeightsError: the model's tokenizer cannot write a diff.

        """
        tail = self.encoder.tail(query)
        n_needed = memory.n_tokens + len(tail) + sampling.max_new_tokens
        new_view: NewView = no_view
        if isinstance(memory, RoutedMemory):
            dense, new_view = memory.encoded, partial(memory.new_view, self.encoder.further)
        else:
            dense = memory
        self._check_window(n_needed)
        tree = None
        if edits:
            favoured = memory.favoured() if isinstance(memory, RoutedMemory) else None
            tree = FileTree(edits, self._lookout.vocabulary.result(), query.said, favoured, query.leads)

        def new_constraint() -> DiffConstraint | None:
            return DiffConstraint(tree) if tree else None

        return self.engine.decode(dense, tail, sampling, self.encoder.tokenizer, new_constraint, on_text, new_view)

    @cached_property
    def engine(self) -> "Engine":
        """The network, loaded when it is first asked for."""
        from model.engine import Engine  # noqa: PLC0415 - torch: a second that counting tokens does not need

        return Engine.load(
            self.directory, device=self._device, dtype=self._dtype, prefixes=self._prefixes, relay=self._relay
        )

    def _check_window(self, n_tokens: int) -> None:
        if n_tokens > self.context_limit:
            raise WindowExceededError(
                f"{n_tokens:,} tokens are needed, but {self.name} has a window of {self.context_limit:,}; "
                "lower --max-new-tokens or --working-set, or look at a part with --attention memory"
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
