"""A language model that answers from a script, through the same protocol as a real one."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from model.api import Completion, Document, Editable, OnProgress, OnText, Progress, Query, Sampling, Turn
from model.errors import WindowExceededError

Answer = str | Callable[[Query], str]

_TOKEN = re.compile(r"\s|\w+|[^\w\s]")


@dataclass(frozen=True)
class ScriptedMemory:
    """What was remembered: the system text and every document's text."""

    system: str
    texts: tuple[str, ...]
    n_tokens: int


@dataclass
class ScriptedModel:
    """Gives one answer after the other; an answer may be a function of the query, and may raise.

    Words, single blanks and single signs are tokens. An answer longer than `max_new_tokens` is cut there, as a real
    one would be. What was asked is kept in `queries`, `samplings` and `edits`.
    """

    answers: Sequence[Answer]
    context_limit: int = 32_768
    name: str = "scripted"
    delay_s: float = 0.0
    memories: list[ScriptedMemory] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    samplings: list[Sampling] = field(default_factory=list)
    edits: list[Editable | None] = field(default_factory=list)

    def count_tokens(self, text: str) -> int:
        return len(_TOKEN.findall(text))

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        return self.count_tokens(self.render(system, (), Query(turns, task)))

    def render(self, system: str, documents: Sequence[Document], query: Query) -> str:
        head = f"<system>\n{system}" + "".join(document.read() for document in documents)
        turns = "".join(f"<{turn.role}>\n{turn.text}\n" for turn in query.turns)
        return f"{head}\n{turns}<user>\n{query.task}\n<assistant>\n"

    def remember(self, system: str, documents: Sequence[Document], on_progress: OnProgress) -> ScriptedMemory:
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
        pieces = _TOKEN.findall(answer(query) if callable(answer) else answer)
        written = pieces[: sampling.max_new_tokens]
        for piece in written:
            time.sleep(self.delay_s)
            on_text(piece)
        completion = Completion(
            text="".join(written),
            finish_reason="stop" if len(written) == len(pieces) else "length",
            n_prompt_tokens=n_prompt,
            n_new_tokens=len(written),
            n_chosen_tokens=len(written),
            prefill_s=0.0,
            decode_s=0.0,
            mean_logprob=0.0,
        )
        return [completion] * sampling.n_attempts
