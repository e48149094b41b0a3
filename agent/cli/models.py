"""`magicode models`: weights on this machine."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from agent.cli import completion
from agent.cli.services import in_bytes, services
from agent.cli.settings import Configuration
from agent.errors import ConfigError
from agent.escape import printable
from agent.reading import forget_counts
from agent.terminal import Terminal
from model.catalogue import DEFAULT_MODEL, ModelEntry, read_catalogue
from model.disk import shares
from model.machine import Memory, memory

if TYPE_CHECKING:
    from model.endpoint.discovery import Found
    from model.prefixes import PrefixStore
    from model.store import ModelStore

_SHOWN = 5  # of a server's models

app = typer.Typer(no_args_is_help=True, help="List, fetch and remove the weights of models.", rich_markup_mode=None)

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A name from `magicode models list`.", autocompletion=completion.models),
]


@app.command("list")
def list_(ctx: typer.Context) -> None:
    """List the catalogue, what of it is on this machine and fits its memory, and servers that run here."""
    answers = services(ctx).look_for_servers()
    store = _store()
    room = memory()
    console = Console(soft_wrap=True)
    for name, entry in read_catalogue().items():
        installed = store.installed(name)
        on_disk = installed.source_bytes + installed.converted_bytes
        size = f"{on_disk / 1e9:.1f} GB on disk" if on_disk else f"{entry.size_bytes / 1e9:.1f} GB to fetch"
        window = f"{entry.context_length:,} tokens"
        console.print(Text(f"{name:<20}  {installed.state:<7}  {size:<15}  {window:>14}  {entry.licence}"))
        console.print(Text(f"    {entry.summary}", style="dim"))
        console.print(_fit(entry, room))
    from model.memory.store import MAX_BYTES, kept_bytes  # noqa: PLC0415 - numpy: --help needs none

    cache_bytes = _cache_bytes(ctx)
    for_prefixes, for_tokens = (None, MAX_BYTES) if cache_bytes is None else shares(cache_bytes)
    prefixes = _prefixes(for_prefixes)
    used, most = prefixes.total_bytes(), prefixes.max_bytes
    console.print(Text(f"What was read of repositories: {used / 1e9:.1f} GB on disk, at most {most / 1e9:.1f} GB"))
    tokens = f"{kept_bytes() / 1e9:.1f} GB on disk, at most {for_tokens / 1e9:.1f} GB"
    console.print(Text(f"What was tokenised of them: {tokens}"))
    _show_servers(answers(), console)


def _show_servers(servers: "Sequence[Found]", console: Console) -> None:
    """Show each server with what asks it."""
    if not servers:
        return
    console.print(Text("\nServers that run on this machine; for example:"))
    named = next((server for server in servers if server.models), servers[0])
    model = f" -m {shlex.quote(named.models[0])}" if len(named.models) > 1 else ""
    console.print(Text(printable(f'    magicode --base-url {named.url}{model} "TASK"'), style="dim"))
    for server in servers:
        what = "a server" if server.kind == "other" else server.kind
        models = ", ".join(server.models[:_SHOWN]) + f", and {len(server.models) - _SHOWN} more" * (
            len(server.models) > _SHOWN
        )
        console.print(Text(printable(f"{server.url:<28}  {what:<12}  {models or 'no model yet'}")))


@app.command()
def pull(name: Name = DEFAULT_MODEL) -> None:
    """Fetch a model, check its digest and convert it, so that it loads in seconds."""
    terminal = Terminal(Console(stderr=True))
    try:
        directory = _store().prepare(name, terminal.on_progress)
    finally:
        terminal.close()
    terminal.note(f"{name} is ready in {directory}")


@app.command()
def path(name: Name = DEFAULT_MODEL) -> None:
    """Print the directory that a model's files lie in."""
    sys.stdout.write(f"{_store().directory(name)}\n")


@app.command()
def rm(name: Name) -> None:
    """Remove a model's files."""
    freed = _store().remove(name)
    said = f"Removed {name}: {freed / 1e9:.1f} GB freed." if freed else f"There was nothing of {name} to remove."
    sys.stderr.write(f"{said}\n")


@app.command()
def forget() -> None:
    """Remove what is kept on disk of the repositories that models have read."""
    from model.memory.store import forget_all  # noqa: PLC0415 - numpy: --help needs none

    freed = _prefixes().clear() + forget_all() + forget_counts()
    sys.stderr.write(f"{freed / 1e9:.1f} GB freed; the next request on a repository reads it anew.\n")


def _fit(entry: ModelEntry, room: Memory) -> Text:
    needed = f"    {entry.memory_bytes / 1e9:.1f} GB of memory: "
    if entry.memory_bytes > room.total_bytes:
        return Text(f"{needed}more than the {room.total_bytes / 1e9:.1f} GB of this machine", style="red")
    if entry.memory_bytes > room.available_bytes:
        return Text(f"{needed}more than the {room.available_bytes / 1e9:.1f} GB that are free now", style="yellow")
    return Text(f"{needed}fits this machine", style="dim")


def _cache_bytes(ctx: typer.Context) -> int | None:
    """Return what the caches may take, if that is set; a configuration that cannot be used sets nothing."""
    with suppress(ConfigError, ValueError):
        value = Configuration(ctx, Path()).value("cache-size")
        return in_bytes(None if value.value is None else float(value.value)) if value.trusted else None
    return None


def _prefixes(max_bytes: int | None = None) -> "PrefixStore":
    from model.prefixes import PrefixStore  # noqa: PLC0415 - numpy: --help needs none

    return PrefixStore(max_bytes=max_bytes)


def _store() -> "ModelStore":
    from model.store import ModelStore  # noqa: PLC0415 - its downloaders are slow to import, and --help needs none

    return ModelStore()
