"""A repository's working tree at one moment: its text files, and everything that was left out and why."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from repo_index.errors import PatternError, StaleSnapshotError, UndecodableError, UnreadableError
from repo_index.frame import frame_file
from repo_index.git import Git
from repo_index.languages import language_of
from repo_index.reader import TreeReader
from repo_index.selection import IGNORE_FILE, Selection
from repo_index.text import TextFile

_Listing = Literal["file", "sparse", "submodule", "nested", "undecodable"]
_SKIPPED_LISTINGS: dict[_Listing, str] = {
    "submodule": "submodule",
    "nested": "nested repository",
    "undecodable": "file name is not UTF-8",
}


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

    """

    path: PurePosixPath
    blob: str
    size_bytes: int
    encoding: str
    language: str | None
    n_tokens: int
    _root: Path = field(repr=False)

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
    """The work tree at `root`. `head` is the commit of HEAD, None before the first; both lists are sorted by path."""

    root: Path
    head: str | None
    files: tuple[SourceFile, ...]
    skipped: tuple[SkippedFile, ...]


def blob_id(data: bytes) -> str:
    """Return the id that git gives to these bytes as a blob."""
    header = b"blob %d\0" % len(data)
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def take_snapshot(
    git: Git,
    count_tokens: Callable[[str], int],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    max_file_bytes: int = 1_000_000,
) -> RepoSnapshot:
    """Read every file that git tracks or would track, and count its tokens once.

    Files deleted from the work tree are absent; all else that git lists is in `files` or in `skipped`.

    Args:
        git: the work tree; all of it is read, wherever in it the user stands.
        count_tokens: the tokenizer of the model that the prompt is for; called once a file, with its frame.
        include: patterns in gitignore syntax; where there are any, only what they match is kept.
        exclude: patterns in gitignore syntax that leave files out.
        max_file_bytes: larger files are skipped.

    Raises:
        GitError: the index cannot be listed.
        PatternError: a pattern, or `.magicodeignore`, cannot be used.

    """
    files: list[SourceFile] = []
    skipped: list[SkippedFile] = []
    with TreeReader(git.root) as reader:
        selection = Selection.parse(ignore_text=_read_ignore(reader), include=include, exclude=exclude)
        for path, listing in sorted(_listed(git).items()):
            reason = _SKIPPED_LISTINGS.get(listing)
            try:
                if reason is None:
                    reader.check(path)
                    reason = selection.reason_by_path(path)
                if reason is None:
                    data = reader.read(path, max_file_bytes)
                    decoded = TextFile.decode(data)
                    text = decoded.text
                    reason = selection.reason_by_text(path, text)
            except FileNotFoundError:
                if listing != "sparse":
                    continue
                reason = "not checked out (sparse checkout)"
            except (UnreadableError, UndecodableError) as error:
                reason = str(error)
            if reason is not None:
                skipped.append(SkippedFile(path, reason))
                continue
            files.append(
                SourceFile(
                    path,
                    blob_id(data),
                    len(data),
                    decoded.encoding,
                    language_of(path),
                    count_tokens(frame_file(path, text)),
                    git.root,
                )
            )
    return RepoSnapshot(git.root, git.head(), tuple(files), tuple(skipped))


def _read_ignore(reader: TreeReader) -> str:
    try:
        return TextFile.decode(reader.read(IGNORE_FILE, max_bytes=1_000_000)).text
    except FileNotFoundError:
        return ""
    except (UnreadableError, UndecodableError) as error:
        # To go on without it would show the model what the user meant to hide.
        raise PatternError(f"{IGNORE_FILE} cannot be used ({error}); make it a plain text file") from error


def _listed(git: Git) -> dict[PurePosixPath, _Listing]:
    """Return each path that git lists once; a path in conflict is listed by git up to three times."""
    out = git.run("ls-files", "-t", "-s", "-c", "-o", "--exclude-standard", "-z")
    return {PurePosixPath(os.fsdecode(raw)): listing for raw, listing in map(_entry, out.split(b"\0")[:-1])}


def _entry(entry: bytes) -> tuple[bytes, _Listing]:
    """Read one entry: `? PATH` where it is untracked, else `TAG MODE ID STAGE<tab>PATH`."""
    tag, rest = entry[:1], entry[2:]
    details, _, path = (b"", b"", rest) if tag == b"?" else rest.partition(b"\t")
    try:
        path.decode()
    except UnicodeDecodeError:
        return path, "undecodable"
    if details.startswith(b"160000"):
        return path, "submodule"
    if path.endswith(b"/"):
        return path, "nested"
    return path, "sparse" if tag == b"S" else "file"
