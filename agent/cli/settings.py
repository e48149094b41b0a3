"""Settings: the options of `run` that configuration may set, and where each one's value comes from.

An option is a setting if it was declared with `setting`, in `agent.cli.options` or beside `run`: that is the one list.
What counts, in this order: the flag, the variable, the repository's file, the user's file, the default.
"""

import difflib
import os
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import typer

from agent.config import ConfigFile, read_repository_file, read_user_file, repository_root
from agent.errors import ConfigError, UntrustedError
from agent.trust import is_trusted, trust
from model.catalogue import read_catalogue

Origin = Literal["environment", "repository", "user", "default"]

# What a repository may set before it is trusted: nothing here runs anything, reads elsewhere or takes a question away.
_HARMLESS = frozenset(
    {
        "allow-syntax-errors", "attempts", "attention", "budget", "context-limit", "exclude", "max-new-tokens",
        "max-repairs", "min-p", "seed", "show-all", "temperature", "test-timeout", "top-p", "usage", "working-set",
    }
)  # fmt: skip
WHY_NOT_CONFIGURED = "agent.cli.settings.why_not_configured"
_KINDS: dict[type[Any], str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def setting(*names: str, **given: Any) -> Any:
    """Declare an option that configuration may set, too: under its long name, or that in capitals as a variable."""
    long = next(name for name in names if name.startswith("--")).removeprefix("--")
    return typer.Option(*names, envvar=f"MAGICODE_{long.replace('-', '_').upper()}", show_envvar=False, **given)


@dataclass(frozen=True, slots=True)
class Setting:
    """One of them. `kind` is the type of a value, of each one where there are `many`."""

    key: str
    param: Any
    kind: type[Any]
    many: bool

    def check(self, ctx: Any, value: Any, where: str) -> Any:
        """Return a value of a file, if it is one that the option takes.

        Raises:
            ConfigError: it is not; the message begins with `where`.

        """
        items = value if self.many else [value]
        wanted = (int, float) if self.kind is float else self.kind
        if not isinstance(items, list) or not all(
            isinstance(item, wanted) and isinstance(item, bool) is (self.kind is bool) for item in items
        ):
            kind = f"a list, each {_KINDS[self.kind]}" if self.many else _KINDS[self.kind]
            raise ConfigError(f"{where}: {self.key} must be {kind}, not {value!r}")
        try:
            self.param.process_value(ctx, value)
        except typer.BadParameter as error:
            raise ConfigError(f"{where}: {self.key}: {error.message}") from error
        return value

    def parse(self, texts: list[str]) -> Any:
        """Return what words on a command line mean for this setting."""
        if self.many:
            return texts
        (text,) = texts
        if self.kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text, text)
        try:
            return self.kind(text)
        except ValueError:
            return text

    @property
    def default(self) -> Any:
        """What holds where nobody says anything; None for nothing."""
        default = self.param.default
        if self.many:
            return []
        return default.value if isinstance(default, Enum) else default


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value where no flag is given. `where` names the file and line, or the variable."""

    setting: Setting
    value: Any
    origin: Origin
    where: str = ""
    trusted: bool = True


def settings_of(ctx: typer.Context) -> dict[str, Setting]:
    """Return all settings by their keys."""
    command = ctx.find_root().command.commands["run"]  # type: ignore[attr-defined]  # the root is a group
    hints = get_type_hints(
        command.callback.__wrapped__ if hasattr(command.callback, "__wrapped__") else command.callback
    )
    return {setting.key: setting for param in command.params if (setting := _setting(param, hints))}


def _setting(param: Any, hints: Mapping[str, Any]) -> Setting | None:
    if not param.envvar:
        return None
    key = next(name for name in param.opts if name.startswith("--")).removeprefix("--")
    hint = hints[param.name]
    if get_origin(hint) in {Union, types.UnionType}:
        (hint,) = (each for each in get_args(hint) if each is not type(None))
    many = get_origin(hint) is list
    kind = get_args(hint)[0] if many else hint
    return Setting(key, param, kind if kind in _KINDS else str, many)


class Configuration:
    """Both files, checked."""

    def __init__(self, ctx: typer.Context, directory: Path) -> None:
        """Read them; `directory` is in the repository that is meant.

        Raises:
            ConfigError: a file cannot be read, or holds an unknown key or a value that its option does not take.

        """
        self.settings = settings_of(ctx)
        self.repository = read_repository_file(repository_root(directory))
        self.user = read_user_file()
        for file in (self.user, self.repository):
            for key, value in file.values.items():
                self.find(key, file).check(ctx, value, file.where(key))

    def find(self, key: str, file: ConfigFile | None = None) -> Setting:
        """Return a setting.

        Raises:
            ConfigError: there is none of that name; the message names the nearest, and where it stands.

        """
        if key in self.settings:
            return self.settings[key]
        near = difflib.get_close_matches(key.replace("_", "-"), self.settings, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "`magicode config` lists all there are"
        raise ConfigError(f"{file.where(key) + ': ' if file else ''}unknown setting {key!r}; {hint}")

    def guarded(self) -> dict[str, Any]:
        """Return what the repository sets that needs the user's trust."""
        return {key: value for key, value in self.repository.values.items() if not _is_harmless(key, value)}

    def value(self, key: str) -> Value:
        """Return the value of a setting, and where it comes from."""
        setting = self.find(key)
        variable = os.environ.get(setting.param.envvar)
        if variable:
            return Value(setting, variable, "environment", setting.param.envvar)
        files: tuple[tuple[ConfigFile, Origin], ...] = ((self.repository, "repository"), (self.user, "user"))
        for file, origin in files:
            if key in file.values:
                trusted = origin == "user" or _is_harmless(key, file.values[key]) or is_trusted(file)
                return Value(setting, file.values[key], origin, file.where(key), trusted)
        return Value(setting, setting.default, "default")

    def defaults(self, ask: Callable[[str], bool]) -> Iterator[tuple[str, Any]]:
        """Yield what files set, by the names of parameters; whether a file is trusted is found out on use alone."""
        for key, setting in self.settings.items():
            if key in self.repository.values:
                yield setting.param.name, self._on_use(key, ask)
            elif key in self.user.values:
                yield setting.param.name, self.user.values[key]

    def _on_use(self, key: str, ask: Callable[[str], bool]) -> Callable[[], Any]:
        file = self.repository

        def value() -> Any:
            if not _is_harmless(key, file.values[key]) and not is_trusted(file):
                said = "\n".join(f"  {key} = {value!r}" for key, value in self.guarded().items())
                if not ask(f"{file.path} comes with this repository and sets\n{said}"):
                    raise UntrustedError(
                        f"{file.where(key)} sets {key} = {file.values[key]!r}, and that file is not trusted: "
                        f"read it, then run `magicode config trust`, or give --{key} yourself"
                    )
                trust(file)
            return file.values[key]

        return value


