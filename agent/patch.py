"""The change as values: a patch is files, a file is hunks, a hunk is marked lines."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from repo_index.text import Ending

Marker = Literal[" ", "-", "+"]
Kind = Literal["create", "delete", "rename", "modify"]


@dataclass(frozen=True, slots=True)
class Line:
    r"""One line of a hunk. `text` has no ending; `newline` is False for a last line without one.

    `crlf` says that the diff itself writes `\r\n` here; placing decides whether that is to be believed.
    """

    marker: Marker
    text: str
    newline: bool = True
    crlf: bool = False

    @property
    def ending(self) -> Ending:
        """The ending as the diff states it."""
        if not self.newline:
            return ""
        return "\r\n" if self.crlf else "\n"


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of changed lines with the lines around them.

    `old_start` counts from 1 as in `@@ -old_start,…`; 0 means before the first line (a new or empty file).
    `section` is the text after the second `@@`. `trusted` is False where the header had no numbers, or counts that
    its own lines contradict: then `old_start` is 0 and says nothing.
    """

    old_start: int
    lines: tuple[Line, ...]
    section: str = ""
    trusted: bool = True

    @property
    def old_lines(self) -> tuple[str, ...]:
        """The lines that the hunk expects in the old file."""
        return tuple(line.text for line in self.lines if line.marker != "+")

    @property
    def new_lines(self) -> tuple[str, ...]:
        """The lines that stand there afterwards."""
        return tuple(line.text for line in self.lines if line.marker != "-")


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The change to one file. Paths are relative to the root; None stands for /dev/null.

    `mode` is the file's new git mode ("100644", "100755") where the patch states one, else None: unchanged.
    """

    old_path: PurePosixPath | None
    new_path: PurePosixPath | None
    hunks: tuple[Hunk, ...]
    mode: str | None = None

    @property
    def kind(self) -> Kind:
        """What happens to the file."""
        if self.old_path is None:
            return "create"
        if self.new_path is None:
            return "delete"
        return "modify" if self.old_path == self.new_path else "rename"

    @property
    def path(self) -> PurePosixPath:
        """The path to speak of: the new one, or the old one of a deleted file."""
        path = self.new_path or self.old_path
        if path is None:
            raise ValueError("a file patch needs at least one path")
        return path


@dataclass(frozen=True, slots=True)
class Patch:
    """All the files that one change touches, in the order of the diff."""

    files: tuple[FilePatch, ...]
