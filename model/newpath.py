"""Which files a diff may create: plain names that git, a file system without letter case and a reviewer accept."""

import unicodedata
from collections.abc import Iterable

# From here on a path ends as soon as it may. A name may have 255 bytes.
MAX_BYTES = 200
# `.git` is git's own directory under any letter case; `.magicode.toml` says what this program may do.
_REFUSED = frozenset({"", ".git", "git~1", ".magicode.toml"})


class NewPaths:
    """Knows every path that exists, and every directory on the way to one."""

    def __init__(self, existing: Iterable[str]) -> None:
        """Take the paths of all files, those that the diff cannot change included."""
        self._files: set[str] = set()  # folded
        self._directories: dict[str, set[str]] = {}  # spellings by folded path: Linux may have `Docs` beside `docs`
        for path in existing:
            self.add(path)

    def add(self, path: str) -> None:
        """Note that a file exists."""
        self._files.add(_folded(path))
        parent = path.rpartition("/")[0]
        while parent:
            spellings = self._directories.setdefault(_folded(parent), set())
            if parent in spellings:
                break
            spellings.add(parent)
            parent = parent.rpartition("/")[0]

    def may_create(self, path: str) -> bool:
        """Whether a new file can have this path."""
        parent, slash, name = path.rpartition("/")
        folded = _folded(path)
        if not _is_name(name) or folded in self._files or folded in self._directories:
            return False
        return not slash or self.may_enter(parent)

    def may_enter(self, path: str) -> bool:
        """Whether a new file can lie in this directory, which may be new itself."""
        parent, slash, name = path.rpartition("/")
        folded = _folded(path)
        if not _is_name(name) or folded in self._files or path not in self._directories.get(folded, {path}):
            return False
        return not slash or self.may_enter(parent)


def _is_name(part: str) -> bool:
    """Whether a file or directory may be named so; some file systems drop a period at the end."""
    return part.casefold() not in _REFUSED and not part.endswith(".")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
