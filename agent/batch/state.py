"""What has become of each task, kept so that a batch can be killed at any moment and goes on where it was.

A file with a JSON object a line, each on the disk before the work goes on: `started`, `committed` (the commit is
there, its branch perhaps not yet), `done`, `failed`. A last line that a crash cut short counts as not written.
"""

import contextlib
import json
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

from agent.batch.locks import take
from agent.errors import WriteError
from agent.journal import now
from agent.treeio import Steps, no_step
from repo_index.errors import RepoError

Event = Literal["started", "committed", "done", "failed"]

_HEADER = b'{"magicode_batch": 1}\n'
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_EVENTS = frozenset(get_args(Event))


class StateError(RepoError):
    """A state file is damaged, or something else; the message says in which line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The last that is known of a task: `data` is what was recorded since it was last started."""

    event: Event
    data: Mapping[str, Any]


@dataclass(slots=True)
class State:
    """The entries of a state file, by the ids of tasks. Several threads may add to it."""

    path: Path
    entries: dict[str, Entry]
    _descriptor: int
    _commits: dict[str, str]
    _steps: Steps = no_step
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    @contextmanager
    def open(cls, path: Path, steps: Steps = no_step) -> Iterator[Self]:
        """Open a state file, or begin one, and hold it until the block ends.

        Raises:
            ConflictError: another batch has it.
            StateError: it is no state file, or damaged.
            WriteError: it cannot be opened.

        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, _FLAGS, 0o600)
        except OSError as error:
            raise WriteError(f"the state file {path} cannot be opened: {error.strerror}") from error
        state: Self | None = None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StateError(f"{path} is no regular file; name another one with --state")
            take(descriptor, f"running a batch with the state file {path}")
            lines = _whole_lines(descriptor, path)
            state = cls(path, {}, descriptor, {}, steps)
            for number, line in enumerate(lines, start=2):
                state._learn(*_parsed(line, path, number))
            yield state
        finally:
            if state is not None:  # a thread that was given up must not write into what has this number next
                with state._lock:
                    state._descriptor = -1
            os.close(descriptor)

    def add(self, task_id: str, event: Event, **data: Any) -> None:
        """Record an event, and return when it is on the disk.

        Raises:
            WriteError: the system refuses; the file is as it was.

        """
        self._steps(f"state {event}")
        line = json.dumps({"id": task_id, "event": event, "at": now(), **data}).encode() + b"\n"
        with self._lock:
            _append(self._descriptor, line, self.path)
            self._learn(task_id, event, data)

    def maker(self, commit: str) -> str | None:
        """Return the task file that a commit was made for; None where no batch with this state file made it."""
        return self._commits.get(commit)

    def _learn(self, task_id: str, event: Event, data: Mapping[str, Any]) -> None:
        before = self.entries.get(task_id)
        known = before.data if before and event != "started" else {}
        self.entries[task_id] = Entry(event, {**known, **data})
        if isinstance(commit := data.get("commit"), str):
            self._commits[commit] = str(self.entries[task_id].data.get("file"))


def _whole_lines(descriptor: int, path: Path) -> list[bytes]:
    """Return the lines behind the header; a line that was cut short is removed."""
    with open(descriptor, "rb", closefd=False) as file:
        file.seek(0)
        data = file.read()
    end = data.rfind(b"\n") + 1
    if end == 0 and _HEADER.startswith(data):
        os.ftruncate(descriptor, 0)
        _append(descriptor, _HEADER, path)
        _sync(path.parent)
        return []
    if not data.startswith(_HEADER):
        raise StateError(f"{path} is no state file of `magicode batch`; name another one with --state")
    os.ftruncate(descriptor, end)
    return data[len(_HEADER) : end].split(b"\n")[:-1]


def _parsed(line: bytes, path: Path, number: int) -> tuple[str, Event, dict[str, Any]]:
    try:
        value = json.loads(line)
        task_id, event = value.pop("id"), value.pop("event")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        task_id = event = value = None
    if not isinstance(task_id, str) or event not in _EVENTS or not isinstance(value, dict):
        raise StateError(
            f"{path}, line {number} is damaged: remove that line, and its task is done again unless its branch is there"
        )
    return task_id, event, value


def _append(descriptor: int, data: bytes, path: Path) -> None:
    try:
        end = os.lseek(descriptor, 0, os.SEEK_END)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError as error:
        with contextlib.suppress(OSError, UnboundLocalError):
            os.ftruncate(descriptor, end)
        raise WriteError(f"the state file {path} cannot be written: {error.strerror}") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
