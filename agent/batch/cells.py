"""What a task file says, before anybody asks what it means: values, each with the line that it stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.escape import printable
from repo_index.errors import RepoError

_MOST_SHOWN = 60  # characters of a value that an error quotes


@dataclass(frozen=True, slots=True)
class Odd:
    """A value that no key takes: a truth value, a date, a fraction. `kind` names it for people."""

    kind: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and its line, from 1. None is an explicit nothing: `null`, `~`."""

    value: "str | int | Odd | tuple[Cell, ...] | Mapping[str, Cell] | None"
    line: int

    @property
    def kind(self) -> str:
        """Name what it is, for people."""
        match self.value:
            case Odd(kind):
                return kind
            case str():
                return "text"
            case int():
                return "a number"
            case None:
                return "nothing"
            case tuple():
                return "a list"
        return "a mapping"


Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a task file, and in which line, from 1."""

    line: int
    text: str


@dataclass(slots=True)
class RawTasks:
    """A task file that could be read. `tasks` come with the line that each begins on."""

    tasks: list[tuple[int, Cell]] = field(default_factory=list)
    defaults: Cell | None = None
    mistakes: list[Mistake] = field(default_factory=list)


class TaskFileError(RepoError):
    """A task file has mistakes, and nothing was started. The message lists all of them, each with its line.

    A `RepoError`, since those are what a user has to put right: exit code 2.
    """

    def __init__(self, name: str, mistakes: list[Mistake]) -> None:
        """Say them in the order of their lines."""
        self.mistakes = sorted(dict.fromkeys(mistakes), key=lambda mistake: mistake.line)
        count = f"{len(self.mistakes):,} mistakes" if len(self.mistakes) != 1 else "a mistake"
        lines = [f"{name} has {count}; nothing was started", *(f"  {name}:{m.line}: {m.text}" for m in self.mistakes)]
        super().__init__("\n".join(lines))


def quoted(text: str) -> str:
    """Quote a value for an error: one line, not too long, safe on a terminal."""
    shown = text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
    return f"'{printable(shown)}'"
