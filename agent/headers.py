"""The head of one file's part of a diff: which path, what happens to it, and with which mode."""

import re
from dataclasses import dataclass
from datetime import datetime

from agent.errors import PatchError, PolicyError
from agent.patch import FilePatch, Hunk
from agent.paths import check_path, unquote

_DEV_NULL = "/dev/null"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TIMESTAMP = re.compile(r"(?<!\s)\s+\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*$")
_DATE = re.compile(r"\t(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.0*)? ([-+]\d{4})$")
_PREFIX_PAIRS = frozenset({("b", "a"), ("i", "w"), ("c", "i"), ("c", "w"), ("o", "w"), ("1", "2")})
_EXTENDED = re.compile(
    r"(?P<key>old mode|new mode|new file mode|deleted file mode|rename from|rename to|copy from|copy to|"
    r"similarity index|dissimilarity index|index) (?P<value>.+)"
)
_SPECIAL_MODES = {"120000": "a symbolic link", "160000": "a submodule"}
_FILE_MODES = ("100644", "100755")


@dataclass(slots=True)
class Header:
    """What the lines before the first hunk said so far; None is what was not said.

    `line_number` counts from 1 in the text that is parsed and is quoted in errors.
    """

    line_number: int
    git: tuple[str, str] | None = None
    old: str | None = None
    new: str | None = None
    rename_from: str | None = None
    rename_to: str | None = None
    created: bool = False
    deleted: bool = False
    old_is_epoch: bool = False
    new_is_epoch: bool = False
    mode: str | None = None

    def read_extended(self, line: str, number: int) -> bool:
        """Take one of git's extended header lines; False if the line is none.

        Raises:
            PatchError: a copy, or a mode that no file has.
            PolicyError: the file is a symbolic link or a submodule.

        """
        match = _EXTENDED.fullmatch(line)
        if match is None:
            return False
        key, value = match["key"], match["value"].rstrip()
        if key.startswith("copy"):
            raise PatchError(f"line {number}: copies are not supported; write the copy as a new file")
        if key.endswith("mode"):
            self._read_mode(key, value, number)
        elif key == "index" and value[-7:].strip() in _SPECIAL_MODES:
            self._read_mode("old mode", value[-6:], number)
        elif key == "rename from":
            self.rename_from = unquote(value)
        elif key == "rename to":
            self.rename_to = unquote(value)
        return True

    def _read_mode(self, key: str, mode: str, number: int) -> None:
        if mode in _SPECIAL_MODES:
            raise PolicyError(f"line {number}: mode {mode} is {_SPECIAL_MODES[mode]}; only files are changed")
        if mode not in _FILE_MODES:
            raise PatchError(f"line {number}: {mode!r:.20} is no mode of a file; expected 100644 or 100755")
        self.created |= key == "new file mode"
        self.deleted |= key == "deleted file mode"
        if key in ("new mode", "new file mode"):
            self.mode = mode

    def read_pair(self, old: str, new: str) -> None:
        """Take what stands after `--- ` and after `+++ `."""
        self.old, self.new = read_name(old), read_name(new)
        self.old_is_epoch, self.new_is_epoch = _is_epoch(old), _is_epoch(new)

    @property
    def names_known(self) -> bool:
        """Whether `---` and `+++` were read, so that hunks may follow."""
        return self.new is not None

    def file_patch(self, hunks: tuple[Hunk, ...]) -> FilePatch:
        """Return the change to this file.

        Raises:
            PatchError: the lines contradict each other, or name no file.
            PolicyError: the path is refused; see `check_path`.

        """
        old, new = self._names()
        # GNU diff -N dates a file that is not there to the epoch; so may a real one be that has lines
        if self.old_is_epoch and not any(hunk.old_lines for hunk in hunks):
            old = _DEV_NULL
        if self.new_is_epoch and not any(hunk.new_lines for hunk in hunks):
            new = _DEV_NULL
        if self.created and self.old not in (None, _DEV_NULL):
            raise self._error(f"a new file's old side is {_DEV_NULL}, not {self.old!r:.120}")
        if self.deleted and self.new not in (None, _DEV_NULL):
            raise self._error(f"a deleted file's new side is {_DEV_NULL}, not {self.new!r:.120}")
        if (self.created or self.deleted) and (self.rename_from or self.rename_to):
            raise self._error("a file that is renamed is neither new nor deleted")
        if self.created:
            old = _DEV_NULL
        if self.deleted:
            new = _DEV_NULL
        if old == new == _DEV_NULL:
            raise self._error(f"both sides are {_DEV_NULL}")
        file = FilePatch(
            old_path=None if old == _DEV_NULL else check_path(old.removeprefix("./")),
            new_path=None if new == _DEV_NULL else check_path(new.removeprefix("./")),
            hunks=hunks,
            mode=self.mode,
        )
        if not hunks and self.names_known and file.kind == "modify" and file.mode is None:
            raise self._error("no hunk follows; each change starts with a line '@@ -line,count +line,count @@'")
        return file

    def _names(self) -> tuple[str, str]:
        stated = (self.old, self.new) if self.old is not None and self.new is not None else None
        if self.rename_from is not None and self.rename_to is not None:
            names = (self.rename_from, self.rename_to)
        elif self.git is not None:
            names = _without_prefixes(*self.git)
        elif stated is not None:
            return _without_prefixes(*stated)
        else:
            raise self._error("the header names no file; expected '--- a/PATH' and '+++ b/PATH'")
        for name, shown in zip(names, stated or (), strict=False):
            if shown != _DEV_NULL and shown != name and shown.partition("/")[2] != name:
                raise self._error(f"{shown!r:.120} and {name!r:.120} are named for the same side of one file")
        if stated is None:
            return names
        return (
            _DEV_NULL if stated[0] == _DEV_NULL else names[0],
            _DEV_NULL if stated[1] == _DEV_NULL else names[1],
        )

    def _error(self, problem: str) -> PatchError:
        return PatchError(f"line {self.line_number}: {problem}")


