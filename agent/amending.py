"""A change on top of one that is not made yet: the files that it is written against, and what both come to."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import PurePosixPath

from agent.edits import Edit, NewLine, hunks_of, settle
from agent.errors import NoChangeError
from agent.patch import FilePatch
from agent.place import Part, PlacedPatch, Placement, assembled
from agent.validate import ValidatedPatch
from repo_index.text import TextFile

_EMPTY = TextFile((), ())


class AmendedTexts(Mapping[PurePosixPath, TextFile]):
    """Files by path, as a change would leave them."""

    def __init__(self, texts: Mapping[PurePosixPath, TextFile], change: ValidatedPatch) -> None:
        """Take the files as they are; only those that the change names are others."""
        self._texts = texts
        self._changed = change.new_texts

    def __getitem__(self, path: PurePosixPath) -> TextFile:
        """Return a file's text."""
        if path not in self._changed:
            return self._texts[path]
        text = self._changed[path]
        if text is None:
            raise KeyError(path)
        return text

    def __iter__(self) -> Iterator[PurePosixPath]:
        for path in self._texts:
            if path not in self._changed:
                yield path
        for path, text in self._changed.items():
            if text is not None:
                yield path

    def __len__(self) -> int:
        return sum(1 for _ in self)


def combined(first: ValidatedPatch, second: PlacedPatch) -> PlacedPatch:
    """Return what two changes make of the files as they are before both; the second is placed on the first's files.

    Raises:
        NoChangeError: the second takes the first back.

    """
    sources: dict[PurePosixPath, FilePatch] = {file.new_path: file for file in first.patch.files if file.new_path}
    gone = {file.old_path: None for file in first.patch.files if file.old_path and file.kind in ("delete", "rename")}
    for file in second.patch.files:
        before = sources.pop(file.old_path, None) if file.old_path else None
        origin = before.old_path if before else file.old_path
        mode = file.mode or (before.mode if before else None)
        if origin is not None and origin != file.new_path:
            gone[origin] = None
        if file.new_path is None:
            continue
        moved = {each.old_path for each in sources.values()}
        if origin is None and file.new_path in gone and file.new_path not in moved:
            origin = file.new_path  # it was deleted, and is there again
        sources[file.new_path] = FilePatch(origin, file.new_path, (), mode)
    kept = {file.old_path for file in sources.values()}
    files = [*sources.values(), *(FilePatch(path, None, ()) for path in gone if path not in kept)]
    placed = assembled(_part(file, first, second) for file in files)
    if not placed.patch.files:
        raise NoChangeError("the diff takes back what the one before it had changed")
    return placed


def _part(file: FilePatch, first: ValidatedPatch, second: PlacedPatch) -> Part:
    old = (_before(file.old_path, first, second) if file.old_path else None) or _EMPTY
    new = (_after(file.new_path, first, second) if file.new_path else None) or _EMPTY
    edits = settle(_differences(old, new), old)
    places = [Placement(file.path, n, hunk.old_start, "exact") for n, hunk in enumerate(hunks_of(edits, old))]
    return file, old, edits, places


def _before(path: PurePosixPath, first: ValidatedPatch, second: PlacedPatch) -> TextFile | None:
    return (first if path in first.old_texts else second).old_texts[path]


def _after(path: PurePosixPath, first: ValidatedPatch, second: PlacedPatch) -> TextFile | None:
    return (second if path in second.new_texts else first).new_texts[path]


def _differences(old: TextFile, new: TextFile) -> list[Edit]:
    before, after = (list(zip(file.lines, file.endings, strict=True)) for file in (old, new))
    n_alike = next(
        (n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )
    matcher = SequenceMatcher(None, before[n_alike:], after[n_alike:], autojunk=False)
    return [
        Edit(lo + n_alike, hi + n_alike, tuple(NewLine(*line) for line in after[start + n_alike : end + n_alike]))
        for kind, lo, hi, start, end in matcher.get_opcodes()
        if kind != "equal"
    ]
