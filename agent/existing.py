"""The paths that a change finds in the repository: which must be there, and which are taken."""

import difflib
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from agent.errors import PlacementError
from agent.patch import FilePatch, Patch
from repo_index.text import TextFile

_CLOSE_LIMIT = 5_000  # paths to compare for a hint; beyond it the error would take seconds


class Existing:
    """What is in the repository when the patch is applied, to check the paths that it names."""

    def __init__(
        self, texts: Mapping[PurePosixPath, TextFile], others: Collection[PurePosixPath], patch: Patch
    ) -> None:
        self._texts = texts
        self._others = others
        self._gone = {file.old_path for file in patch.files if file.new_path != file.old_path}
        self._taken: dict[str, PurePosixPath] = {}
        self._directories: dict[str, PurePosixPath] = {}
        if any(file.new_path != file.old_path for file in patch.files):
            for path in (*texts, *others):
                if path not in self._gone:
                    self._add(path)

    def _add(self, path: PurePosixPath) -> None:
        self._taken[_folded(path)] = path
        for parent in path.parents[:-1]:
            if str(parent) in self._directories:
                break
            # where both `Docs` and `docs` are there already, either spelling may go on
            self._directories[str(parent)] = parent
            self._directories.setdefault(_folded(parent), parent)

    def check(self, file: FilePatch) -> None:
        """Raise PlacementError unless the old path is there and the new one is free."""
        old, new = file.old_path, file.new_path
        if old is not None and old not in self._texts:
            if old in self._others:
                raise PlacementError(f"{old} is not text that can be read, so it cannot be changed")
            raise PlacementError(f"{old} is not in the repository{self._hint(old)}")
        if new is None or new == old:
            return
        if new not in self._gone and (new in self._texts or new in self._others):
            raise PlacementError(f"{new} exists already; write a diff against what it holds")
        if taken := self._taken.get(_folded(new)):
            raise PlacementError(f"{new} differs from {taken} in letter case alone; use another name")
        if str(new) in self._directories or _folded(new) in self._directories:
            raise PlacementError(f"{new} is a directory; name a file")
        for parent in new.parents[:-1]:
            if taken := self._taken.get(_folded(parent)):
                raise PlacementError(f"{new} cannot be created: {taken} is a file")
            if str(parent) not in self._directories and (taken := self._directories.get(_folded(parent))):
                raise PlacementError(f"{new}: there is a directory {taken}, which differs in letter case alone")
        self._add(new)

    def _hint(self, path: PurePosixPath) -> str:
        close = [str(other) for other in self._texts if other.name == path.name]
        if not close and len(self._texts) <= _CLOSE_LIMIT:
            close = difflib.get_close_matches(str(path), map(str, self._texts), n=3)
        return f"; did you mean {listed(sorted(close)[:3], 'or')}?" if close else ""


def _folded(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()


def listed(items: Iterable[str], word: str) -> str:
    """Join the parts of a message: `a, b and c`."""
    *first, last = items
    return f"{', '.join(first)} {word} {last}" if first else last
