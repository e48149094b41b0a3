"""What goes into a language model and what comes out: plain values, importable without torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal, Protocol, Self

Phase = Literal["connect", "download", "convert", "scan", "load", "index", "prefill", "view", "read", "answer"]
FinishReason = Literal["stop", "length"]


class Shown(Protocol):
    """A text as the model sees it, a file's in its frame; it is read only when it is encoded."""

    def read(self) -> str:
        """Return the framed text that the model is given."""
        ...


class Document(Shown, Protocol):
    """One whole file as the model sees it."""

    @property
    def path(self) -> PurePosixPath:
        """Path inside the repository."""
        ...

    @property
    def blob(self) -> str:
        """Hash of the content: equal hashes encode to equal states."""
        ...

    @property
    def n_tokens(self) -> int:
        """Tokens of what it reads."""
        ...

    @property
    def source(self) -> str:
        """Git's blob id of the file on disk: equal ids, equal `text()`."""
        ...

    def text(self) -> str:
        r"""Return the file's text with `\n` endings."""
        ...

    def excerpt(self, spans: Sequence[tuple[int, int]]) -> Shown:
        """Return a document of some of its lines, each span from its first line to behind its last one, from 0."""
        ...


class Change(Protocol):
    """An earlier change of the repository."""

    @property
    def message(self) -> str:
        """What was said of it."""
        ...

    @property
    def paths(self) -> Sequence[str]:
        """The files that it changed."""
        ...

    @property
    def spans(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Lines that stand now where it changed some, by path: each span from its first line to behind the last."""
        ...


class Turn(Protocol):
    """One message of the chat so far."""

    @property
    def role(self) -> Literal["user", "assistant"]:
        """Who said it."""
        ...

    @property
    def text(self) -> str:
        """What was said."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long step is.

    `total` is in the phase's unit: bytes for download and convert, files for scan, tokens for prefill. `view` is told
    once, with the path in `detail`: while it writes, the model is shown more of a file.
    """

    phase: Phase
    done: int
    total: int
    detail: str = ""


OnProgress = Callable[[Progress], None]
OnText = Callable[[str], None]


class TakenBack(str):
    """No text, in the place of a piece of an answer: the last `n_lines` whole lines that were told are none of it."""

    __slots__ = ("n_lines",)
    n_lines: int

    def __new__(cls, n_lines: int) -> Self:
        """Make it."""
        self = super().__new__(cls)
        self.n_lines = n_lines
        return self


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a file as a diff leaves it: the index of the line where it shows.

    `lacks` says that more could be written to mend it, as where a line uses a name that nothing defines; `place` is the
    index of the line where that would be, if it has its place.
    """

    line: int
    lacks: bool = False
    place: int | None = None


# Old path (None: created), new path, the file's new lines → what is wrong with them, None if all is well.
CheckFile = Callable[[str | None, str, Sequence[str]], Flaw | None]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked about the documents: the chat so far, and the task that ends it.

    `leads` says where a change has to be made, where that is not all that the user has said.
    """

    turns: Sequence[Turn]
    task: str
    leads: str | None = None

    @property
    def said(self) -> str:
        """All that the user says, what is asked now first."""
        return "\n".join([self.task, *(turn.text for turn in reversed(self.turns) if turn.role == "user")])


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens that a request may take: prompt and answer together, the repository's part in view, and the answer."""

    window_tokens: int
    working_set_tokens: int
    max_new_tokens: int

    def within(self, window_tokens: int) -> "Budget":
        """Return this budget in a window that may be smaller."""
        return replace(self, window_tokens=min(self.window_tokens, window_tokens))


def _utf_8(_path: str) -> str:
    return "utf-8"


@dataclass(frozen=True, slots=True)
class Editable:
    """What a diff may touch: the lines (without endings) of each file by path, and paths that exist besides.

    `encoding_of` names the Python codec of a file by its path: what it lacks a character for cannot be added.
    `check_file` is asked about each file that is complete, where going back to mend it is wanted.
    """

    files: Mapping[str, Sequence[str]]
    taken: Sequence[str] = ()
    check_file: CheckFile | None = None
    encoding_of: Callable[[str], str] = _utf_8


# Of answers beside or after a greedy one.
DRAWN_TEMPERATURE = 0.6


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn. Temperature 0 is greedy; otherwise draws are repeatable for one seed and device.

    `top_p` is the mass of the likeliest tokens that are drawn from; tokens less likely than `min_p` times the
    likeliest are not drawn. `n_attempts` answers are written side by side, the i-th with `seed + i`; at temperature 0
    the first is greedy and the others are drawn. `drafts` reads guessed tokens ahead, which changes the seconds and not
    the answer.
    """

    temperature: float = 0.0
    top_p: float = 0.95
    min_p: float = 0.0
    seed: int = 0
    max_new_tokens: int = 2048
    n_attempts: int = 1
    drafts: bool = True

    def each(self) -> "list[Sampling]":
        """Return the terms of each attempt."""
        others = self.temperature or DRAWN_TEMPERATURE
        return [
            replace(self, seed=self.seed + i, temperature=others if i else self.temperature)
            for i in range(self.n_attempts)
        ]


@dataclass(frozen=True, slots=True)
class Completion:
    """One decoded answer and what it cost.

    `n_new_tokens` are those of the answer; `n_chosen_tokens` are the decisions that it took: fewer where text was
    forced, more where lines were corrected. `n_passes` are the network's, fewer again where drafts held.
    `mean_logprob` is per decision, in nats. `n_reused_tokens` of the prompt were encoded by an earlier request.
    `n_rewinds` is how often it went back over a file that was found wrong. `is_estimated` says that the tokens are not
    those that the model was given and wrote but ours, as a server tells no others.
    """

    text: str
    finish_reason: FinishReason
    n_prompt_tokens: int
    n_new_tokens: int
    n_chosen_tokens: int
    prefill_s: float
    decode_s: float
    mean_logprob: float
    n_reused_tokens: int = 0
    n_passes: int = 0
    n_rewinds: int = 0
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """Lines of a file that are in view, counted from 1, and the words of the query that stand there."""

    path: str
    first_line: int
    last_line: int
    n_tokens: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attended:
    """What of a repository a request attended to, out of all that it was routed over.

    `n_tokens` are those of the `n_segments` in view, of `n_files`, and of what a diff opened besides. `n_encoded_files`
    were read for the index in this request; the index has `index_bytes`.
    """

    n_repository_tokens: int
    n_repository_files: int
    n_segments: int
    n_files: int
    n_tokens: int
    n_encoded_files: int
    index_bytes: int
    index_s: float
    route_s: float
