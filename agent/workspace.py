"""A checked change put into the user's tree, and taken back, so that no byte is ever lost.

The order is: lock, finish what an earlier process left, compare the disk with what the change was made for, let git
apply the diff to an index of ours, write every byte to the journal, then put the files in place one rename at a time.
A process that is killed anywhere leaves a tree that the next command completes; an error anywhere puts every
file back. What this cannot keep: a file is replaced by rename, so other hard links to it keep the old bytes, and
extended attributes and ACLs of the old file are not carried over. Between the last look at a file and its rename lies
an instant in which another program's save would be overwritten; nothing in POSIX closes it.
"""

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from agent.change import Change, FileChange, change_of
from agent.errors import ConflictError, NoChangeError, NothingToUndoError, WriteError
from agent.journal import Copy, Directory, Entry, FileRecord, Journal, now
from agent.probation import Probation, left_behind, on_probation
from agent.staging import diff_of, judge, uncommitted
from agent.treeio import FileState, Found, Mode, Steps, Tree, no_step
from agent.validate import ValidatedPatch
from agent.writer import Writer, carry_out, listed, recover
from repo_index.git import Git


@dataclass(frozen=True, slots=True)
class AppliedChange:
    """What was done to the tree. `base` is HEAD at the time; `notes` are sentences for the user."""

    base: str | None
    paths: tuple[PurePosixPath, ...]
    undo_id: str
    commit: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was done about a command that ended in the middle, in sentences for the user."""

    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history. `at` is when it was applied, or undone: ISO 8601 in UTC."""

    undo_id: str
    at: str
    task: str
    paths: tuple[PurePosixPath, ...]
    undone: bool


