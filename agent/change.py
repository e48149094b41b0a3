"""A change as bytes and modes, file by file, made from a validated patch."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from agent.treeio import FileState, Mode, Tree
from agent.validate import ValidatedPatch
from repo_index.text import TextFile


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file before and after; None where it does not exist. A rename is a deletion and a creation."""

    path: PurePosixPath
    before: FileState | None
    after: FileState | None


@dataclass(frozen=True, slots=True)
class Change:
    """The files of a change, each once, and the same change as a git patch."""

    files: tuple[FileChange, ...]
    diff: bytes

    def __post_init__(self) -> None:
        """Refuse a change that says two things about one path.

        Raises:
            ValueError: a path occurs twice, or its file exists neither before nor after.

        """
        if len({file.path for file in self.files}) != len(self.files):
            raise ValueError("a change names a path twice")
        if any(file.before is None and file.after is None for file in self.files):
            raise ValueError("a change names a file that exists neither before nor after")


def change_of(patch: ValidatedPatch, tree: Tree) -> Change:
    """Return the change that a patch makes; modes come from the patch, else from the files in the tree.

    Raises:
        ConflictError: a file is beyond a symbolic link, or no regular file.
        WriteError: a file cannot be read.

    """
    found = {path: tree.read(path) for path in patch.old_texts}
    modes: dict[PurePosixPath, Mode] = {path: file.mode if file else "100644" for path, file in found.items()}
    before = {path: _state(text, modes[path]) for path, text in patch.old_texts.items()}
    new_modes = dict(modes)
    for file in patch.patch.files:
        if file.new_path is not None:
            stated: Mode | None = "100755" if file.mode == "100755" else "100644" if file.mode else None
            new_modes[file.new_path] = stated or (modes[file.old_path] if file.old_path else "100644")
    after = {path: _state(text, new_modes[path]) for path, text in patch.new_texts.items()}
    paths = dict.fromkeys([*before, *after])
    return Change(tuple(FileChange(path, before.get(path), after.get(path)) for path in paths), patch.render())


def _state(text: TextFile | None, mode: Mode) -> FileState | None:
    return None if text is None else FileState(text.encode(), mode)
