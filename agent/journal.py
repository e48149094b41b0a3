"""The journal: what an application is about to do, with every byte, before it does any of it.

An entry is a directory that holds a manifest and the bytes of each file before and after. Where the directory lies
says how far the entry got, so every transition is one rename:

    journal/    being put in place            →  undo/ when done, rollback/ when it has to be taken back
    rollback/   being taken back              →  removed when done, kept/ if somebody changed a file meanwhile
    undo/       done; can be undone
    kept/       given up; kept for its bytes

The manifest is written last: an entry without one never touched a file.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from agent.errors import ConflictError, PolicyError
from agent.treeio import Found, Mode, Steps, no_step

Place = Literal["journal", "rollback", "undo", "kept"]

_PLACES: tuple[Place, ...] = ("journal", "rollback", "undo", "kept")
_MANIFEST = "manifest.json"
_FORMAT = 1
_ID = re.compile(r"\d{6,}-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Copy:
    """One side of a file. Its bytes lie in the entry under their SHA-256; permissions None follow the umask."""

    sha256: str
    n_bytes: int
    mode: Mode
    permissions: int | None

    @classmethod
    def of(cls, data: bytes, mode: Mode, permissions: int | None) -> "Copy":
        """Describe bytes."""
        return cls(hashlib.sha256(data).hexdigest(), len(data), mode, permissions)

    def matches(self, found: Found | None, *, modes_count: bool) -> bool:
        """Whether a file on disk holds these bytes and, where modes count, this mode."""
        return (
            found is not None
            and (found.mode == self.mode or not modes_count)
            and len(found.data) == self.n_bytes
            and hashlib.sha256(found.data).hexdigest() == self.sha256
        )


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file before and after; None where it does not exist."""

    path: PurePosixPath
    before: Copy | None
    after: Copy | None


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory to be made; permissions None follow the umask."""

    path: PurePosixPath
    permissions: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One application: an ordered set of file changes that happens as a whole.

    `creates` are directories to be made, outermost first; `removes` are directories that go if they end up empty,
    innermost first. `undoes` is the id of the entry that this one takes back. `at` is ISO 8601 in UTC.
    """

    id: str
    at: str
    task: str
    base: str | None
    undoes: str | None
    files: tuple[FileRecord, ...]
    creates: tuple[Directory, ...]
    removes: tuple[Directory, ...]

    @property
    def paths(self) -> tuple[PurePosixPath, ...]:
        """The files that it touches."""
        return tuple(file.path for file in self.files)

    @property
    def n_bytes(self) -> int:
        """Bytes that it holds on disk, the manifest left out."""
        return sum({copy.sha256: copy.n_bytes for copy in self.copies}.values())

    @property
    def copies(self) -> tuple[Copy, ...]:
        """All sides of all files."""
        return tuple(copy for file in self.files for copy in (file.before, file.after) if copy is not None)

    def inverse(self) -> "Entry":
        """Return the entry that leads back, under the same id."""
        return replace(
            self,
            files=tuple(FileRecord(file.path, file.after, file.before) for file in self.files),
            creates=tuple(reversed(self.removes)),
            removes=tuple(reversed(self.creates)),
        )