@dataclass(frozen=True, slots=True)
class Workspace:
    """The user's work tree, changed as a whole or not at all.

    Every method but `history` raises ConflictError while another magicode changes the tree, and WriteError where the
    system refuses. `steps` is told of each step just before it is done (see `Tree`).
    """

    git: Git
    steps: Steps = no_step

    def apply(
        self,
        patch: ValidatedPatch,
        *,
        allow_dirty: bool = False,
        task: str = "",
        probation: Probation | None = None,
    ) -> AppliedChange:
        """Put a validated patch in place: all of it, or nothing and an error that says so.

        Args:
            patch: what `agent.validate` sealed; whatever else changes files has to go through it.
            allow_dirty: change files that have uncommitted work, too; `undo` gives back their bytes.
            task: the user's words, for the history.
            probation: what `testing` gave, where tests are still to judge the change.

        Raises:
            NoChangeError: the change touches no file.
            ConflictError: a file is not what the change was made for, holds uncommitted work, is read-only, or is
                no regular file; or it was changed while we were writing.
            PatchError: git refuses the diff or comes to another result.
            PolicyError: a path leaves the tree.
            WriteError: disk full, permission and the like.

        """
        with self._working() as (writer, _):
            change = change_of(patch, writer.tree)
            return self._put_in_place(writer, change, allow_dirty=allow_dirty, task=task, probation=probation)

    def testing(self) -> contextlib.AbstractContextManager[Probation]:
        """Hold the right to test a change in this tree; if we are killed meanwhile, `recover` tells of it.

        Raises:
            ConflictError: another magicode tests one.

        """
        return on_probation(self._journal().folder)

    def undo(self, undo_id: str | None = None) -> AppliedChange:
        """Give back the bytes and permissions from before the latest application, or before the named one.

        The owner of a file that the application deleted is not restored. The result's `undo_id` is the undone one.

        Raises:
            NothingToUndoError: there is no such application, or it was undone already.
            ConflictError: a file was changed since; nothing is changed.
            WriteError: as in `apply`.

        """
        with self._working() as (writer, _):
            journal = writer.journal
            target = _undo_target(journal, undo_id)
            found = {file.path: writer.tree.read(file.path) for file in target.files}
            edited = [file.path for file in target.files if not writer.holds(found[file.path], file.after)]
            if edited:
                raise ConflictError(
                    f"changed since {target.id} was applied: {listed(edited)}; nothing was undone. Put those files "
                    f"back as they were, or take what you need from {journal.home('undo', target.id)}"
                )
            _require_writable(found)
            back = target.inverse()
            entry = replace(
                back,
                id=journal.new_id(),
                at=now(),
                base=self.git.head(),
                undoes=target.id,
                creates=tuple(d for d in back.creates if writer.tree.directory_permissions(d.path) is None),
            )
            blobs = {copy.sha256: journal.read("undo", target.id, copy) for copy in target.copies}
            carry_out(writer, entry, blobs)
        return AppliedChange(entry.base, entry.paths, target.id)

    def recover(self) -> Recovery | None:
        """Finish what a killed command left; every command calls this before it does anything else.

        An application (or undo) whose bytes were all in the journal is completed: the user had said yes to it, and can
        undo it. If somebody changed one of its files since, it is called off instead: we cannot know
        whether that edit was made on the old or the new bytes, and nobody expects files to change behind an edit. The
        edited file stays as it is, the others go back to before, and the entry with all bytes is kept and named.
        Without journaled bytes no file was touched, and what is left is removed. A change that is whole, but whose
        tests were stopped, stays and is named: only the user knows what else they have done.

        Returns None, without taking the lock, where nothing was left.
        """
        journal = self._journal()
        untested = left_behind(journal.folder)
        if not journal.unfinished() and not journal.scratch.exists() and untested is None:
            return None
        with self._working() as (_, done):
            notes = done + tuple(
                f"the tests of the change of {listed(entry.paths)} were stopped before they could tell; "
                f"it is in place, and `magicode undo {entry.id}` takes it back"
                for entry in journal.undoable()
                if entry.id == untested
            )
            return Recovery(notes) if notes else None

    def history(self) -> tuple[Past, ...]:
        """Return the applications that are still on record, newest first, undone ones included."""
        entries = self._journal().entries("undo")
        undone = {entry.undoes for entry in entries}
        return tuple(
            Past(entry.undoes or entry.id, entry.at, entry.task, entry.paths, undone=entry.undoes is not None)
            for entry in reversed(entries)
            if entry.id not in undone
        )

    def diff(self, undo_id: str | None = None) -> tuple[Past, bytes]:
        """Return an application that is on record, the latest or the named one, and its diff; nothing is changed.

        Raises:
            NothingToUndoError: there is none.
            ConflictError: its bytes are gone or damaged.
            WriteError: there is no room for temporary files.

        """
        journal, history = self._journal(), self.history()
        past = next((past for past in history if undo_id in {None, past.undo_id}), None)
        if past is None:
            raise _not_on_record(undo_id, [past.undo_id for past in history])
        entry = next(each for each in journal.entries("undo") if past.undo_id in {each.undoes, each.id})

        def state(copy: Copy | None) -> FileState | None:
            return None if copy is None else FileState(journal.read("undo", entry.id, copy), copy.mode)

        forward = entry.inverse() if entry.undoes else entry
        files = [FileChange(file.path, state(file.before), state(file.after)) for file in forward.files]
        try:
            return past, diff_of(self.git, files)
        except OSError as error:
            raise WriteError(f"no temporary files can be written: {error.strerror or error}") from error

    def _journal(self) -> Journal:
        journal = Journal(self.git.path("magicode"), self.steps)
        journal.require_no_links()
        return journal

    @contextlib.contextmanager
    def _working(self) -> Iterator[tuple[Writer, tuple[str, ...]]]:
        """Hold the lock and the tree, with nothing left unfinished; yields what was done about what was."""
        journal = self._journal()
        counts = self.git.run("config", "--type=bool", "--get", "core.fileMode", ok=(0, 1)).strip() != b"false"
        try:
            with journal.lock(), Tree(self.git.root, self.steps) as tree:
                shutil.rmtree(journal.scratch, ignore_errors=True)
                writer = Writer(tree, journal, modes_count=counts)
                yield writer, tuple(recover(writer, place, name) for place, name in journal.unfinished())
        except OSError as error:
            raise WriteError(f"cannot write to {journal.folder}: {error.strerror or error}") from error

    def _put_in_place(
        self, writer: Writer, change: Change, *, allow_dirty: bool, task: str, probation: Probation | None = None
    ) -> AppliedChange:
        if not change.files:
            raise NoChangeError("the change touches no file")
        found = {file.path: writer.tree.read(file.path) for file in change.files}
        _require_as_before(change, found, modes_count=writer.modes_count)
        _require_writable(found)
        if not allow_dirty:
            self._require_committed(change, modes_count=writer.modes_count)
        judge(self.git, writer.journal.scratch, change, self.steps)
        entry = Entry(
            id=writer.journal.new_id(),
            at=now(),
            task=task,
            base=self.git.head(),
            undoes=None,
            files=tuple(_record(file, found[file.path]) for file in change.files),
            creates=_missing_directories(writer.tree, change.files),
            removes=_vacated_directories(writer.tree, change.files),
        )
        if probation:
            probation.begin(entry.id)
        carry_out(writer, entry, _blobs(entry, change))
        linked = [path for path, file in found.items() if file is not None and file.n_links > 1]
        notes = tuple(f"{path} had other hard links; those keep the old bytes" for path in linked)
        return AppliedChange(entry.base, entry.paths, entry.id, notes=notes)

    def _require_committed(self, change: Change, *, modes_count: bool) -> None:
        dirty = uncommitted(self.git, change.files, modes_count=modes_count)
        if dirty:
            raise ConflictError(
                f"uncommitted changes in {listed(dirty)}; nothing was changed. Commit or stash them, or use "
                "--allow-dirty: `magicode undo` restores every byte"
            )


