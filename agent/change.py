"""From a validated patch to the bytes and modes that the workspace writes."""

from pathlib import Path, PurePosixPath

from agent.staging import Change, FileChange
from agent.treeio import FileState, Mode, Tree
from agent.validate import ValidatedPatch
from repo_index.text import TextFile


def change_of(patch: ValidatedPatch, root: Path) -> Change:
    """Return the change that a patch makes; modes come from the patch, else from the files on disk."""
    modes: dict[PurePosixPath, Mode] = {}
    with Tree(root) as tree:
        for path in patch.old_texts:
            found = tree.read(path)
            modes[path] = found.mode if found else "100644"
    before = {path: _state(text, modes[path]) for path, text in patch.old_texts.items()}
    for file in patch.patch.files:
        if file.new_path is not None:
            stated: Mode | None = "100755" if file.mode == "100755" else "100644" if file.mode else None
            modes[file.new_path] = stated or modes[file.old_path or file.new_path]
    after = {path: _state(text, modes[path]) for path, text in patch.new_texts.items()}
    paths = dict.fromkeys([*before, *after])
    return Change(tuple(FileChange(path, before.get(path), after.get(path)) for path in paths), patch.render())


def _state(text: TextFile | None, mode: Mode) -> FileState | None:
    return None if text is None else FileState(text.encode(), mode)
