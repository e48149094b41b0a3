"""The files of a cache: how large they are, when each was last used, and which go to make room."""

import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from model.extent import SUFFIX
from model.unfinished import UNFINISHED_SUFFIX, is_abandoned


@dataclass(frozen=True, slots=True, order=True)
class StoredFile:
    """A file of the cache, or one that is being written; the one that was not used for the longest is the smallest."""

    used_ns: int
    size_bytes: int
    path: Path

    def is_in_use(self) -> bool:
        """Tell whether a living process is writing it."""
        return self.path.suffix == UNFINISHED_SUFFIX and not is_abandoned(self.path)


def stored_files(root: Path, suffix: str = SUFFIX) -> Iterator[StoredFile]:
    """Yield what ROOT/DIRECTORY/FILE holds of ours: files whose names end in `suffix`, and unfinished ones."""
    for directory in entries(root):
        for path in entries(directory):
            if path.suffix in {suffix, UNFINISHED_SUFFIX}:
                with suppress(OSError):
                    status = path.lstat()
                    if stat.S_ISREG(status.st_mode):
                        yield StoredFile(status.st_mtime_ns, status.st_size, path)


def room_bytes(root: Path, max_bytes: int, kept: Collection[Path], suffix: str = SUFFIX) -> int:
    """Return how much the files may grow below `max_bytes` if all goes that can go; less than 0 is possible.

    What can go is all but `kept` and what a living process is writing. What a dead one left goes now.
    """
    for file in stored_files(root, suffix):
        if file.path in kept or file.is_in_use():
            max_bytes -= file.size_bytes
        elif file.path.suffix == UNFINISHED_SUFFIX:
            remove(file.path)
    return max_bytes


def evict(root: Path, max_bytes: int, kept: Collection[Path], suffix: str = SUFFIX) -> bool:
    """Remove files, those that were not used for the longest first, and tell whether `max_bytes` or less are left."""
    files = sorted(stored_files(root, suffix))
    held_bytes = sum(file.size_bytes for file in files)
    for file in files:
        if held_bytes <= max_bytes:
            break
        if file.path.suffix == suffix and file.path not in kept and remove(file.path):
            held_bytes -= file.size_bytes
    return held_bytes <= max_bytes


def mark_used(paths: Iterable[Path]) -> None:
    """Make files the last to go, the first of them the very last: without it those behind it are of no use."""
    now_ns = time.time_ns()
    for place, path in enumerate(dict.fromkeys(paths)):
        with suppress(OSError):
            os.utime(path, ns=(now_ns - place, now_ns - place))


def entries(directory: Path) -> list[Path]:
    """Return what is in a directory, in order; one that is not there or may not be read is empty."""
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []


def latest_first(directory: Path, suffix: str) -> list[Path]:
    """Return the files of a directory that end so, what was used last first; what goes meanwhile is not there."""
    found: list[tuple[int, Path]] = []
    for path in entries(directory):
        if path.suffix == suffix:
            with suppress(OSError):
                found.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(found, reverse=True)]


def remove(path: Path) -> bool:
    """Remove a file, and tell whether it was there and could be removed."""
    try:
        path.unlink()
    except OSError:
        return False
    return True
