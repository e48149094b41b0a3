"""`--commit`, `--branch`, `--pr` and `--worktree`: what they may stand beside, and what the user is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agent.commits import identity
from agent.commits import message as written
from agent.outcome import Record
from agent.terminal import Terminal
from repo_index.git import Git
from repo_index.recency import NO_NETWORK

if TYPE_CHECKING:
    from agent.destination import Destination, Place
    from agent.forge.settings import PullSettings
    from agent.forge.single import Single
    from agent.forge.wording import Subject


def destination(
    *,
    commit: bool,
    message: str | None,
    branch: str | None,
    worktree: Path | None,
    applies: bool,
    allow_dirty: bool,
    pull: bool = False,
) -> "Destination":
    """Return what the flags ask for together. `applies` tells whether a change will be made at all."""
    from agent.destination import Destination  # noqa: PLC0415 - `magicode --help` needs none of it

    wanted = Destination(commit, branch, worktree)
    if pull and commit:
        raise typer.BadParameter("it makes a branch of its own; leave --commit out", param_hint="--pr")
    if message is not None and not (wanted.commits or pull):
        raise typer.BadParameter("it is for --commit, --branch or --pr", param_hint="--message")
    if message is not None and not message.strip():
        raise typer.BadParameter("the message is empty", param_hint="--message")
    if (wanted.commits or wanted.elsewhere or pull) and not applies:
        raise typer.BadParameter(
            "--commit, --branch, --pr and --worktree need a change that is made: leave --dry-run out, and add -y where "
            "nobody is asked"
        )
    if wanted.commit and not wanted.elsewhere and allow_dirty:
        raise typer.BadParameter("a commit cannot tell your uncommitted work from the change: use one of the two")
    return wanted


@contextmanager
def working_in(git: Git, wanted: "Destination", terminal: Terminal) -> "Iterator[Place]":
    """Hold the work tree that the work is to be done in; see `agent.destination.opened`."""
    from agent.destination import opened  # noqa: PLC0415

    # git would ask a submodule with its own configuration, which may name programs
    unseen = ("--untracked-files=no", "--ignore-submodules=all")
    if wanted.elsewhere and git.run("status", "--porcelain", *unseen, env=NO_NETWORK):
        terminal.note("Your uncommitted work stays where it is: this begins at HEAD.", style="yellow")
    with opened(git, wanted) as place:
        yield place


def single(
    git: Git,
    words: str,
    test_cmd: str | None,
    *,
    branch: str | None,
    model: str,
    attempts: int,
    settings: "PullSettings",
) -> "Single":
    """Return what opens the pull request of one task."""
    from agent.batch.schema import TaskSpec  # noqa: PLC0415
    from agent.forge.publishing import Publisher  # noqa: PLC0415
    from agent.forge.single import Single  # noqa: PLC0415

    spec = TaskSpec(1, 0, words, model=model, attempts=attempts, test_cmd=test_cmd)
    return Single.prepared(git, spec, Publisher(settings), branch=branch)


def delivering(
    place: "Place",
    words: str,
    model: str,
    message: str | None,
    *,
    subject: "Callable[[Record], Subject] | None" = None,
    signoff: bool = False,
) -> Callable[[Record], None]:
    """Return what commits the change of a record, if that was asked for, and notes it there."""
    trailers = [f"Signed-off-by: {identity(place.git, str(place.git.root))}"] if signoff else []

    def deliver(record: Record) -> None:
        if message:
            text = "\n\n".join([message.rstrip(), *trailers])
        else:
            worded = subject(record) if subject else None
            text = written(words, record.report, model=model, trailers=trailers, subject=worded)
        try:
            place.deliver(record.change.paths if record.change else (), text)
        finally:
            record.delivery = place.delivery  # which Ctrl-C meanwhile does not unmake

    return deliver
