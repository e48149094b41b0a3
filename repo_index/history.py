"""Chat sessions: what was asked and answered in a repository, kept in its git directory."""

import difflib
import fcntl
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Literal, Self, get_args

from repo_index.errors import SessionError
from repo_index.git import Git

Role = Literal["user", "assistant"]

_ID = re.compile(r"\d{8}T\d{6}-\d{6}-[0-9a-f]{8}")
_SUFFIX = ".jsonl"
# A hostile git directory may hold a link or a FIFO of our name: neither is followed nor waited for.
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a chat. `at` has a time zone."""

    role: Role
    text: str
    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a turn's time needs a time zone")

    @classmethod
    def now(cls, role: Role, text: str) -> Self:
        """Return what is said just now."""
        return cls(role, text, datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Session:
    """One chat: a file with a JSON object a line. Appending never changes what is already there."""

    id: str
    path: Path

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns so far, oldest first. A last line that a crash cut short is not among them.

        Raises:
            SessionError: the file is gone or damaged; the message says in which line.

        """
        with _opened(self.path, os.O_RDONLY) as descriptor, open(descriptor, "rb", closefd=False) as file:
            lines = file.read().split(b"\n")[:-1]
        return tuple(_parse(line, self.path, number) for number, line in enumerate(lines, start=1))

    def append(self, *turns: Turn) -> None:
        """Add turns at the end, and return when they are on the disk. On an error the file is as it was.

        Raises:
            SessionError: the file is gone or cannot be written.

        """
        data = b"".join(map(_render, turns))
        with _opened(self.path, os.O_RDWR) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            end = _end_of_last_line(descriptor)
            # What a crash cut short must not become the beginning of the next line.
            os.ftruncate(descriptor, end)
            os.lseek(descriptor, end, os.SEEK_SET)
            try:
                left = memoryview(data)
                while left:
                    left = left[os.write(descriptor, left) :]
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, end)
                raise


@dataclass(frozen=True, slots=True)
class SessionStore:
    """The sessions of one work tree, below its git directory; linked worktrees each have their own."""

    git: Git

    def create(self) -> Session:
        """Begin a session with an empty file that only the user may read.

        Raises:
            SessionError: the git directory cannot be written.

        """
        session_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S-%f}-{secrets.token_hex(4)}"
        directory = self._directory()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = directory / f"{session_id}{_SUFFIX}"
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600))
            _sync(directory)
        except OSError as error:
            raise SessionError(f"{directory}: no session can be written: {error.strerror}") from error
        return Session(session_id, path)

    def latest(self) -> Session | None:
        """Return the session that was written to last, or None where there is none."""
        return next(iter(self.list()), None)

    def open(self, session_id: str) -> Session:
        """Return a session by its id, or the beginning of it where that is enough.

        Raises:
            SessionError: there is none of that id, or several; the message names those that are near, or the last ones.

        """
        found = {session.id: session for session in self.list()}
        if session_id in found:
            return found[session_id]
        begun = [each for each in found if each.startswith(session_id)] if session_id else []
        if len(begun) == 1:
            return found[begun[0]]
        if begun:
            raise SessionError(
                f"{len(begun)} sessions begin with {session_id!r}: {', '.join(begun[:3])}; give more of it"
            )
        if not found:
            raise SessionError(f"no session {session_id!r}: this repository has none yet")
        near = difflib.get_close_matches(session_id, found, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"the last ones are {', '.join([*found][:3])}"
        raise SessionError(f"no session {session_id!r}; {hint}")

    def remove(self, session_id: str) -> None:
        """Delete a session.

        Raises:
            SessionError: there is none of that id, or its file cannot be deleted.

        """
        path = self.open(session_id).path
        try:
            path.unlink()
        except OSError as error:
            raise SessionError(f"{path} cannot be deleted: {error.strerror}") from error

    def list(self) -> "tuple[Session, ...]":
        """Return all sessions, the one that was written to last first."""
        directory = self._directory()
        dated: list[tuple[int, str, Session]] = []
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    session_id = entry.name.removesuffix(_SUFFIX)
                    # What is not named by us, or is no regular file, is not a session.
                    if not (_ID.fullmatch(session_id) and entry.is_file(follow_symlinks=False)):
                        continue
                    with suppress(FileNotFoundError):  # deleted meanwhile
                        changed_ns = entry.stat(follow_symlinks=False).st_mtime_ns
                        dated.append((changed_ns, session_id, Session(session_id, directory / entry.name)))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SessionError(f"{directory}: sessions cannot be read: {error.strerror}") from error
        return tuple(session for *_, session in sorted(dated, key=lambda item: item[:2], reverse=True))

    def _directory(self) -> Path:
        ours = self.git.path("magicode")
        directory = ours / "sessions"
        for path in (ours, directory):
            if path.is_symlink():
                raise SessionError(f"{path} is a symbolic link; remove it, sessions are kept in a directory")
        return directory


@contextmanager
def _opened(path: Path, mode: int) -> Iterator[int]:
    try:
        descriptor = os.open(path, mode | _FLAGS)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SessionError(f"{path} is not a regular file")
            yield descriptor
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise SessionError(f"{path} is gone; start a new session") from error
    except OSError as error:
        raise SessionError(f"{path}: {error.strerror}") from error


def _end_of_last_line(descriptor: int) -> int:
    """Return the offset behind the last newline, 0 where there is none."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - 65_536)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _render(turn: Turn) -> bytes:
    # ASCII escapes keep a line a line, and carry what is not valid Unicode.
    return json.dumps({"role": turn.role, "text": turn.text, "at": turn.at.isoformat()}).encode() + b"\n"


def _parse(line: bytes, path: Path, number: int) -> Turn:
    try:
        role, text, at = itemgetter("role", "text", "at")(json.loads(line))
        if role not in get_args(Role) or not isinstance(text, str):
            raise ValueError("not a turn")  # noqa: TRY301
        return Turn(role, text, datetime.fromisoformat(at))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SessionError(
            f"{path}, line {number}: expected a turn with role, text and at; remove the line or start a new session"
        ) from error
