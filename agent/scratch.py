"""Temporary directories that do not pile up: those of processes that were killed are removed by the next one.

TEMP/magicode-RANDOM/lock   locked as long as its process lives; what it says tells it from directories of the user's
TEMP/magicode-RANDOM/d      what the caller gets
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "magicode-"
_MARK = b"scratch of a magicode process\n"
_NEW_S = 60.0  # a directory this young may not be locked yet


@contextlib.contextmanager
def scratch_directory() -> Iterator[Path]:
    """Make an empty directory that only the user can enter, and remove it with all that came into it.

    Raises:
        OSError: there is no room for it.

    """
    _sweep(Path(tempfile.gettempdir()))
    outer = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (outer / "lock").open("xb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.write(_MARK)
            lock.flush()
            inner = outer / "d"
            inner.mkdir()
            yield inner
    finally:
        _remove(outer)


def _sweep(parent: Path) -> None:
    """Remove what killed processes have left. Best effort: what cannot be removed stays."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(parent)):
            if entry.name.startswith(_PREFIX):
                with contextlib.suppress(OSError):
                    _sweep_one(Path(entry.path))


def _sweep_one(outer: Path) -> None:
    told = outer.lstat()
    if not stat.S_ISDIR(told.st_mode) or told.st_uid != os.getuid() or time.time() - told.st_mtime < _NEW_S:
        return
    descriptor = os.open(outer / "lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.read(descriptor, len(_MARK) + 1) == _MARK:
            _remove(outer)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    # Tests leave directories behind that even their owner cannot list.
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
