"""`magicode sessions`: the chats of this repository."""

import typer
from rich.console import Console
from rich.text import Text

from agent.cli import options
from agent.escape import printable
from repo_index.git import Git
from repo_index.history import SessionStore


def sessions(_ctx: typer.Context, directory: options.Directory = options.HERE) -> None:
    """List the chats of this repository, the latest first; `magicode run -r ID` goes on with one."""
    console = Console(soft_wrap=True)
    for session in SessionStore(Git.discover(directory)).list():
        tasks = [turn.text for turn in session.turns if turn.role == "user"]
        first = printable(tasks[0].splitlines()[0]) if tasks else "(empty)"
        console.print(Text(f"{session.id}  {len(tasks)} tasks  {first}"))
