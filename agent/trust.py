"""Which configuration of repositories the user trusts: by path and content, so that an edit has to be trusted anew."""

import hashlib
import os
from pathlib import Path

from agent.config import ConfigFile
from agent.errors import WriteError
from agent.state import state_folder


def is_trusted(file: ConfigFile) -> bool:
    """Tell whether the user has said yes to this file as it is."""
    return _mark(file).exists()


def trust(file: ConfigFile) -> None:
    """Remember that the user says yes to this file as it is.

    Raises:
        WriteError: the user's state folder cannot be written.

    """
    mark = _mark(file)
    try:
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark.write_text(f"{file.path}\n", encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise WriteError(f"{mark} cannot be written: {error.strerror}") from error


def _mark(file: ConfigFile) -> Path:
    name = hashlib.sha256(os.fsencode(file.path.parent.resolve()) + b"\0" + file.data).hexdigest()
    return state_folder() / "trusted" / name
