"""`magicode sessions`: the chats of this repository."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from agent.cli import completion, options
from agent.cli.services import local_time, open_repository
from agent.escape import printable
from agent.terminal import Terminal
from agent.unfinished import UnfinishedStore
from repo_index.errors import SessionError
from repo_index.history import Session, SessionStore

app = typer.Typer(help="List, show and remove the chats of this repository.", rich_markup_mode=None)

Id = Annotated[
    str,
    typer.Argument(metavar="ID", help="An id from `magicode sessions`.", autocompletion=completion.sessions),
]


@app.callback(invoke_without_command=True)
def sessions(ctx: typer.Context, directory: options.Directory = options.HERE) -> None:
    """List, show and remove the chats of this repository.

    The latest comes first; `magicode run -r ID` goes on with one.
    """
    terminal = Terminal(Console(stderr=True))
    ctx.obj = SessionStore(open_repository(directory, terminal))
    if ctx.invoked_subcommand is None:
        _list(ctx.obj, terminal)


@app.command("list")
def list_(ctx: typer.Context) -> None:
    """List the chats, the latest first; this is what happens without a command, too."""
    _list(_store(ctx), Terminal(Console(stderr=True)))


@app.command()
def show(ctx: typer.Context, session_id: Id) -> None:
    """Print a chat: what was asked, and the diffs that came of it."""
    console = Console(soft_wrap=True)
    for turn in _store(ctx).open(session_id).turns:
        console.print(Text(f"{turn.role}, {local_time(turn.at.isoformat())}", style="bold"))
        console.print(Text(printable(turn.text.rstrip("\n"), keep="\n\t")), end="\n\n")


@app.command()
def rm(
    ctx: typer.Context,
    session_ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Which.", autocompletion=completion.sessions)
    ],
) -> None:
    """Remove chats; what they changed in the repository stays as it is."""
    store = _store(ctx)
    unfinished = UnfinishedStore(store.git.root)
    jobs = {job_id for job_id, _ in unfinished.list()}.intersection(session_ids)
    # a typo is met before anything is removed
    known = [store.open(session_id).id for session_id in session_ids if session_id not in jobs]
    for session_id in dict.fromkeys(known):
        store.remove(session_id)
    for job_id in jobs:
        unfinished.forget(job_id)


def _store(ctx: typer.Context) -> SessionStore:
    store: SessionStore = ctx.obj
    return store


def _list(store: SessionStore, terminal: Terminal) -> None:
    listed, unfinished = store.list(), UnfinishedStore(store.git.root).list()
    if not (listed or unfinished):
        terminal.note("No chats yet: each run that ends well begins one, or goes on with one.")
    console = Console(soft_wrap=True)
    for job_id, task in unfinished:
        first = task.strip().partition("\n")[0]
        console.print(Text(f"{job_id}  goes on with `magicode -r`  {printable(first)}", overflow="ellipsis"))
    for session in listed:
        console.print(Text(f"{session.id}  {_summary(session)}", overflow="ellipsis"))


def _summary(session: Session) -> str:
    try:
        turns = session.turns
    except SessionError as error:
        return printable(f"damaged: {error}")
    first = next((turn.text.strip() for turn in turns if turn.role == "user"), "")
    return f"{len(turns):>3} turns  {printable(first.partition(chr(10))[0])}"
