"""What commands need of the outside: a model, which tests replace, and the work tree."""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import typer

from agent.protocols import LanguageModel
from agent.terminal import Terminal
from agent.workspace import Workspace
from model.api import OnProgress
from model.hashhop.protocols import Reader
from model.hashhop.readers import Opening, open_reader
from repo_index.git import Git


class OpenModel(Protocol):
    """Makes a model from what the user calls it."""

    def __call__(self, name: str, *, device: str, on_progress: OnProgress) -> LanguageModel[Any, Any]:
        """Open it; weights may be fetched."""
        ...


class OpenReader(Protocol):
    """Makes a model that takes the evaluation from what the user calls it."""

    def __call__(self, name: str, opening: Opening, /) -> Reader:
        """Open it; weights may be fetched."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The outside, as one value: `ctx.obj`."""

    open_model: OpenModel
    open_reader: OpenReader = open_reader


def services(ctx: typer.Context) -> Services:
    """Return the services of this run; the real ones unless the caller put others into the context."""
    return ctx.obj if isinstance(ctx.obj, Services) else Services(_open_local_model)


def open_repository(directory: Path, terminal: Terminal) -> Git:
    """Find the work tree that holds `directory`, and finish what a killed command left in it.

    Raises:
        RepoError: there is none.
        AgentError: what was left can be neither completed nor taken back.

    """
    git = Git.discover(directory)
    recovery = Workspace(git).recover()
    for note in recovery.notes if recovery else ():
        terminal.note(f"{note[:1].upper()}{note[1:]}.", style="yellow")
    return git


def on_terminal() -> bool:
    """Tell whether a person reads all that we print and can answer."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def local_time(at: str) -> str:
    """Show a time of ISO 8601 to the minute, where the user is."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"


def _open_local_model(name: str, *, device: str, on_progress: OnProgress) -> LanguageModel[Any, Any]:
    from model.loading import open_model  # noqa: PLC0415 - the tokenizer library is not needed for --help

    return open_model(name, device=device, on_progress=on_progress)
