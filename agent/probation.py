"""The change that stands in the tree while its tests run: the next command says so if this one never comes back.

A file in the journal's folder holds the change's id and is locked as long as its tests run. The system lets go of
the lock when the process ends, however it ends; what is then still written there was never judged.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from agent.errors import ConflictError

_NAME = "untested"


@dataclass(frozen=True, slots=True)
class Probation:
    """The file while its lock is held."""

    _file: BinaryIO

    def begin(self, entry_id: str) -> None:
        """Write down, to disk, which change is about to be put in place."""
        self._file.truncate(0)
        self._file.write(entry_id.encode())
        self._file.flush()
        os.fsync(self._file.fileno())


@contextlib.contextmanager
def on_probation(folder: Path) -> Iterator[Probation]:
    """Hold the lock, and forget the change at the end; where that is an exception, only the next command can tell.

    Raises:
        ConflictError: another magicode tests a change in this tree.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _NAME).open("ab") as file:
        if not _locked(file):
            raise ConflictError("another magicode tests a change in this work tree; wait until it has ended")
        yield Probation(file)
        file.truncate(0)


def left_behind(folder: Path) -> str | None:
    """Return the id of the change whose tests nobody runs any more, and forget it; None where there is none."""
    try:
        file = (folder / _NAME).open("r+b")
    except FileNotFoundError:
        return None
    with file:
        if not _locked(file):
            return None
        entry_id = file.read().decode(errors="replace")
        file.truncate(0)
    return entry_id or None


def _locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
