"""What a shell may offer for an argument: names, and ids with what they stand for. A failure offers nothing."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import typer

from agent.errors import AgentError
from agent.escape import printable
from agent.workspace import Workspace
from model.catalogue import read_catalogue
from repo_index.errors import RepoError
from repo_index.git import Git
from repo_index.history import SessionStore

Offer = tuple[str, str]  # what is completed, and what it is


def models(incomplete: str) -> list[Offer]:
    """Offer the models of the catalogue."""
    return [(name, entry.summary) for name, entry in read_catalogue().items() if name.startswith(incomplete)]


def changes(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Offer the changes on record."""
    return _of_repository(ctx, incomplete, lambda git: ((past.undo_id, past.task) for past in Workspace(git).history()))


def sessions(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Offer the chats, the latest first."""

    def offered(git: Git) -> Iterator[Offer]:
        for session in SessionStore(git).list():
            with suppress(RepoError):  # one that is damaged does not hide the others
                yield session.id, next((turn.text for turn in session.turns if turn.role == "user"), "")

    return _of_repository(ctx, incomplete, offered)


def _of_repository(ctx: typer.Context, incomplete: str, offered: Callable[[Git], Iterator[Offer]]) -> list[Offer]:
    directory = ctx.params.get("directory") or (ctx.parent.params.get("directory") if ctx.parent else None)
    with suppress(RepoError, AgentError, OSError):
        git = Git.discover(Path(directory or "."))
        return [
            (value, printable(about.strip().partition("\n")[0]))
            for value, about in offered(git)
            if value.startswith(incomplete)
        ]
    return []
