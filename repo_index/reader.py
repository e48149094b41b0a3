"""Reading files below one directory without following a symbolic link anywhere in their paths."""

import os
import stat
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from repo_index.errors import UnreadableError

_KINDS = {
    stat.S_IFLNK: "symbolic link",
    stat.S_IFDIR: "directory",
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO that takes a file's place between the look and the open must not make us wait for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class TreeReader:
    """Looks at and reads files below `root`; a context manager.

    Each directory on the way is opened relative to the one above it, so a link put in place at any moment is
    refused, not followed. The last directory stays open: paths that come in order cost one open each.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._parts: tuple[str, ...] = ()
        self._parent = self._root

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave()
        os.close(self._root)

    def check(self, path: PurePosixPath) -> None:
        """See that `path` is a regular file, without opening it.

        Raises:
            FileNotFoundError: nothing is there.
            UnreadableError: it is no regular file, or lies beyond a symbolic link; the message says what it is.

        """
        self._enter(path.parts[:-1])
        try:
            _require_regular(os.stat(path.name, dir_fd=self._parent, follow_symlinks=False))
        except OSError as error:
            raise _translate(error) from error

    def read(self, path: PurePosixPath, max_bytes: int) -> bytes:
        """Return the bytes of a regular file.

        Raises:
            FileNotFoundError: nothing is there.
            UnreadableError: it is no regular file, is larger than `max_bytes`, or may not be read.

        """
        self._enter(path.parts[:-1])
        try:
            descriptor = os.open(path.name, _FILE, dir_fd=self._parent)
            try:
                status = os.fstat(descriptor)
                _require_regular(status)
                data = b""
                if status.st_size <= max_bytes:
                    with open(descriptor, "rb", closefd=False) as file:
                        # One byte more than the limit shows a file that grew after the look.
                        data = file.read(max_bytes + 1)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.check(path)  # a link or a socket does not open, and the system says so in words of its own
            raise _translate(error) from error
        size = max(status.st_size, len(data))
        if size > max_bytes:
            raise UnreadableError(f"too large ({size:,} bytes; the limit is {max_bytes:,})")
        return data

    def _enter(self, parts: tuple[str, ...]) -> None:
        if parts == self._parts:
            return
        self._leave()
        here = self._root
        try:
            for part in parts:
                below = os.open(part, _DIRECTORY, dir_fd=here)
                if here != self._root:
                    os.close(here)
                here = below
        except OSError as error:
            beyond_link = _is_link(part, here)
            if here != self._root:
                os.close(here)
            if beyond_link:
                raise UnreadableError("beyond a symbolic link") from error
            raise _translate(error) from error
        self._parent, self._parts = here, parts

    def _leave(self) -> None:
        if self._parent != self._root:
            os.close(self._parent)
        self._parent, self._parts = self._root, ()


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError(_KINDS.get(stat.S_IFMT(status.st_mode), "not a regular file"))


def _is_link(name: str, directory: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _translate(error: OSError) -> Exception:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return FileNotFoundError(*error.args)
    return UnreadableError(f"unreadable: {error.strerror}")
