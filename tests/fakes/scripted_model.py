"""A language model that answers from a script, through the same protocol as a real one."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from model.api import (
    Attended,
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
    Sight,
    Turn,
)
from model.errors import WindowExceededError

Answer = str | Sequence[str] | Callable[[Query], str]

_TOKEN = re.compile(r"\s|\w+|[^\w\s]")


@dataclass
class ScriptedMemory:
    """What was remembered: the system text and the documents' texts, of all `n_files` or of those in view."""

    system: str
    texts: tuple[str, ...]
    n_tokens: int
    shown: Sequence[Document] = ()
    n_files: int = 0
    changes: Sequence[Change] = ()

    def attended(self) -> Attended:
        n_shown = sum(document.n_tokens for document in self.shown)
        return Attended(
            n_repository_tokens=n_shown,
            n_repository_files=self.n_files,
            n_segments=len(self.shown),
            n_files=len(self.shown),
            n_tokens=n_shown,
            n_encoded_files=self.n_files,
            index_bytes=0,
            index_s=0.0,
            route_s=0.0,
        )


@dataclass
class ScriptedModel:
    """Gives one answer after the other, or several where several are asked for at once.

    An answer may be a function of the query, and may raise.

    Words, single blanks and single signs are tokens. An answer longer than `max_new_tokens` is cut there, as a real
    one would be. What was asked is kept in `queries`, `samplings` and `edits`.
    """

    answers: Sequence[Answer]
    context_limit: int = 32_768
    name: str = "scripted"
    delay_s: float = 0.0
    n_at_once: int = 1
    memories: list[ScriptedMemory] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    samplings: list[Sampling] = field(default_factory=list)
    edits: list[Editable | None] = field(default_factory=list)

    def count_tokens(self, text: str) -> int:
        return len(_TOKEN.findall(text))

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        return self.count_tokens("".join(self.render(system, (), Query(turns, task))))

    @property
    def counts_as(self) -> str:
        return "words, blanks and signs"

    def render(self, system: str, documents: Sequence[Document], query: Query) -> Iterator[str]:
        head = f"<system>\n{system}" + "".join(document.read() for document in documents)
        turns = "".join(f"<{turn.role}>\n{turn.text}\n" for turn in query.turns)
        yield f"{head}\n{turns}<user>\n{query.task}\n<assistant>\n"

    def remember(
        self, system: str, documents: Sequence[Document], on_progress: OnProgress, *, exact: bool = False
    ) -> ScriptedMemory:
        on_progress(Progress("load", 0, 1, self.name))
        on_progress(Progress("load", 1, 1, self.name))
        n_tokens = self.count_tokens(system) + sum(document.n_tokens for document in documents)
        texts = []
        done = self.count_tokens(system)
        for document in documents:
            on_progress(Progress("prefill", done, n_tokens))
            texts.append(document.read())
            time.sleep(self.delay_s)
            done += document.n_tokens
        on_progress(Progress("prefill", n_tokens, n_tokens))
        self.memories.append(ScriptedMemory(system, tuple(texts), n_tokens))
        return self.memories[-1]

    def look(
        self,
        system: str,
        documents: Sequence[Document],
        changes: Sequence[Change],
        query: Query,
        budget: Budget,
        on_progress: OnProgress,
    ) -> ScriptedMemory:
        """Put the first documents that fit in view."""
        n_room = budget.window_tokens - budget.max_new_tokens - self.count_frame(system, query.turns, query.task)
        if n_room < 1:
            raise WindowExceededError(f"{budget.window_tokens:,} tokens leave no room")
        shown: list[Document] = []
        for document in documents:
            if sum(each.n_tokens for each in [*shown, document]) <= min(n_room, budget.working_set_tokens):
                shown.append(document)
        return ScriptedMemory(system, (), 0, shown, len(documents), changes)

    def sights(self, memory: ScriptedMemory) -> Sequence[Sight]:
        return [Sight(str(each.path), 1, each.text().count("\n"), each.n_tokens, ("word",)) for each in memory.shown]

    def encode(self, memory: ScriptedMemory, on_progress: OnProgress) -> None:
        whole = self.remember(memory.system, memory.shown, on_progress)
        memory.texts, memory.n_tokens = whole.texts, whole.n_tokens
        self.memories[-1] = memory

    def complete(
        self, memory: ScriptedMemory, query: Query, edits: Editable | None, sampling: Sampling, on_text: OnText
    ) -> list[Completion]:
        n_prompt = memory.n_tokens + self.count_frame("", query.turns, query.task)
        if n_prompt + sampling.max_new_tokens > self.context_limit:
            raise WindowExceededError(f"{n_prompt:,} tokens and an answer do not fit {self.context_limit:,}")
        self.queries.append(Query(tuple(query.turns), query.task))
        self.samplings.append(sampling)
        self.edits.append(edits)
        answer = self.answers[len(self.queries) - 1]
        said = answer(query) if callable(answer) else answer
        texts = [said] * sampling.n_attempts if isinstance(said, str) else said
        return [
            self._complete(text, n_prompt, sampling, on_text if i == 0 else _unheard) for i, text in enumerate(texts)
        ]

    def _complete(self, text: str, n_prompt: int, sampling: Sampling, on_text: OnText) -> Completion:
        pieces = _TOKEN.findall(text)
        written = pieces[: sampling.max_new_tokens]
        for piece in written:
            time.sleep(self.delay_s)
            on_text(piece)
        return Completion(
            text="".join(written),
            finish_reason="stop" if len(written) == len(pieces) else "length",
            n_prompt_tokens=n_prompt,
            n_new_tokens=len(written),
            n_chosen_tokens=len(written),
            prefill_s=0.0,
            decode_s=0.0,
            mean_logprob=0.0,
        )


def _unheard(_text: str) -> None:
    """Say nothing of an answer that is written beside another."""
