"""Carries an entry of the journal out on the tree: all of it, or everything is put back and the error says so."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from agent.errors import AgentError, ConflictError, WriteError
from agent.interrupts import held_back
from agent.journal import Copy, Entry, FileRecord, Journal, Place
from agent.treeio import Found, Tree


class Writer:
    """Carries out entries of the journal on a tree. `modes_count` is git's `core.fileMode`."""

    def __init__(self, tree: Tree, journal: Journal, *, modes_count: bool) -> None:
        self.tree = tree
        self.journal = journal
        self.modes_count = modes_count

    def holds(self, found: Found | None, copy: Copy | None) -> bool:
        """Whether the disk holds a side of a file."""
        if copy is None:
            return found is None
        return copy.matches(found, modes_count=self.modes_count)

    def edited(self, entry: Entry) -> tuple[PurePosixPath, ...]:
        """Return the files that are neither as before nor as after."""
        return tuple(
            file.path for file in entry.files if not self._is(file, file.before) and not self._is(file, file.after)
        )

    def put(self, entry: Entry) -> None:
        """Bring every file to its bytes after. Each must be as before or as after.

        Raises:
            ConflictError: one is neither, at the start or right before it is written.
            WriteError: the system refuses.

        """
        self._carry(entry, "journal", strict=True)

    def take_back(self, entry: Entry) -> tuple[PurePosixPath, ...]:
        """Bring every file back to its bytes before; return those left alone since somebody else changed them."""
        return self._carry(entry.inverse(), "rollback", strict=False)

    def _carry(self, entry: Entry, place: Place, *, strict: bool) -> tuple[PurePosixPath, ...]:
        """Write all new bytes beside their targets, then delete, then rename: a full disk is met before any change."""
        left: list[PurePosixPath] = []

        @contextlib.contextmanager
        def attempt(file: FileRecord) -> Iterator[None]:
            try:
                yield
            except ConflictError:
                if strict:
                    raise
                left.append(file.path)

        self._clear(entry)
        beside: dict[PurePosixPath, PurePosixPath] = {}
        todo = [(n, file) for n, file in enumerate(entry.files) if not self._is(file, file.after)]
        for n, file in todo:
            with attempt(file):
                found = self._as_before(file)
                if file.after is not None:
                    data = self.journal.read(place, entry.id, file.after)
                    spot = self._nearest_directory(file.path) / _beside(entry, n)
                    self.tree.write(spot, data, file.after.mode, file.after.permissions, found)
                    beside[file.path] = spot
        for _, file in todo:
            if file.after is None and file.path not in left:
                with attempt(file):
                    self._as_before(file)
                    self.tree.unlink(file.path)
        with contextlib.nullcontext() if strict else contextlib.suppress(ConflictError):
            for directory in entry.removes:
                self.tree.remove_directory(directory.path)
            for directory in entry.creates:
                self.tree.make_directory(directory.path, directory.permissions)
        for _, file in todo:
            if file.path in beside:
                with attempt(file):
                    self._as_before(file)
                    self.tree.rename(beside[file.path], file.path)
        if left:
            self._clear(entry)
        for above in sorted({parent for _, file in todo for parent in file.path.parents}):
            with contextlib.suppress(ConflictError):
                self.tree.sync(above)
        return tuple(left)

    def _clear(self, entry: Entry) -> None:
        """Remove what an earlier try left beside the targets."""
        for n, file in enumerate(entry.files):
            for directory in file.path.parents:
                with contextlib.suppress(ConflictError):  # a link on the way: nothing of ours is behind it
                    if self.tree.read(directory / _beside(entry, n)) is not None:
                        self.tree.unlink(directory / _beside(entry, n))

    def _as_before(self, file: FileRecord) -> Found | None:
        found = self.tree.read(file.path)
        if not self.holds(found, file.before):
            raise ConflictError(f"{file.path} was changed while the change was put in place")
        return found

    def _is(self, file: FileRecord, copy: Copy | None) -> bool:
        try:
            return self.holds(self.tree.read(file.path), copy)
        except ConflictError:
            return False

    def _nearest_directory(self, path: PurePosixPath) -> PurePosixPath:
        return next(one for one in path.parents if self.tree.directory_permissions(one) is not None)


