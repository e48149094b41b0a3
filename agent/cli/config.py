"""`magicode config`: settings, and where each one's value comes from."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from agent.cli import options
from agent.cli.output import put
from agent.cli.settings import Configuration, Value, settings_of
from agent.config import ConfigFile, changed, read_repository_file, read_user_file, repository_root, save
from agent.errors import ConfigError
from agent.escape import printable
from agent.terminal import Terminal
from agent.trust import is_trusted, trust

app = typer.Typer(help="Show and change settings.", rich_markup_mode=None)


def _keys(ctx: typer.Context, incomplete: str) -> list[str]:
    return [key for key in settings_of(ctx) if key.startswith(incomplete)]


Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY", help="The long name of an option of `run`, without its dashes.", autocompletion=_keys
    ),
]
Local = Annotated[bool, typer.Option("--local", help="In the repository's .magicode.toml, not in your own file.")]


@app.callback(invoke_without_command=True)
def config(
    ctx: typer.Context,
    directory: options.PlainDirectory = options.HERE,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Show and change settings.

    Flags go before MAGICODE_* variables, those before the repository's .magicode.toml, and that before your own file.
    Without a command all settings are listed.
    """
    ctx.obj = directory
    if ctx.invoked_subcommand is None:
        _list(Configuration(ctx, directory), as_json=as_json)


@app.command()
def get(ctx: typer.Context, key: Key) -> None:
    """Print the value of a setting, nothing if it has none."""
    value = Configuration(ctx, _directory(ctx)).value(key).value
    items = value if isinstance(value, list) else [] if value is None else [value]
    for item in items:
        put(f"{json.dumps(item) if isinstance(item, bool) else item}\n".encode())


@app.command("set")
def set_(
    ctx: typer.Context,
    key: Key,
    values: Annotated[list[str], typer.Argument(metavar="VALUE...", help="Several for include and exclude.")],
    local: Local = False,
) -> None:
    """Set a setting."""
    setting = Configuration(ctx, _directory(ctx)).find(key)
    if len(values) > 1 and not setting.many:
        raise typer.BadParameter(f"{key} has one value; put quotes around it", param_hint="VALUE")
    _change(ctx, key, setting.check(ctx, setting.parse(values), "the command line"), local=local)


@app.command()
def unset(ctx: typer.Context, key: Key, local: Local = False) -> None:
    """Let a file say nothing of a setting any more, nor of a key that is unknown."""
    if key not in _file(ctx, local=local).values:
        raise ConfigError(f"{_file(ctx, local=local).path} does not set {key!r}")
    _change(ctx, key, None, local=local)


@app.command("trust")
def trust_(ctx: typer.Context) -> None:
    """Trust the repository's .magicode.toml as it is now; it asks again after each change."""
    configuration = Configuration(ctx, _directory(ctx))
    terminal = Terminal(Console(stderr=True))
    guarded = configuration.guarded()
    if not guarded:
        terminal.note(f"{configuration.repository.path} sets nothing that needs your trust.")
        return
    trust(configuration.repository)
    said = "".join(f"\n  {key} = {value!r}" for key, value in guarded.items())
    terminal.note(f"{configuration.repository.path} is trusted as it is now:{said}")


def _directory(ctx: typer.Context) -> Path:
    directory: Path = ctx.obj
    return directory


def _file(ctx: typer.Context, *, local: bool) -> ConfigFile:
    return read_repository_file(repository_root(_directory(ctx))) if local else read_user_file()


def _change(ctx: typer.Context, key: str, value: Any, *, local: bool) -> None:
    file = _file(ctx, local=local)
    data = changed(file, key, value)
    save(file.path, data)
    if local and (not file.data or is_trusted(file)):  # all that stands there is the user's own, or was trusted
        trust(ConfigFile.parse(file.path, data))


def _list(configuration: Configuration, *, as_json: bool) -> None:
    values = [configuration.value(key) for key in sorted(configuration.settings)]
    if as_json:
        sys.stdout.write(json.dumps([_json(value) for value in values]) + "\n")
        return
    rows = [(_assignment(value), _origin(value)) for value in values]
    width = max(len(row) for row, _ in rows if len(row) <= 40)
    console = Console(soft_wrap=True)
    for value, (row, origin) in zip(values, rows, strict=True):
        console.print(
            Text(f"{printable(row):<{width}}  # {printable(origin)}", style="dim" if value.origin == "default" else "")
        )


def _assignment(value: Value) -> str:
    key = value.setting.key
    return f"# {key} =" if value.value is None else f"{key} = {json.dumps(value.value, ensure_ascii=False)}"


def _origin(value: Value) -> str:
    return (value.where or value.origin) + ("" if value.trusted else ", not trusted: see `magicode config trust`")


def _json(value: Value) -> dict[str, Any]:
    return {
        "key": value.setting.key,
        "value": value.value,
        "origin": value.origin,
        "where": value.where or None,
        "trusted": value.trusted,
    }
