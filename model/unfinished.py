"""Files that are either whole or not there: written under another name, beside, and renamed when complete."""

import fcntl
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

UNFINISHED_SUFFIX = ".tmp"


def write_whole(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write a file's parts one behind the other. Of two processes that write one file, one replaces the other's.

    No write is awaited with fsync: what a power failure leaves behind must show by its content that it is not whole.

    Raises:
        OSError: the disk is full, or the directory may not be written; nothing is left behind.

    """
    unfinished = path.with_name(f"{secrets.token_hex(8)}{UNFINISHED_SUFFIX}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with suppress(OSError):  # a file system without locks, where nothing counts as abandoned
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for part in parts:
                file.write(part)
            file.flush()
            unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def is_abandoned(unfinished: Path) -> bool:
    """Tell whether no living process writes this file: its writer held a lock, which ended with it.

    Between a file's creation and its lock it seems abandoned, too. If it is removed then, its writer finds it gone.
    """
    try:
        with unfinished.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