def _undo_target(journal: Journal, undo_id: str | None) -> Entry:
    undoable = {entry.id: entry for entry in journal.undoable()}
    if undo_id is None:
        if not undoable:
            raise _not_on_record(None, ())
        return undoable[max(undoable)]
    if undo_id in undoable:
        return undoable[undo_id]
    if any(entry.undoes == undo_id for entry in journal.entries("undo")):
        raise NothingToUndoError(f"{undo_id} was undone already")
    raise _not_on_record(undo_id, undoable)


def _not_on_record(undo_id: str | None, known: Iterable[str]) -> NothingToUndoError:
    if undo_id is None:
        return NothingToUndoError("no applied change is on record in this work tree")
    return NothingToUndoError(f"no applied change {undo_id} is on record; on record: {', '.join(known) or 'none'}")


def _record(file: FileChange, found: Found | None) -> FileRecord:
    before = None if found is None else Copy.of(found.data, found.mode, found.permissions)
    if file.after is None:
        return FileRecord(file.path, before, None)
    if file.before is None or found is None:
        return FileRecord(file.path, before, Copy.of(file.after.data, file.after.mode, None))
    permissions = found.permissions & 0o777  # bytes of a model never inherit setuid
    if file.after.mode != file.before.mode:
        executable = file.after.mode == "100755"
        permissions = permissions | (permissions & 0o444) >> 2 if executable else permissions & ~0o111
    mode: Mode = "100755" if permissions & 0o100 else "100644"
    return FileRecord(file.path, before, Copy.of(file.after.data, mode, permissions))


def _blobs(entry: Entry, change: Change) -> dict[str, bytes]:
    blobs: dict[str, bytes] = {}
    for record, file in zip(entry.files, change.files, strict=True):
        for copy, state in ((record.before, file.before), (record.after, file.after)):
            if copy is not None and state is not None:
                blobs[copy.sha256] = state.data
    return blobs


def _missing_directories(tree: Tree, files: Iterable[FileChange]) -> tuple[Directory, ...]:
    """Return the directories that new files need, outermost first."""
    above = {parent for file in files if file.after is not None for parent in file.path.parents[:-1]}
    missing = [path for path in above if tree.directory_permissions(path) is None]
    return tuple(Directory(path, None) for path in sorted(missing))


def _vacated_directories(tree: Tree, files: Iterable[FileChange]) -> tuple[Directory, ...]:
    """Return the directories that deletions may leave empty, innermost first."""
    above = {parent for file in files if file.after is None for parent in file.path.parents[:-1]}
    return tuple(Directory(path, tree.directory_permissions(path)) for path in sorted(above, reverse=True))


def _require_as_before(change: Change, found: Mapping[PurePosixPath, Found | None], *, modes_count: bool) -> None:
    def same(state: FileState | None, file: Found | None) -> bool:
        if state is None or file is None:
            return state is None and file is None
        return state.data == file.data and (state.mode == file.mode or not modes_count)

    differing = [file.path for file in change.files if not same(file.before, found[file.path])]
    if differing:
        raise ConflictError(
            f"not as they were when the change was made: {listed(differing)}; nothing was changed. Run the task again"
        )


def _require_writable(found: Mapping[PurePosixPath, Found | None]) -> None:
    locked = [path for path, file in found.items() if file is not None and not file.permissions & 0o222]
    if locked:
        raise ConflictError(f"read-only: {listed(locked)}; nothing was changed. Allow writing with chmod u+w")
