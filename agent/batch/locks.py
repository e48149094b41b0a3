"""One batch at a time: files that the system locks, and lets go of when a process ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import ConflictError, WriteError
from agent.journal import now

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def hold(path: Path, what: str) -> Iterator[None]:
    """Hold a lock until the block ends.

    Raises:
        ConflictError: another process holds it; the message says which, and what for.
        WriteError: the file cannot be made.

    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, _FLAGS, 0o600)
    except OSError as error:
        raise WriteError(f"{path} cannot be opened: {error.strerror}") from error
    try:
        take(descriptor, what)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}, since {now()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def take(descriptor: int, what: str) -> None:
    """Lock an open file. `what` says what another process that has it is doing.

    Raises:
        ConflictError: another process has it.

    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        said = os.pread(descriptor, 200, 0).decode(errors="replace")
        holder = f" ({said.strip()})" if said.startswith("process ") else ""
        raise ConflictError(f"another magicode is {what}{holder}; wait until it has ended") from error
