"""A repository's working tree at one moment: its text files, and everything that was left out and why."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from repo_index.errors import StaleSnapshotError, UnreadableError
from repo_index.folder import Folder, Source
from repo_index.git import Git
from repo_index.reader import TreeReader
from repo_index.text import TextFile


@dataclass(frozen=True, slots=True)
class SourceFile:
    r"""One text file as it was when the snapshot was taken. Its text stays on disk until it is asked for.

    Attributes:
        path: path inside the repository.
        blob: git's blob id (SHA-1) of the bytes on disk.
        size_bytes: size on disk.
        encoding: name of a Python codec.
        language: a name of `repo_index.languages`, or None.
        n_tokens: what the file costs in a prompt: tokens of its text with `\n` endings in its frame.
        waits: why it is read only where there is room beside all others, such as a large data file; else None.

    """

    path: PurePosixPath
    blob: str
    size_bytes: int
    encoding: str
    language: str | None
    n_tokens: int
    _root: Path = field(repr=False)
    waits: str | None = None

    def read(self) -> str:
        r"""Return the text with `\n` endings.

        Raises:
            StaleSnapshotError: the file is no longer what the snapshot recorded.

        """
        return self.read_file().text

    def read_file(self) -> TextFile:
        """Return the text with all that is needed to write the same bytes again.

        Raises:
            StaleSnapshotError: the file is no longer what the snapshot recorded.

        """
        try:
            with TreeReader(self._root) as reader:
                data = reader.read(self.path, self.size_bytes)
        except (OSError, UnreadableError) as error:
            raise self._stale() from error
        if blob_id(data) != self.blob:
            raise self._stale()
        return TextFile.decode(data)

    def _stale(self) -> StaleSnapshotError:
        return StaleSnapshotError(f"{self.path} changed after it was read; run the command again")


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A path that git lists and the snapshot leaves out. A name that is not UTF-8 has surrogate escapes."""

    path: PurePosixPath
    reason: str


@dataclass(frozen=True, slots=True)
class RepoSnapshot:
    """The work tree or plain directory at `root`, both lists sorted by path.

    `head` is the commit of HEAD, None before the first.
    """

    root: Path
    head: str | None
    files: tuple[SourceFile, ...]
    skipped: tuple[SkippedFile, ...]
    in_git: bool = True

    @property
    def source(self) -> Source:
        """Where the files lie."""
        return Git(self.root) if self.in_git else Folder(self.root)

    def without_waiting(self) -> "RepoSnapshot":
        """Leave the files out that wait for room, each with its reason."""
        files = tuple(file for file in self.files if file.waits is None)
        left_out = [
            SkippedFile(file.path, f"{file.waits}, {file.n_tokens:,} tokens: no room")
            for file in self.files
            if file.waits is not None
        ]
        skipped = sorted((*self.skipped, *left_out), key=lambda each: each.path)
        return replace(self, files=files, skipped=tuple(skipped))

    def skipped_among(self, paths: Collection[PurePosixPath]) -> tuple[SkippedFile, ...]:
        """Return what is left out of these files, and of what is below these directories."""
        wanted = set(paths)
        return tuple(each for each in self.skipped if wanted and not wanted.isdisjoint((each.path, *each.path.parents)))


def blob_id(data: bytes) -> str:
    """Return the id that git gives to these bytes as a blob."""
    header = b"blob %d\0" % len(data)
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()
