"""`magicode sessions`: the chats of this repository."""

import typer
from rich.console import Console
from rich.text import Text

from agent.cli import options
from agent.cli.services import open_repository
from agent.escape import printable
from agent.terminal import Terminal
from repo_index.errors import SessionError
from repo_index.history import Session, SessionStore


def sessions(_ctx: typer.Context, directory: options.Directory = options.HERE) -> None:
    """List the chats of this repository.

    The latest comes first; `magicode run -r ID` goes on with one.
    """
    terminal = Terminal(Console(stderr=True))
    listed = SessionStore(open_repository(directory, terminal)).list()
    if not listed:
        terminal.note("No chats yet: each run that ends well begins one, or goes on with one.")
    console = Console(soft_wrap=True)
    for session in listed:
        console.print(Text(f"{session.id}  {_summary(session)}", overflow="ellipsis"))


def _summary(session: Session) -> str:
    try:
        turns = session.turns
    except SessionError as error:
        return printable(f"damaged: {error}")
    first = next((turn.text.strip() for turn in turns if turn.role == "user"), "")
    return f"{len(turns):>3} turns  {printable(first.partition(chr(10))[0])}"
