"""Files of a work tree, reached through directory descriptors, so that no symbolic link can lead elsewhere.

Every path is walked from one open root, a component at a time, with `O_NOFOLLOW`: a directory that is swapped for
a symbolic link between a check and a write makes the write fail instead of landing outside.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Literal, Self

from agent.errors import ConflictError, PolicyError, WriteError

Mode = Literal["100644", "100755"]
Steps = Callable[[str], None]

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # non-blocking: a pipe must not hang us
# Not a refusal: the tree is not laid out as it was when we looked.
_OTHERWISE = {errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENOENT, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENXIO}
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def no_step(_: str) -> None:
    """Take no notice of a step; the default of everything that announces its steps."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as git sees it. Where a state is optional, None means that there is no such file."""

    data: bytes
    mode: Mode


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file as it was found on disk. `permissions` are all twelve mode bits."""

    data: bytes
    permissions: int
    owner: tuple[int, int]
    n_links: int

    @property
    def mode(self) -> Mode:
        """The mode that git would record."""
        return "100755" if self.permissions & 0o100 else "100644"


class Tree:
    """A directory held open, and the files below it.

    Paths are relative to it. Reading a path with a symbolic link in any component raises ConflictError; an
    operation that the system refuses raises WriteError with the path; a path that leaves the tree or enters a
    `.git` raises PolicyError. `steps` is told of each change just before it is made: that is where tests stop
    the process, and what it raises counts as raised by the step.
    """

    def __init__(self, root: Path, steps: Steps = no_step) -> None:
        self._steps = steps
        self._root = os.open(root, _DIRECTORY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._root)

    def read(self, path: PurePosixPath) -> Found | None:
        """Return the regular file at `path`; None where there is no file (a directory is none).

        Raises:
            ConflictError: there is a symbolic link on the way, or something that is no regular file.
            WriteError: the system does not let us read it.

        """
        with _refusals("read", path), self._looked_up(path.parent) as parent:
            kind = None if parent is None else _kind(path.name, parent)
            if kind is None or stat.S_ISDIR(kind):
                return None
            if not stat.S_ISREG(kind):
                what = "a symbolic link" if stat.S_ISLNK(kind) else "no regular file"
                raise ConflictError(f"{path} is {what}; magicode changes regular files only")
            with open(os.open(path.name, _READ, dir_fd=parent), "rb") as file:  # noqa: PTH123 a descriptor
                info = os.fstat(file.fileno())
                permissions = stat.S_IMODE(info.st_mode)
                return Found(file.read(), permissions, (info.st_uid, info.st_gid), info.st_nlink)

    def directory_permissions(self, path: PurePosixPath) -> int | None:
        """Return the mode bits of the directory at `path`; None where there is none."""
        with _refusals("read", path), self._looked_up(path) as directory:
            return None if directory is None else stat.S_IMODE(os.fstat(directory).st_mode)

    def write(self, path: PurePosixPath, data: bytes, mode: Mode, permissions: int | None, like: Found | None) -> None:
        """Create the file and wait until its bytes are on disk. It must not exist.

        Args:
            path: where; its directory must exist.
            data: all of its bytes.
            mode: decides the permissions, less the umask, where `permissions` is None.
            permissions: mode bits to set whatever the umask.
            like: a file whose owner and group are given to this one, where we may.

        """
        with self._doing("write", path), self._opened(path.parent) as parent:
            wanted = 0o777 if mode == "100755" else 0o666
            with open(os.open(path.name, _CREATE, wanted, dir_fd=parent), "wb") as file:  # noqa: PTH123
                ours = os.fstat(file.fileno())
                if like is not None and like.owner != (ours.st_uid, ours.st_gid):
                    with contextlib.suppress(PermissionError):
                        os.fchown(file.fileno(), *like.owner)
                if permissions is not None:  # before any byte is in it: a private file stays private
                    os.fchmod(file.fileno(), permissions & 0o777)
                file.write(data)
                file.flush()
                if permissions is not None and permissions & 0o7000:  # writing cleared these
                    os.fchmod(file.fileno(), permissions)
                os.fsync(file.fileno())

    def rename(self, source: PurePosixPath, target: PurePosixPath) -> None:
        """Put `source` in the place of `target` in one move."""
        with (
            self._doing("rename", target),
            _refusals("rename", source),
            self._opened(source.parent) as old,
            self._opened(target.parent) as new,
        ):
            os.rename(source.name, target.name, src_dir_fd=old, dst_dir_fd=new)

    def unlink(self, path: PurePosixPath) -> None:
        """Remove the file."""
        with self._doing("unlink", path), self._opened(path.parent) as parent:
            os.unlink(path.name, dir_fd=parent)

    def make_directory(self, path: PurePosixPath, permissions: int | None) -> None:
        """Make a directory; with the umask's permissions where None are given. It may exist."""
        with self._doing("mkdir", path), self._opened(path.parent) as parent:
            try:
                os.mkdir(path.name, dir_fd=parent)
            except FileExistsError:
                return
            if permissions is not None:
                with self._opened(path) as directory:
                    os.fchmod(directory, permissions)

    def remove_directory(self, path: PurePosixPath) -> None:
        """Remove the directory if it is empty and, like git, not the one that we were started in."""
        with self._doing("rmdir", path), self._looked_up(path) as directory:
            if directory is None or os.path.samestat(os.fstat(directory), os.stat(".")):  # noqa: PTH116
                return
            with self._opened(path.parent) as parent, contextlib.suppress(OSError):
                os.rmdir(path.name, dir_fd=parent)

    def sync(self, path: PurePosixPath) -> None:
        """Wait until the directory's entries are on disk. It may be gone."""
        with self._doing("sync", path), self._looked_up(path) as directory:
            if directory is not None:
                os.fsync(directory)

    @contextlib.contextmanager
    def _doing(self, what: str, path: PurePosixPath) -> Iterator[None]:
        with _refusals(what, path):
            self._steps(f"{what} {path}")
            yield

    @contextlib.contextmanager
    def _looked_up(self, path: PurePosixPath) -> Iterator[int | None]:
        """Yield a descriptor of the directory, or None where a component is missing or a plain file."""
        directory = self._walk(path)
        try:
            yield directory
        finally:
            if directory is not None:
                os.close(directory)

    @contextlib.contextmanager
    def _opened(self, path: PurePosixPath) -> Iterator[int]:
        with self._looked_up(path) as directory:
            if directory is None:
                raise ConflictError(f"the directory {path} is gone")
            yield directory

    def _walk(self, path: PurePosixPath) -> int | None:
        directory = os.dup(self._root)
        for n, part in enumerate(path.parts):
            try:
                below = os.open(part, _DIRECTORY, dir_fd=directory)
            except OSError as error:
                # A link with O_NOFOLLOW is ELOOP or ENOTDIR, by system; a plain file is ENOTDIR.
                if error.errno not in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                    raise
                kind = _kind(part, directory)
                if kind is not None and stat.S_ISLNK(kind):
                    link = PurePosixPath(*path.parts[: n + 1])
                    raise ConflictError(f"{link} is a symbolic link; magicode does not follow it") from error
                return None
            finally:
                os.close(directory)
            directory = below
        return directory


def _kind(name: str, parent: int) -> int | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _refusals(what: str, path: PurePosixPath) -> Iterator[None]:
    if path.is_absolute() or ".." in path.parts or ".git" in (part.lower() for part in path.parts):
        raise PolicyError(f"{path} is outside what magicode may touch")
    try:
        yield
    except OSError as error:
        if error.errno in _OTHERWISE:
            raise ConflictError(f"cannot {what} {path}: {error.strerror}") from error
        raise WriteError(f"cannot {what} {path}: {error.strerror or error}") from error
