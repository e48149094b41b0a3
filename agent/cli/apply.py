"""`magicode apply`, `undo` and `diff`: a change from anywhere, put in place, taken back and shown."""

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from agent.cli import completion, options
from agent.cli.delivery import destination, working_in
from agent.cli.output import put
from agent.cli.services import local_time, on_terminal, open_repository
from agent.diffview import show_patch
from agent.errors import PatchError
from agent.escape import printable
from agent.parse import parse_patch
from agent.proposal import Checker
from agent.terminal import Terminal
from agent.workspace import Workspace
from repo_index.intake import take_snapshot

_MAX_BYTES = 100_000_000  # of a diff: read whole, and several times as large in memory
_ChangeId = Annotated[
    str | None,
    typer.Argument(
        metavar="ID",
        help="Which change, of `magicode undo --list`; else the latest.",
        show_default=False,
        autocompletion=completion.changes,
    ),
]


def apply(
    patch: Annotated[str, typer.Argument(metavar="FILE", help="A unified diff; `-` reads standard input.")],
    directory: options.Directory = options.HERE,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the exact diff and change nothing.")] = False,
    yes: options.Yes = False,
    commit: options.Commit = False,
    message: options.Message = None,
    branch: options.Branch = None,
    worktree: options.Worktree = None,
    allow_dirty: options.AllowDirty = False,
    allow_syntax_errors: options.AllowSyntaxErrors = False,
) -> None:
    """Apply a diff from anywhere.

    It is placed by its lines, even if its line numbers or white space are off, and checked like the model's own.

    On a terminal each hunk is shown for review. Elsewhere the exact diff is printed and nothing is changed, unless -y.
    """
    text = _read(patch)
    interactive = on_terminal()
    applies = not dry_run and (yes or interactive)
    wanted = destination(
        commit=commit, message=message, branch=branch, worktree=worktree, applies=applies, allow_dirty=allow_dirty
    )
    terminal = Terminal(Console(stderr=True), review_mode="none" if yes else "hunk", interactive=interactive)
    task = f"apply {patch}"
    with working_in(open_repository(directory, terminal), wanted, terminal) as place:
        # Of a diff from anywhere it is not for us to say which files are worth reading: secrets alone stay out.
        snapshot = take_snapshot(place.git, count_tokens=lambda _text: 0, include=["*"])
        checker = Checker(snapshot, terminal.consent, allow_syntax_errors)
        checked = checker.check_text(text)
        if not applies:
            terminal.placed(checked)
            put(checked.render())
            return
        taken = checker.reviewed(checked, terminal.review)
        if taken is None:
            terminal.nothing_taken()
            return
        workspace = Workspace(place.git)
        change = workspace.apply(taken, allow_dirty=allow_dirty, task=task)
        try:
            delivery = place.deliver(change.paths, message or f"{task[:1].upper()}{task[1:]}\n")
        except BaseException as error:
            if place.delivery:
                terminal.delivered(place.delivery)
                error.add_note("the change was in place by then")
            else:
                workspace.undo(change.undo_id)
                error.add_note("the change was rolled back")
            raise
    if delivery:
        terminal.delivered(delivery)
    else:
        terminal.changed(change)


def undo(
    undo_id: _ChangeId = None,
    directory: options.Directory = options.HERE,
    *,
    listing: Annotated[bool, typer.Option("--list", help="List the changes on record, and change nothing.")] = False,
) -> None:
    """Take a change back, to the byte.

    Nothing is done if one of its files was edited since.
    """
    if listing and undo_id is not None:
        raise typer.BadParameter("it lists all changes: leave the ID out", param_hint="--list")
    terminal = Terminal(Console(stderr=True))
    workspace = Workspace(open_repository(directory, terminal))
    if listing:
        _list(workspace, terminal)
    else:
        terminal.changed_back(workspace.undo(undo_id))


def diff(
    undo_id: _ChangeId = None,
    directory: options.Directory = options.HERE,
) -> None:
    """Show a change that magicode made here.

    Coloured on a terminal; elsewhere the very diff, ready for `git apply`.
    """
    terminal = Terminal(Console(stderr=True))
    past, data = Workspace(open_repository(directory, terminal)).diff(undo_id)
    undone = ", undone since" if past.undone else ""
    terminal.note(f"{past.undo_id} of {local_time(past.at)}{undone}: {_first_line(past.task)}", style="dim")
    if sys.stdout.isatty():
        show_patch(parse_patch(data.decode(errors="surrogateescape")), Console())
    else:
        sys.stdout.buffer.write(data)


def _list(workspace: Workspace, terminal: Terminal) -> None:
    history = workspace.history()
    if not history:
        terminal.note("No change is on record in this work tree.")
    console = Console(soft_wrap=True)
    for past in history:
        state = "undone" if past.undone else f"{len(past.paths)} file{'s' * (len(past.paths) != 1)}"
        row = f"{past.undo_id}  {local_time(past.at)}  {state:<8}  {_first_line(past.task)}"
        console.print(Text(row, style="dim" if past.undone else ""))


def _first_line(task: str) -> str:
    return printable(task.strip().partition("\n")[0])


def _read(patch: str) -> str:
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if patch == "-" else Path(patch).open("rb") as file:
            data = file.read(_MAX_BYTES + 1)  # a device or a pipe may have no end
    except OSError as error:
        raise typer.BadParameter(f"{patch} cannot be read: {error.strerror}", param_hint="FILE") from error
    if len(data) > _MAX_BYTES:
        raise PatchError(f"{patch} holds more than {_MAX_BYTES:,} bytes; split the diff by files")
    return data.decode(errors="surrogateescape")
