"""What commands need of the outside: a model, which tests replace, and the work tree."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from agent.protocols import LanguageModel
from agent.terminal import Terminal
from agent.workspace import Workspace
from model.api import OnProgress
from model.catalogue import DEFAULT_MODEL
from model.endpoint.address import Address
from model.endpoint.settings import ASK_S, Endpoint, Timeouts
from model.errors import EndpointError
from model.hashhop.protocols import Reader
from model.hashhop.readers import Opening, open_reader
from repo_index.folder import Source, find_source
from repo_index.git import Git

if TYPE_CHECKING:
    from model.endpoint.discovery import Found


class OpenModel(Protocol):
    """Makes a model from what the user calls it."""

    def __call__(
        self,
        name: str | None,
        *,
        device: str,
        on_progress: OnProgress,
        endpoint: Endpoint | None = None,
        cache_bytes: int | None = None,
    ) -> LanguageModel[Any, Any]:
        """Open it; weights may be fetched. None is the default model, or the only one of a server.

        What is kept of repositories that were read may take `cache_bytes`.
        """
        ...


class OpenReader(Protocol):
    """Makes a model that takes the evaluation from what the user calls it."""

    def __call__(self, name: str, opening: Opening, /) -> Reader:
        """Open it; weights may be fetched."""
        ...


def _look_for_servers() -> "Callable[[], Sequence[Found]]":
    from model.endpoint.discovery import look_for_servers  # noqa: PLC0415 - it takes a tenth of --help's time

    return look_for_servers()


# Begins to look for servers on this machine; what that returns waits for those that answer at once.
LookForServers = Callable[[], Callable[[], "Sequence[Found]"]]


@dataclass(frozen=True, slots=True)
class Services:
    """The outside, as one value: `ctx.obj`."""

    open_model: OpenModel
    open_reader: OpenReader = open_reader
    look_for_servers: LookForServers = _look_for_servers


def services(ctx: typer.Context) -> Services:
    """Return the services of this run; the real ones unless the caller put others into the context."""
    return ctx.obj if isinstance(ctx.obj, Services) else Services(_open_model)


def named_endpoint(
    base_url: str | None, context_limit: int | None, connections: int, timeout_s: float
) -> Endpoint | None:
    """Return the server that the user names, if any; its key comes from the environment alone.

    Raises:
        typer.BadParameter: the URL or the key is none.

    """
    if not base_url:
        return None
    timeouts = Timeouts(ask_s=min(ASK_S, timeout_s), first_token_s=timeout_s, next_token_s=timeout_s / 10)
    key = os.environ.get("MAGICODE_API_KEY", "").strip() or None
    try:
        return Endpoint(Address.parse(base_url), key, context_limit, connections, timeouts)
    except EndpointError as error:
        raise typer.BadParameter(str(error), param_hint="--base-url") from error


def in_bytes(gigabytes: float | None) -> int | None:
    """Return what the user says in gigabytes, if it is said."""
    return None if gigabytes is None else int(gigabytes * 1e9)


def named_model(ctx: typer.Context, model: str, endpoint: Endpoint | None) -> str | None:
    """Return what to open: on a server, our default is nobody's choice."""
    source = ctx.get_parameter_source("model")
    return None if endpoint is not None and source is not None and source.name == "DEFAULT" else model


def open_repository(directory: Path, terminal: Terminal) -> Git:
    """Find the work tree that holds `directory`, and finish what a killed command left in it.

    Raises:
        RepoError: there is none.
        AgentError: what was left can be neither completed nor taken back.

    """
    git = Git.discover(directory)
    _recover(git, terminal)
    return git


def open_source(directory: Path, terminal: Terminal) -> Source:
    """Do as `open_repository`; where there is no repository at all, the directory is opened as it is.

    Raises:
        RepoError: there is no such directory, or the repository around it cannot be used.
        AgentError: what was left can be neither completed nor taken back.

    """
    source = find_source(directory)
    if isinstance(source, Git):
        _recover(source, terminal)
    else:
        terminal.note(f"{source.root} is in no git repository: it is read as it is, and nothing there can be changed.")
    return source


def _recover(git: Git, terminal: Terminal) -> None:
    recovery = Workspace(git).recover()
    for note in recovery.notes if recovery else ():
        terminal.note(f"{note[:1].upper()}{note[1:]}.", style="yellow")


def on_terminal() -> bool:
    """Tell whether a person reads all that we print and can answer."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def local_time(at: str) -> str:
    """Show a time of ISO 8601 to the minute, where the user is."""
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"


def _open_model(
    name: str | None,
    *,
    device: str,
    on_progress: OnProgress,
    endpoint: Endpoint | None = None,
    cache_bytes: int | None = None,
) -> LanguageModel[Any, Any]:
    # here and not above: neither the tokenizer library nor the HTTP client is needed for --help
    if endpoint is not None:
        from model.endpoint.opening import open_endpoint  # noqa: PLC0415

        return open_endpoint(endpoint, name, on_progress, cache_bytes=cache_bytes)
    from model.loading import open_model  # noqa: PLC0415

    return open_model(name or DEFAULT_MODEL, device=device, on_progress=on_progress, cache_bytes=cache_bytes)
