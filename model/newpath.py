"""Which files a diff may create: plain names that git, a file system without letter case and a reviewer accept."""

import unicodedata
from collections.abc import Iterable

from model.vocabulary import Mask, Vocabulary

# From here on a path ends as soon as it may. A name may have 255 bytes.
_MAX_BYTES = 200
# `.git` is git's own directory under any letter case; `.magicode.toml` says what this program may do.
_REFUSED = frozenset({"", ".git", "git~1", ".magicode.toml"})


class NewPaths:
    """Knows every path that exists, and every directory on the way to one."""

    def __init__(self, existing: Iterable[str], base: "NewPaths | None" = None) -> None:
        """Take the paths of all files, those that the diff cannot change included; what `base` knows is known, too."""
        self._files: set[str] = set()  # folded
        self._directories: dict[str, set[str]] = {}  # spellings by folded path: Linux may have `Docs` beside `docs`
        self._base = base
        for path in existing:
            self.add(path)

    def fork(self) -> "NewPaths":
        """Return one that knows all this one does; what is added to it is not added here."""
        return NewPaths((), self)

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
        if not _is_name(name) or self.is_file(folded) or self.spellings(folded):
            return False
        return not slash or self.may_enter(parent)

    def may_enter(self, path: str) -> bool:
        """Whether a new file can lie in this directory, which may be new itself."""
        parent, slash, name = path.rpartition("/")
        folded = _folded(path)
        spellings = self.spellings(folded)
        if not _is_name(name) or self.is_file(folded) or (spellings and path not in spellings):
            return False
        return not slash or self.may_enter(parent)

    def allowed(self, written: bytes, vocabulary: Vocabulary) -> Mask:
        """Return the tokens that may follow the beginning of a new file's path, `(vocab,)`; a newline ends it."""
        path = written.decode()
        may_end = self.may_create(path)
        if len(path) < _MAX_BYTES:
            mask = vocabulary.path & (vocabulary.n_bytes <= _MAX_BYTES - len(path))
            if not self.may_enter(path):
                mask &= ~vocabulary.slash
        else:
            mask = vocabulary.nothing() if may_end else vocabulary.letter.copy()
        if may_end:
            mask[vocabulary.prefixes_of(b"\n")] = True
        return mask

    def is_file(self, folded: str) -> bool:
        """Whether a file has this folded path."""
        return folded in self._files or (self._base is not None and self._base.is_file(folded))

    def spellings(self, folded: str) -> set[str]:
        """Return how the directory with this folded path is written."""
        own = self._directories.get(folded, set())
        return own | self._base.spellings(folded) if self._base else own


def _is_name(part: str) -> bool:
    """Whether a file or directory may be named so; some file systems drop a period at the end."""
    return part.casefold() not in _REFUSED and not part.endswith(".")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
