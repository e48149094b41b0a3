"""Where a repository uses what a diff takes away: names that are no longer defined, and files that go or move."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from io import TextIOBase
from pathlib import PurePosixPath

_DEFINES = re.compile(
    r"\b(?:def|fn|func|function|class|struct|enum|interface|trait|type|record)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w*)"
    r"|([A-Za-z_]\w*)\s*\("
)
_IMPORTS = re.compile(r"\b(?:import|from|include|require|use|mod|using|source)\b")
_MIN_NAME = 3
# What registers the files of a directory uses so many of them; of more than so many files it is not looked for.
_MIN_REGISTERED = 2
_MAX_BESIDE = 32
# What is called so is one of many.
_COMMON = frozenset(
    {"main", "constructor", "index", "setUp", "tearDown", "toString", "new", "get", "set", "run", "test"}
)
_PLAIN = frozenset({
    "all", "and", "any", "are", "but", "can", "each", "every", "for", "from", "has", "have", "into", "its", "not",
    "one", "only", "should", "than", "that", "the", "their", "them", "then", "there", "they", "this", "when", "which",
    "will", "with",
})  # fmt: skip
# Methods that have these names are everybody's: those of Python's own types, and what others call such things.
_SHARED = frozenset(
    name for kind in (str, bytes, list, dict, set, int, TextIOBase) for name in dir(kind) if not name.startswith("_")
) | frozenset({
    "apply", "call", "catch", "contains", "create", "data", "delete", "each", "equals", "error", "exec", "filter",
    "forEach", "handle", "hash", "has", "init", "isEmpty", "key", "len", "length", "log", "map", "match", "name",
    "next", "of", "parse", "print", "push", "put", "reduce", "resolve", "send", "size", "slice", "start", "stop",
    "then", "toString", "type", "unwrap", "value",
})  # fmt: skip
# In more files than these nobody looks for uses; to read them all would take seconds.
_MAX_FILES = 1000

Places = Mapping[str, Sequence[int]]  # indices of lines, from 0, by the path of their file


class Uses:
    """The lines that use a name or a file, found once each."""

    def __init__(self, files: Mapping[str, Sequence[str]]) -> None:
        """Take the files' lines by path; nothing is read yet."""
        self._files = files if len(files) <= _MAX_FILES else {}
        self._of_names: dict[str, Places] = {}
        self._of_files: dict[str, Places] = {}
        self._registering: dict[str, str | None] = {}

    def of_name(self, name: str) -> Places:
        """Return the lines that hold a name as a word."""
        if name not in self._of_names:
            found = {path: _holding(name, lines) for path, lines in self._files.items()}
            self._of_names[name] = {path: lines for path, lines in found.items() if lines}
        return self._of_names[name]

    def file_of_definition(self, name: str) -> str | None:
        """Return the one file in which a keyword, `class` say, defines a name; None if that is no file, or several."""
        found = [
            path
            for path, places in self.of_name(name).items()
            if any((match := _DEFINES.search(self._files[path][at])) and match[1] == name for at in places)
        ]
        return found[0] if len(found) == 1 else None

    def registering(self, path: str) -> str | None:
        """Return the file that uses most of those beside a new one, as an index of a directory does, if any does."""
        if path not in self._registering:
            self._registering[path] = self._find_registering(PurePosixPath(path))
        return self._registering[path]

    def _find_registering(self, new: PurePosixPath) -> str | None:
        others = map(PurePosixPath, self._files)
        beside = [other for other in others if (other.parent, other.suffix) == (new.parent, new.suffix)]
        if len(beside) > _MAX_BESIDE:
            return None
        near = {new.parent, new.parent.parent}
        users = (user for other in beside for user in self.of_file(str(other)))
        counts = Counter(user for user in users if PurePosixPath(user).parent in near)
        user, count = next(iter(counts.most_common(1)), (None, 0))
        return user if count >= max(_MIN_REGISTERED, (len(beside) - 1) / 2) else None

    def of_file(self, path: str) -> Places:
        """Return the lines of other files that name a file, or what it is called in them once they import it."""
        if path not in self._of_files:
            known = PurePosixPath(path)
            is_own = known.stem in {defined_name(line) for line in self._files.get(path, ())}
            found: dict[str, list[int]] = {}
            for other, lines in self._files.items():
                if other == path or not (places := _holding(known.stem, lines)):
                    continue
                if is_own or any(known.name in lines[at] or _IMPORTS.search(lines[at]) for at in places):
                    found[other] = places
            self._of_files[path] = found
        return self._of_files[path]


def defined_name(line: str) -> str | None:
    """Return the name that the first line of a definition gives it; None where it has none that tells."""
    found = _DEFINES.search(line)
    name = found and (found[1] or found[2])
    return name if name and len(name) >= _MIN_NAME and name not in _COMMON and not name.startswith("__") else None


def can_be_name(word: str) -> bool:
    """Whether a word of a task can be what something is called; one that every text has cannot."""
    return len(word) >= _MIN_NAME and word not in _PLAIN


def is_shared(name: str) -> bool:
    """Whether so much else is called so that a line with the name need not mean it."""
    return name in _COMMON or name in _SHARED


def _holding(word: str, lines: Sequence[str]) -> list[int]:
    pattern = re.compile(rf"\b{re.escape(word)}\b")
    return [index for index, line in enumerate(lines) if word in line and pattern.search(line)]
