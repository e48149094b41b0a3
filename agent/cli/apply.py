"""`magicode apply` and `magicode undo`: a diff from anywhere, put in place and taken back with the same care."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.cli import options
from agent.cli.services import on_terminal, open_repository
from agent.proposal import Checker
from agent.terminal import Terminal
from agent.workspace import Workspace
from repo_index.snapshot import take_snapshot


def apply(
    patch: Annotated[str, typer.Argument(metavar="FILE", help="A unified diff; `-` reads standard input.")],
    directory: options.Directory = options.HERE,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the exact diff and change nothing.")] = False,
    yes: options.Yes = False,
    allow_dirty: options.AllowDirty = False,
    allow_syntax_errors: options.AllowSyntaxErrors = False,
) -> None:
    """Apply a diff from anywhere.

    It is placed by its lines, even if its line numbers or white space are off, and checked like the model's own.

    On a terminal each hunk is shown for review. Elsewhere the exact diff is printed and nothing is changed, unless -y.
    """
    text = _read(patch)
    interactive = on_terminal()
    terminal = Terminal(Console(stderr=True), review_mode="none" if yes else "hunk", interactive=interactive)
    git = open_repository(directory, terminal)
    checker = Checker(take_snapshot(git, count_tokens=lambda _text: 0), terminal.consent, allow_syntax_errors)
    checked = checker.check_text(text)
    if dry_run or not (yes or interactive):
        sys.stdout.buffer.write(checked.render())
        return
    taken = checker.reviewed(checked, terminal.review)
    if taken is None:
        terminal.nothing_taken()
        return
    terminal.changed(Workspace(git).apply(taken, allow_dirty=allow_dirty, task=f"apply {patch}"))


def undo(
    undo_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Which change; the latest if left out.", show_default=False)
    ] = None,
    directory: options.Directory = options.HERE,
) -> None:
    """Take a change back, to the byte.

    Nothing is done if one of its files was edited since.
    """
    terminal = Terminal(Console(stderr=True))
    git = open_repository(directory, terminal)
    terminal.changed_back(Workspace(git).undo(undo_id))


def _read(patch: str) -> str:
    try:
        data = sys.stdin.buffer.read() if patch == "-" else Path(patch).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{patch} cannot be read: {error.strerror}", param_hint="FILE") from error
    return data.decode(errors="surrogateescape")