def carry_out(writer: Writer, entry: Entry, blobs: Mapping[str, bytes]) -> None:
    """Journal an entry and put it in place, or put everything back and say so."""
    journal = writer.journal
    try:
        journal.begin(entry, blobs)
        _complete(writer, entry)
    except OSError as error:
        raise WriteError(f"cannot write to {journal.folder}: {error.strerror or error}; nothing was changed") from error
    try:
        with contextlib.suppress(OSError):  # it is done: housekeeping must not make it look failed
            journal.sync()
            journal.prune()
    except BaseException as error:
        error.add_note(_done(entry))
        raise


def recover(writer: Writer, place: Place, entry_id: str) -> str:
    """Complete an entry that a process left in the middle, or call it off; return what was done, in words."""
    journal = writer.journal
    entry = journal.load(place, entry_id)
    if entry is None and journal.holds(place, entry_id):
        journal.move(entry_id, place, "kept")
        return (
            f"the journal of an interrupted change cannot be read; it was moved to {journal.home('kept', entry_id)}. "
            "Compare the tree with `git diff`"
        )
    if entry is None:
        journal.discard(place, entry_id)
        return "a change was interrupted; no file differs from before it"
    what = "an undo" if entry.undoes else "a change"
    files = listed(entry.paths)
    if place == "journal" and not writer.edited(entry):
        _complete(writer, entry)
        return f"{what} of {files} was interrupted and is now complete{_way_back(entry)}"
    return f"{what} of {files} was interrupted and called off: {_called_off(writer, entry, place)}"


def listed(paths: Iterable[PurePosixPath], limit: int = 10) -> str:
    """Join paths for a message; beyond `limit` they are counted."""
    names = [str(path) for path in paths]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _complete(writer: Writer, entry: Entry) -> None:
    journal = writer.journal
    try:
        writer.put(entry)
        journal.move(entry.id, "journal", "undo")
    except BaseException as error:
        if not journal.holds("journal", entry.id):  # stopped just after the last step
            error.add_note(_done(entry))
            raise
        try:
            outcome = _called_off(writer, entry, "journal")
        except (AgentError, OSError) as second:
            outcome = (
                f"putting the files back failed as well ({second}); the next magicode command completes the change or "
                f"takes it back, and all bytes are in {journal.folder}"
            )
        if isinstance(error, ConflictError):
            raise ConflictError(f"{error}; {outcome}") from error
        if isinstance(error, AgentError | OSError):
            raise WriteError(f"{error}; {outcome}") from error
        error.add_note(outcome)
        raise


def _called_off(writer: Writer, entry: Entry, place: Place) -> str:
    """Take an entry back and say how that went."""
    with held_back():
        if place == "journal":
            writer.journal.move(entry.id, "journal", "rollback")
        left = writer.take_back(entry)
        if not left:
            writer.journal.discard("rollback", entry.id)
            return "every file is as it was before"
        writer.journal.move(entry.id, "rollback", "kept")
    return (
        f"every file is as it was before, but for {listed(left)}, which somebody else changed and which stays so; "
        f"all bytes from before and after are in {writer.journal.home('kept', entry.id)}"
    )


def _done(entry: Entry) -> str:
    return f"{'the undo' if entry.undoes else 'the change'} was complete by then{_way_back(entry)}"


def _way_back(entry: Entry) -> str:
    return "" if entry.undoes else f"; `magicode undo {entry.id}` takes it back"


def _beside(entry: Entry, n: int) -> str:
    return f".magicode-{entry.id}-{n}"
