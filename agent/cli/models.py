"""`magicode models`: weights on this machine."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agent.terminal import Terminal
from model.catalogue import DEFAULT_MODEL, read_catalogue
from model.store import ModelStore

app = typer.Typer(no_args_is_help=True, help="List, fetch and remove the weights of models.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name from `magicode models list`.")]


@app.command("list")
def list_() -> None:
    """List the catalogue and what of it is on this machine."""
    store = ModelStore()
    table = Table(box=None, pad_edge=False)
    for column in ("name", "state", "on disk", "window", "licence", "good for"):
        table.add_column(column)
    for name, entry in read_catalogue().items():
        installed = store.installed(name)
        on_disk = installed.source_bytes + installed.converted_bytes
        table.add_row(
            name + (" (default)" if name == DEFAULT_MODEL else ""),
            installed.state,
            f"{on_disk / 1e9:.1f} GB" if on_disk else f"({entry.size_bytes / 1e9:.1f} GB to fetch)",
            f"{entry.context_length:,}",
            entry.licence,
            entry.summary,
        )
    Console(soft_wrap=not sys.stdout.isatty()).print(table)


@app.command()
def pull(name: Name = DEFAULT_MODEL) -> None:
    """Fetch a model, check its digest and convert it, so that it loads in seconds."""
    terminal = Terminal(Console(stderr=True))
    try:
        directory = ModelStore().prepare(name, terminal.on_progress)
    finally:
        terminal.close()
    terminal.note(f"{name} is ready in {directory}")


@app.command()
def path(name: Name = DEFAULT_MODEL) -> None:
    """Print the directory that a model's files lie in."""
    sys.stdout.write(f"{ModelStore().directory(name)}\n")


@app.command()
def rm(name: Name) -> None:
    """Remove a model's files."""
    freed = ModelStore().remove(name)
    sys.stderr.write(f"Removed {name}: {freed / 1e9:.1f} GB freed\n")