class Journal:
    """The entries of one work tree, in a folder of its git directory. Whoever changes them holds `lock()`.

    `steps` is told of each change to the folder just before it is made. At most `keep_entries` finished entries
    and `keep_bytes` bytes of them stay after `prune`.
    """

    def __init__(
        self,
        folder: Path,
        steps: Steps = no_step,
        *,
        keep_entries: int = 50,
        keep_bytes: int = 200_000_000,
    ) -> None:
        self.folder = folder
        self._steps = steps
        self._keep_entries = keep_entries
        self._keep_bytes = keep_bytes

    def require_no_links(self) -> None:
        """Check that no part of the folder is a link: an archive of a repository may bring such a git directory.

        Raises:
            PolicyError: one is.

        """
        for path in (self.folder, self.scratch, *(self.folder / name for name in (*_PLACES, "lock", "untested"))):
            if path.is_symlink():
                raise PolicyError(f"{path} is a symbolic link; remove it, magicode keeps its own state there")

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the work tree against other magicodes. The system lets go of it when the process ends.

        Raises:
            ConflictError: another one holds it; the message says which.

        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read().decode(errors="replace").strip() or "a process that just started"
                raise ConflictError(
                    f"another magicode is changing this work tree ({holder}); wait until it has ended"
                ) from error
            file.truncate(0)
            file.write(f"process {os.getpid()}, since {now()}\n".encode())
            file.flush()
            yield

    @property
    def scratch(self) -> Path:
        """A folder whose content is worth nothing once its maker has ended."""
        return self.folder / "staging"

    def new_id(self) -> str:
        """Return an id that sorts after all others."""
        numbers = [int(name.split("-")[0]) for place in _PLACES for name in self._names(place)]
        return f"{max(numbers, default=0) + 1:06d}-{secrets.token_hex(3)}"

    def begin(self, entry: Entry, blobs: Mapping[str, bytes]) -> None:
        """Write an entry to `journal/` and wait until it is on disk. `blobs` are its bytes by SHA-256."""
        for place in _PLACES:  # all now: a full disk must not stop a move later
            self._steps(f"mkdir {place}")
            (self.folder / place).mkdir(mode=0o700, exist_ok=True)
        try:
            self._write_entry(self.home("journal", entry.id), entry, blobs)
        except BaseException:
            with contextlib.suppress(OSError):
                self.discard("journal", entry.id)
            raise

    def move(self, entry_id: str, source: Place, target: Place) -> None:
        """Take an entry to its next place."""
        self._steps(f"move to {target}")
        (self.folder / target).mkdir(mode=0o700, exist_ok=True)
        self.home(source, entry_id).rename(self.home(target, entry_id))

    def sync(self) -> None:
        """Wait until all moves are on disk."""
        for place in _PLACES:
            _sync(self.folder / place)

    def holds(self, place: Place, entry_id: str) -> bool:
        """Whether the entry lies there."""
        return (self.home(place, entry_id) / _MANIFEST).exists()

    def entries(self, place: Place) -> tuple[Entry, ...]:
        """Return the readable entries there, oldest first."""
        loaded = (self.load(place, name) for name in self._names(place))
        return tuple(entry for entry in loaded if entry is not None)

    def unfinished(self) -> tuple[tuple[Place, str], ...]:
        """Return what a process left in the middle, entries without a manifest included."""
        places: tuple[Place, ...] = ("rollback", "journal")
        return tuple((place, name) for place in places for name in self._names(place))

    def load(self, place: Place, entry_id: str) -> Entry | None:
        """Read a manifest; None where there is none or it makes no sense."""
        try:
            raw = json.loads((self.home(place, entry_id) / _MANIFEST).read_bytes())
            # an entry that calls itself otherwise was not written by us: its id would lead elsewhere
            return _entry(raw) if raw["format"] == _FORMAT and raw["id"] == entry_id else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def read(self, place: Place, entry_id: str, copy: Copy) -> bytes:
        """Return the bytes of a copy.

        Raises:
            ConflictError: they are gone or damaged.

        """
        file = self.home(place, entry_id) / copy.sha256
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            data = b""
        if hashlib.sha256(data).hexdigest() != copy.sha256:
            raise ConflictError(f"{file} is missing or damaged; its bytes cannot be restored from there")
        return data

    def discard(self, place: Place, entry_id: str) -> None:
        """Remove an entry; in the middle of that it is one without a manifest."""
        home = self.home(place, entry_id)
        self._steps(f"discard from {place}")
        (home / _MANIFEST).unlink(missing_ok=True)
        self._steps(f"empty {place}")
        shutil.rmtree(home)

    def prune(self) -> None:
        """Remove finished entries beyond the limits, oldest first, never the newest that can be undone."""
        places: tuple[Place, ...] = ("undo", "kept")
        finished: list[tuple[Entry, Place]] = []
        for place in places:
            for name in self._names(place):
                if not self.holds(place, name):  # what an interrupted removal left
                    self.discard(place, name)
            finished += ((entry, place) for entry in self.entries(place))
        newest = self.undoable()[-1:]
        undone = {entry.undoes for entry in self.entries("undo")}
        n_bytes = n_entries = 0
        for entry, place in sorted(finished, key=lambda pair: pair[0].id, reverse=True):
            n_bytes += entry.n_bytes
            n_entries += 1
            beyond = n_bytes > self._keep_bytes or n_entries > self._keep_entries
            if entry.id in undone or (beyond and entry not in newest):
                self.discard(place, entry.id)
                n_bytes -= entry.n_bytes
                n_entries -= 1

    def undoable(self) -> tuple[Entry, ...]:
        """Return the applications that were not undone, oldest first."""
        entries = self.entries("undo")
        undone = {entry.undoes for entry in entries}
        return tuple(entry for entry in entries if entry.undoes is None and entry.id not in undone)

    def home(self, place: Place, entry_id: str) -> Path:
        """Return the directory of an entry."""
        return self.folder / place / entry_id

    def _names(self, place: Place) -> list[str]:
        try:
            names = [path.name for path in (self.folder / place).iterdir() if not path.is_symlink()]
        except FileNotFoundError:
            return []
        return sorted(name for name in names if _ID.fullmatch(name))

    def _write_entry(self, home: Path, entry: Entry, blobs: Mapping[str, bytes]) -> None:
        home.mkdir(mode=0o700)
        for name, data in blobs.items():
            self._write(home / name, data)
        manifest = {"format": _FORMAT} | asdict(entry)
        partial = home / f"{_MANIFEST}.partial"
        self._write(partial, json.dumps(manifest, default=str, indent=1).encode())
        _sync(home)
        self._steps("journal")
        partial.rename(home / _MANIFEST)
        for directory in (home, home.parent, self.folder):
            _sync(directory)

    def _write(self, file: Path, data: bytes) -> None:
        self._steps(f"write {file.name}")
        with file.open("xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _entry(raw: dict[str, Any]) -> Entry:
    def directories(key: str) -> tuple[Directory, ...]:
        return tuple(Directory(PurePosixPath(one["path"]), one["permissions"]) for one in raw[key])

    def copy(side: dict[str, Any] | None) -> Copy | None:
        return None if side is None else Copy(**side)

    return Entry(
        id=raw["id"],
        at=raw["at"],
        task=raw["task"],
        base=raw["base"],
        undoes=raw["undoes"],
        files=tuple(
            FileRecord(PurePosixPath(file["path"]), copy(file["before"]), copy(file["after"])) for file in raw["files"]
        ),
        creates=directories("creates"),
        removes=directories("removes"),
    )


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
