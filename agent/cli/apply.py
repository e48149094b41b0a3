"""`magicode apply` and `magicode undo`: a diff from anywhere, put in place and taken back with the same care."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.change import change_of
from agent.cli import options
from agent.errors import PatchError
from agent.proposal import Checker
from agent.terminal import Terminal
from agent.workspace import Workspace
from repo_index.git import Git
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
    """Place a diff, check it and apply it, even if its line numbers or white space are off."""
    git = Git.discover(directory)
    interactive = sys.stdin.isatty() and sys.stderr.isatty() and patch != "-"
    terminal = Terminal(Console(stderr=True), review_mode="none" if yes else "hunk", interactive=interactive)
    workspace = _recovered(git, terminal)
    snapshot = take_snapshot(git, count_tokens=lambda _text: 0)
    checker = Checker(snapshot, terminal.consent, allow_syntax_errors)
    checked = checker.check_text(_read(patch))
    if dry_run or not (yes or interactive):
        sys.stdout.buffer.write(checked.render())
        return
    accepted = terminal.review(checked)
    if not accepted.files:
        terminal.note("Nothing was taken, nothing was changed.")
        return
    if accepted != checked.patch:
        checked = checker.check(accepted)
    change = workspace.apply(change_of(checked, git.root), allow_dirty=allow_dirty, task=f"apply {patch}")
    terminal.note(f"Changed {', '.join(map(str, change.paths))}. `magicode undo` takes it back.", style="bold")


def undo(
    undo_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Which change; the latest if left out.", show_default=False)
    ] = None,
    directory: options.Directory = options.HERE,
) -> None:
    """Give back the exact bytes from before a change; refuse if a file was edited since."""
    git = Git.discover(directory)
    terminal = Terminal(Console(stderr=True))
    change = _recovered(git, terminal).undo(undo_id)
    terminal.note(f"Took back {change.undo_id}: {', '.join(map(str, change.paths))}.", style="bold")


def _recovered(git: Git, terminal: Terminal) -> Workspace:
    workspace = Workspace(git)
    recovery = workspace.recover()
    for note in recovery.notes if recovery else ():
        terminal.note(note, style="yellow")
    return workspace


def _read(patch: str) -> str:
    try:
        data = sys.stdin.buffer.read() if patch == "-" else Path(patch).read_bytes()
    except OSError as error:
        raise PatchError(f"{patch} cannot be read: {error.strerror}") from error
    return data.decode(errors="surrogateescape")
