"""Configuration files: a flat table of settings in TOML, the user's own and one that a repository brings along."""

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

import platformdirs

from agent.errors import ConfigError, WriteError
from repo_index.errors import UnreadableError
from repo_index.reader import TreeReader

REPOSITORY_FILE = PurePosixPath(".magicode.toml")
_MAX_BYTES = 100_000
_MAX_PARSED_BYTES = 2_000_000  # to find the line of a key; a longer file is only looked through


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a file says. One that is not there says nothing, in no bytes."""

    path: Path
    data: bytes
    values: Mapping[str, Any]

    @classmethod
    def parse(cls, path: Path, data: bytes) -> Self:
        """Read TOML.

        Raises:
            ConfigError: it is none, or not UTF-8; the message says in which line.

        """
        try:
            return cls(path, data, tomllib.loads(data.decode()))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ConfigError(f"{path}:{line}: not UTF-8; save the file in that encoding") from error
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise ConfigError(f"{path}: no TOML: {error}") from error

    def line_of(self, key: str) -> int:
        """Return the line, from 1, in which a key of `values` begins to be set."""
        lines = self.data.decode().splitlines(keepends=True)
        if len(lines) * len(self.data) > _MAX_PARSED_BYTES:
            begins = re.compile(rf"\s*[\[\"']*{re.escape(key)}\b")
            return next((number for number, line in enumerate(lines, 1) if begins.match(line)), 1)
        start = 0  # what stands above it is whole without it
        for number in range(1, len(lines) + 1):
            try:
                values = tomllib.loads("".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue
            if key in values:
                break
            start = number
        said = (
            n for n, line in enumerate(lines[start:], start + 1) if line.strip() and not line.lstrip().startswith("#")
        )
        return next(said, 1)

    def where(self, key: str) -> str:
        """Return file and line of a key, as compilers write them."""
        return f"{self.path}:{self.line_of(key)}"


def user_file() -> Path:
    """Return where the user's own file is, or would be; MAGICODE_CONFIG_DIR moves it."""
    moved = os.environ.get("MAGICODE_CONFIG_DIR")
    folder = Path(moved).expanduser().absolute() if moved else platformdirs.user_config_path("magicode")
    return folder / "config.toml"


def read_user_file() -> ConfigFile:
    """Read the user's own file.

    Raises:
        ConfigError: it cannot be read, or is no TOML.

    """
    path = user_file()
    try:
        return ConfigFile.parse(path, path.read_bytes())
    except FileNotFoundError:
        return ConfigFile(path, b"", {})
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error


def repository_root(directory: Path) -> Path:
    """Return the top of the repository that holds a folder, the folder itself where there is none.

    Git is not asked: this is done before each command.
    """
    here = directory.absolute()
    return next((each for each in (here, *here.parents) if os.path.lexists(each / ".git")), here)


def read_repository_file(root: Path) -> ConfigFile:
    """Read what a repository says, which may be anything: no link is followed.

    Raises:
        ConfigError: it is no regular file, too large, cannot be read, or is no TOML.

    """
    path = root / REPOSITORY_FILE
    try:
        with TreeReader(root) as reader:
            return ConfigFile.parse(path, reader.read(REPOSITORY_FILE, _MAX_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return ConfigFile(path, b"", {})
    except (OSError, UnreadableError) as error:
        raise ConfigError(f"{path} cannot be used: {error}") from error


def changed(file: ConfigFile, key: str, value: Any | None) -> bytes:
    """Return a file's bytes with a key set, or unset for None; comments and order are kept."""
    import tomlkit  # noqa: PLC0415 - seldom needed

    document = tomlkit.parse(file.data)
    if value is None:
        document.pop(key, None)
    else:
        document[key] = value
    return tomlkit.dumps(document).encode()


def save(path: Path, data: bytes) -> None:
    """Replace a file as a whole, or make it with its folder; a link to it stays a link.

    Raises:
        WriteError: the system refuses; the file is as it was.

    """
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        beside = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            beside.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
            beside.replace(target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from error
