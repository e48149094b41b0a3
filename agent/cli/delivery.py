"""`--commit`, `--branch` and `--worktree`: what they may stand beside, and what the user is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agent.commits import message as written
from agent.outcome import Record
from agent.terminal import Terminal
from repo_index.git import Git

if TYPE_CHECKING:
    from agent.destination import Destination, Place


def destination(
    *,
    commit: bool,
    message: str | None,
    branch: str | None,
    worktree: Path | None,
    applies: bool,
    allow_dirty: bool,
) -> "Destination":
    """Return what the flags ask for together. `applies` tells whether a change will be made at all."""
    from agent.destination import Destination  # noqa: PLC0415 - `magicode --help` needs none of it

    wanted = Destination(commit, branch, worktree)
    if message is not None and not wanted.commits:
        raise typer.BadParameter("it is for --commit or --branch", param_hint="--message")
    if message is not None and not message.strip():
        raise typer.BadParameter("the message is empty", param_hint="--message")
    if (wanted.commits or wanted.elsewhere) and not applies:
        raise typer.BadParameter(
            "--commit, --branch and --worktree need a change that is made: leave --dry-run out, and add -y where "
            "nobody is asked"
        )
    if wanted.commit and not wanted.elsewhere and allow_dirty:
        raise typer.BadParameter("a commit cannot tell your uncommitted work from the change: use one of the two")
    return wanted


@contextmanager
def working_in(git: Git, wanted: "Destination", terminal: Terminal) -> "Iterator[Place]":
    """Hold the work tree that the work is to be done in; see `agent.destination.opened`."""
    from agent.destination import opened  # noqa: PLC0415

    if wanted.elsewhere and git.run("status", "--porcelain", "--untracked-files=no"):
        terminal.note("Your uncommitted work stays where it is: this begins at HEAD.", style="yellow")
    with opened(git, wanted) as place:
        yield place


def delivering(place: "Place", words: str, model: str, message: str | None) -> Callable[[Record], None]:
    """Return what commits the change of a record, if that was asked for, and notes it there."""

    def deliver(record: Record) -> None:
        text = message or written(words, record.report, model=model)
        record.delivery = place.deliver(record.change.paths if record.change else (), text)

    return deliver
