"""A model on a server, through the protocol that our own goes through: we read and route, the server decodes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

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
    Shown,
    Sight,
    Turn,
)
from model.endpoint.answers import Answer, ask_for
from model.endpoint.counting import Counter
from model.endpoint.grammar import with_grammar
from model.endpoint.server import Server, some_of
from model.endpoint.stand_in import stand_in
from model.endpoint.wire import Wire
from model.errors import EndpointError, RefusedError, UnknownModelError, WindowExceededError
from model.memory.looking import Lookout
from model.memory.repository import RoutedMemory
from model.tokenizer import Tokenizer

# What a chat template puts around a message, rather too much: we do not see it.
_MESSAGE_TOKENS = 16
_UNPROCESSABLE = {400, 422}
# What a server can refuse by name, and is then asked without: OpenAI's newer models call the limit otherwise, and draw
# as they like.
_LIMIT, _NEWER_LIMIT = "max_tokens", "max_completion_tokens"
_OPTIONAL = frozenset({_LIMIT, "temperature", "top_p", "min_p", "seed", "stream_options"})
_QUOTED = re.compile(r"['\"`](\w+)['\"`]")


@dataclass(frozen=True, slots=True)
class Sent:
    """System text and documents as they will be sent: one message, the same in every request on the repository."""

    text: str
    n_tokens: int


@dataclass(slots=True)
class RoutedSent:
    """A repository of which a part will be sent."""

    routed: RoutedMemory
    sent: Sent

    @property
    def n_tokens(self) -> int:
        """Tokens of what will be sent."""
        return self.sent.n_tokens

    @property
    def text(self) -> str:
        """What will be sent."""
        return self.sent.text

    def attended(self) -> Attended:
        """Tell what of the repository that is."""
        return self.routed.attended()


class EndpointModel:
    """Answers with what a server writes. Threads may share it."""

    def __init__(
        self, wire: Wire, server: Server, memory_root: Path | None = None, memory_bytes: int | None = None
    ) -> None:
        """Ask nothing yet. What is tokenised for the memory is kept below `memory_root`, or in the user's cache.

        It may take `memory_bytes`, or what `TokenStore` says.

        Raises:
            UnknownModelError: the server lists others, and nobody says how much context this one has.
            EndpointError: nobody says how much context there is.

        """
        limits = [each for each in (wire.endpoint.context_limit, server.context_length) if each is not None]
        if not limits and server.others:
            raise UnknownModelError(
                f"{wire.endpoint.address} lists no model {server.model}; it has: {some_of(server.others)}"
            )
        if not limits:
            raise EndpointError(
                f"{wire.endpoint.address} does not say how much context {server.model} has; "
                "say it with --context-limit TOKENS"
            )
        self.name = server.model
        self.context_limit = min(limits)
        self.server = server
        self._wire = wire
        self._memory_root, self._memory_bytes = memory_root, memory_bytes
        self._takes_grammars = True
        self._left_out = frozenset[str]()

    @property
    def counts_as(self) -> None:
        """Return None: what a server counts and what is estimated depends on what was counted before."""

    @property
    def n_at_once(self) -> int:
        """As many as there may be connections; attempts share them."""
        return self._wire.endpoint.n_connections

    @property
    def counts_exactly(self) -> bool:
        """Whether the server really counts for us, which is asked of it."""
        self.count_tokens("count this")
        return self._counter.is_exact

    def count_tokens(self, text: str) -> int:
        """Count the tokens of plain text: as the server does, or rather too many."""
        return self._counter.count(text)

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        """Count the tokens of a whole prompt, its documents left out."""
        texts = [system, *(turn.text for turn in turns), task]
        return sum(map(self.count_tokens, texts)) + _MESSAGE_TOKENS * len(texts)

    def render(self, system: str, documents: Sequence[Document], query: Query) -> Iterator[str]:
        """Yield the messages that the server is given, each under its role; its chat template is its own."""
        for message in _messages(_joined(system, documents), query):
            yield f"### {message['role']}\n{message['content']}\n\n"

    def remember(
        self,
        system: str,
        documents: Sequence[Shown],
        _on_progress: OnProgress,
        *,
        exact: bool = False,  # noqa: ARG002 - a keyword of the protocol
    ) -> Sent:
        """Read the documents; the server reads them with the first query, and is always as exact as it is.

        Raises:
            WindowExceededError: they alone fill the model's window.

        """
        sent = self._sent(system, documents)
        if sent.n_tokens > self.context_limit:
            raise WindowExceededError(
                f"{sent.n_tokens:,} tokens are needed, but {self.name} has a window of {self.context_limit:,}"
            )
        return sent

    def look(
        self,
        system: str,
        documents: Sequence[Document],
        changes: Sequence[Change],
        query: Query,
        budget: Budget,
        on_progress: OnProgress,
    ) -> RoutedSent:
        """Take in a repository of any size, and decide here what of it the server is sent: see `Lookout.look`."""
        within = budget.within(self.context_limit)
        n_besides = self.count_frame(system, query.turns, query.task)
        routed = self._lookout.look(system, documents, changes, query, within, n_besides, on_progress)
        n_room = within.window_tokens - within.max_new_tokens - n_besides + self.count_tokens(system)

        def count(memory: RoutedMemory) -> int:  # the server's tokens are others than those that were routed by
            return self._sent(system, memory.shown()).n_tokens

        self._lookout.narrow(routed, query.said, min(budget.working_set_tokens, n_room), n_room, count)
        return RoutedSent(routed, self._sent(system, routed.shown()))

    def sights(self, memory: RoutedSent) -> Sequence[Sight]:
        """Return what is in view, and why: the best file first."""
        return self._lookout.sights(memory.routed)

    def encode(self, _memory: RoutedSent, _on_progress: OnProgress) -> None:
        """Do nothing: the server encodes what it is sent."""

    def complete(
        self,
        memory: Sent | RoutedSent,
        query: Query,
        edits: Editable | None,
        sampling: Sampling,
        on_text: OnText,
    ) -> list[Completion]:
        """Answer one query, `sampling.n_attempts` times; with `edits` by a diff, where the server has grammars.

        Raises:
            WindowExceededError: prompt and `sampling.max_new_tokens` do not fit the window together.
            EndpointError: the server does not answer as it should.

        """
        n_prompt = memory.n_tokens + self.count_frame("", query.turns, query.task)
        if n_prompt + sampling.max_new_tokens > self.context_limit:
            raise WindowExceededError(
                f"{n_prompt + sampling.max_new_tokens:,} tokens are needed, but {self.name} has a window of "
                f"{self.context_limit:,}; lower --max-new-tokens, or look at a part with --attention memory"
            )
        messages = _messages(memory.text, query)
        grammar = with_grammar(self.server.kind, edits.files) if edits and self._takes_grammars else {}
        while True:
            payloads = [self._payload(messages, each) | grammar for each in sampling.each()]
            try:
                answers = ask_for(self._wire, payloads, on_text)
                break
            except RefusedError as error:
                if error.status not in _UNPROCESSABLE:
                    raise
                if refused := _OPTIONAL.intersection(_QUOTED.findall(str(error))) & payloads[0].keys():
                    self._left_out |= refused
                elif grammar:
                    grammar, self._takes_grammars = {}, False  # an older version, or one that was built without
                else:
                    raise
        return [self._completion(answer, n_prompt) for answer in answers]

    def _payload(self, messages: Sequence[dict[str, str]], sampling: Sampling) -> dict[str, Any]:
        payload = {
            "model": self.server.model,
            "messages": messages,
            "max_tokens": sampling.max_new_tokens,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if sampling.temperature > 0:
            payload["top_p"] = sampling.top_p
        if sampling.min_p > 0:  # no part of the API, so only where it is wished for
            payload["min_p"] = sampling.min_p
        if _LIMIT in self._left_out:
            payload[_NEWER_LIMIT] = payload[_LIMIT]
        return {name: value for name, value in payload.items() if name not in self._left_out}

    def _completion(self, answer: Answer, n_prompt: int) -> Completion:
        usage = answer.usage
        n_new = usage.n_new if usage else self.count_tokens(answer.text)
        return Completion(
            text=answer.text,
            finish_reason="length" if answer.finish == "length" else "stop",
            n_prompt_tokens=usage.n_prompt if usage else n_prompt,
            n_new_tokens=n_new,
            n_chosen_tokens=n_new,
            prefill_s=answer.first_s,
            decode_s=answer.total_s - answer.first_s,
            mean_logprob=0.0,
            n_reused_tokens=usage.n_cached if usage else 0,
            is_estimated=usage is None,
        )

    def _sent(self, system: str, documents: Sequence[Shown]) -> Sent:
        text = _joined(system, documents)
        return Sent(text, self.count_tokens(text))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return stand_in()

    @cached_property
    def _counter(self) -> Counter:
        return Counter(self._wire, self.server, self._tokenizer)

    @cached_property
    def _lookout(self) -> Lookout:
        return Lookout(self._tokenizer, self._memory_root, self._memory_bytes)


def _joined(system: str, documents: Sequence[Shown]) -> str:
    """Return what stands first in every request, so that a server's cache of prefixes holds it.

    The documents that change rarely come first among themselves: see `repo_index.recency`.
    """
    return system + "".join(document.read() for document in documents)


def _messages(prefix: str, query: Query) -> list[dict[str, str]]:
    turns = [{"role": turn.role, "content": turn.text} for turn in query.turns]
    return [{"role": "system", "content": prefix}, *turns, {"role": "user", "content": query.task}]