def read_name(rest: str) -> str:
    """Read the path after `--- ` or `+++ `: a tab or a date ends it, and git may have quoted it."""
    if quoted := re.match(_QUOTED, rest):
        return unquote(quoted[0])
    name, tab, _ = rest.partition("\t")
    return name if tab else _TIMESTAMP.sub("", name).rstrip(" ")


def _is_epoch(rest: str) -> bool:
    """Whether the date after a path is 1970-01-01 00:00:00 UTC, in whatever zone it is told."""
    match = _DATE.search(rest)
    if match is None:
        return False
    try:
        date = datetime.strptime(f"{match[1]} {match[2]}", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return False
    return date.timestamp() == 0


def read_git_names(rest: str) -> tuple[str, str] | None:
    """Read the two paths after `diff --git `; None where blanks in them leave it open which is which.

    As git does, a line with several blanks is split where both paths are the same apart from their prefixes.
    """
    if quoted := re.fullmatch(rf"({_QUOTED}|\S+) ({_QUOTED}|\S+)", rest):
        return unquote(quoted[1]), unquote(quoted[2])
    for blank in re.finditer(" ", rest):
        old, new = rest[: blank.start()], rest[blank.end() :]
        if old and new and len(set(_without_prefixes(old, new))) == 1:
            return old, new
    return None


def _without_prefixes(old: str, new: str) -> tuple[str, str]:
    """Drop `a/` and `b/`, or the other pairs that git writes; a directory that is really named so is kept."""
    old_prefix, _, old_rest = old.partition("/")
    new_prefix, _, new_rest = new.partition("/")
    pair = (old_prefix, new_prefix)
    if pair == ("a", "b") or (pair in _PREFIX_PAIRS and old_rest == new_rest):
        return old_rest, new_rest
    if old == _DEV_NULL and new_prefix == "b" and new_rest:
        return old, new_rest
    if new == _DEV_NULL and old_prefix == "a" and old_rest:
        return old_rest, new
    return old, new
