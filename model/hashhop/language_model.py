"""Language models in the harness. They were not trained on hashes, and are asked for one line after the other.

What such a model does best with a list of pairs is to continue it: the next line is begun with the hash that is looked
for, and what the model writes behind it is the next hash. Instructions and worked examples in a chat made it worse; see
`model/LOG.md`. Which part of the prompt is in view can be decided for each hash anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from model.api import Sampling
from model.engine import DenseMemory, Engine
from model.errors import WindowExceededError
from model.hashhop.protocols import OnTokens, Question, Reading, TextQuestion, unheard
from model.local import LocalModel
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary

_TAIL_TOKENS = 512  # room for a question and its answer
_MAX_ANSWER_TOKENS = 48

View = Callable[[str], str]  # what is looked for → the part of the prompt that the model gets to see
Look = Callable[[str, OnTokens], "Looked"]


@dataclass(frozen=True, slots=True)
class Looked:
    """A prompt that was taken in without the network: how to look at a part of it, and what it holds in memory."""

    view: View
    n_bytes: int


class LanguageModelReader:
    """A local model that reads the whole prompt, or of each prompt what `look` finds for a hash."""

    def __init__(self, model: LocalModel, *, look: Look | None = None, way: str = "") -> None:
        """Take an open model; `way` tells in its name how it looks at the prompt."""
        self.name = f"{model.name} + {way}" if way else model.name
        self._model = model
        self._look = look

    @property
    def max_tokens(self) -> int | None:
        """Its window, if it reads the whole prompt."""
        return None if self._look else self._model.context_limit - _TAIL_TOKENS

    def count_tokens(self, text: str) -> int:
        """Count the tokens of plain text."""
        return self._model.count_tokens(text)

    def read(self, pieces: Iterable[str], progress: OnTokens = unheard) -> Reading:
        """Read the prompt, which is held as text.

        Raises:
            WindowExceededError: it is too long for the model's window.
            WeightsError: the network does not load.

        """
        text = "".join(pieces)
        n_tokens = self.count_tokens(text)
        if self._look:
            looked = self._look(text, progress)
            return _Reading(self._writer(""), n_tokens, looked.n_bytes, looked.view)
        if self.max_tokens is not None and n_tokens > self.max_tokens:
            raise WindowExceededError(
                f"a prompt of {n_tokens:,} tokens does not fit {self.name}, whose window leaves {self.max_tokens:,}"
            )
        writer = self._writer(text, progress)
        return _Reading(writer, n_tokens, writer.memory.cache.n_bytes, _nothing)

    def _writer(self, text: str, progress: OnTokens = unheard) -> "_Writer":
        tokenizer, loaded = self._model.encoder.tokenizer, self._model.engine
        tokens = enumerate(Vocabulary.from_definition(tokenizer.definition).tokens)
        ends_line = frozenset(id_ for id_, token in tokens if token and b"\n" in token)
        engine = Engine(loaded.network, loaded.stop_ids | ends_line)  # the same weights; an answer is one line
        return _Writer(
            tokenizer, engine, engine.prefill(tokenizer.encode(f"{text}\n"), lambda step: progress(step.done))
        )


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one line at a time behind what was encoded."""

    tokenizer: Tokenizer
    engine: Engine
    memory: DenseMemory

    def write(self, view: str, begun: str, max_new_tokens: int) -> tuple[str, int]:
        """Return the rest of a line that is begun behind what is in view, and the tokens that it took."""
        tail = [*self.tokenizer.encode(view), *self.tokenizer.encode(begun)]
        sampling = Sampling(max_new_tokens=max_new_tokens, drafts=False)  # what follows elsewhere is never what is next
        [written] = self.engine.decode(self.memory, tail, sampling, self.tokenizer, _free, _unheard)
        return written.text, written.n_new_tokens


class _Reading:
    """Answers hop by hop where every hash is written, and at once where it is not."""

    def __init__(self, writer: _Writer, n_tokens: int, n_bytes: int, view: View) -> None:
        self.n_tokens = n_tokens
        self.n_bytes = n_bytes
        self._writer = writer
        self._view = view
        self._n_decoded = 0

    def complete(self, questions: Sequence[Question], progress: OnTokens = unheard) -> list[str]:
        """Answer one question after the other."""
        self._n_decoded = 0
        answers: list[str] = []
        for question in questions:
            answers.append(self._answer(question))
            progress(self._n_decoded)
        return answers

    def _answer(self, question: Question) -> str:
        if isinstance(question, TextQuestion):
            return self._write(question.words, question.text, _MAX_ANSWER_TOKENS).partition("'")[0]
        if question.chain_of_thought or question.hops == 1:
            return " = ".join(self._chain(question))
        return self._write(question.start, question.text, len(question.start) + 1).partition("'")[0]

    def _chain(self, question: Question) -> Iterator[str]:
        """Yield the hashes that the start leads to; each one is looked for when it was written."""
        found = question.start
        for _ in range(question.hops):
            line = self._write(found, f"{found} =", len(found) + 2)  # a token has a letter or more
            found = line.strip().strip("'").partition(" ")[0]
            yield found

    def _write(self, wanted: str, begun: str, max_new_tokens: int) -> str:
        text, n_tokens = self._writer.write(self._view(wanted), begun, max_new_tokens)
        self._n_decoded += n_tokens
        return text


def _nothing(_wanted: str) -> str:
    """Add nothing to what is in view: all of the prompt is."""
    return ""


def _free() -> None:
    """Let the model write what it likes."""


def _unheard(_text: str) -> None:
    """Say nothing of an answer while it is written."""