def _is_harmless(key: str, value: Any) -> bool:
    return key in _HARMLESS or (key == "model" and value in read_catalogue())


def configure(ctx: typer.Context, directory: Path) -> Path:
    """Let files say what flags and variables do not; the callback of `--cd`, which says which repository is meant."""
    if not ctx.resilient_parsing and any(getattr(param, "envvar", None) for param in ctx.command.params):
        ctx.default_map = dict(Configuration(ctx, directory).defaults(_ask))
    return directory


def configure_if_possible(ctx: typer.Context, directory: Path) -> Path:
    """Do the same; where a file cannot be used, keep why in `ctx.meta[WHY_NOT_CONFIGURED]`, for whoever tells it."""
    try:
        return configure(ctx, directory)
    except (ConfigError, UntrustedError) as error:
        ctx.meta[WHY_NOT_CONFIGURED] = str(error)
        return directory


def _ask(what: str) -> bool:
    from rich.console import Console  # noqa: PLC0415

    from agent.cli.services import on_terminal  # noqa: PLC0415
    from agent.keys import ask_on_terminal  # noqa: PLC0415
    from agent.terminal import Terminal  # noqa: PLC0415

    if not on_terminal():
        return False
    Terminal(Console(stderr=True)).note(what, style="yellow")
    return ask_on_terminal("Do you trust it [y/n]? ") == "y"
