"""Taking a snapshot: every file is listed, read, hashed and counted, a few megabytes at a time."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from repo_index.content import Content, examine
from repo_index.counts import Counted, CountStore, Keys
from repo_index.errors import PatternError, UndecodableError, UnreadableError
from repo_index.folder import Source
from repo_index.frame import frame_file
from repo_index.git import Git
from repo_index.languages import language_of
from repo_index.listing import Listing, list_files
from repo_index.reader import TreeReader
from repo_index.selection import IGNORE_FILE, Selection
from repo_index.snapshot import RepoSnapshot, SkippedFile, SourceFile, blob_id
from repo_index.text import TextFile

MAX_FILE_BYTES = 1_000_000
_SKIPPED_LISTINGS: dict[Listing, str] = {
    "submodule": "submodule",
    "nested": "nested repository",
    "unreadable": "unreadable directory",
    "undecodable": "file name is not UTF-8",
    "installed": "installed or cached, and no .gitignore says so",
}
_BATCH_BYTES = 8_000_000
_BATCH_FILES = 500

CountTokens = Callable[[str], int]
OnRead = Callable[[int, int], None]  # files that were read, of how many


@dataclass(frozen=True, slots=True)
class _Read:
    """A file's bytes, until its batch is done."""

    path: PurePosixPath
    data: bytes
    blob: str


@dataclass(slots=True)
class _Intake:
    """What the files become."""

    root: Path
    selection: Selection
    count_tokens: CountTokens
    keys: Keys
    store: CountStore | None
    files: list[SourceFile] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)

    def take(self, batch: Sequence[_Read]) -> None:
        """Count what is not known yet, and put each file on one of the lists."""
        keys = [self.keys.of(read.path, read.blob) for read in batch]
        found = self.store.look_up(keys) if self.store else {}
        missing = {
            key: read
            for key, read in zip(keys, batch, strict=True)
            if key not in found or self._lacks_count(read, found[key])
        }
        new = {key: self._count(read) for key, read in missing.items()}
        if self.store:
            self.store.keep(new)
        for key, read in zip(keys, batch, strict=True):
            self._put(read, new[key] if key in new else found[key])

    def _count(self, read: _Read) -> Counted:
        content, text = examine(read.path, read.data)
        if self.selection.reason_by_content(read.path, content) is not None:
            return Counted(content, None)
        return Counted(content, self.count_tokens(frame_file(read.path, text)))

    def _lacks_count(self, read: _Read, counted: Counted) -> bool:
        """Whether a file was left out when it was last read, and is not now."""
        return counted.n_tokens is None and self.selection.reason_by_content(read.path, counted.content) is None

    def _put(self, read: _Read, counted: Counted) -> None:
        reason = self.selection.reason_by_content(read.path, counted.content)
        if reason is not None or counted.n_tokens is None:
            self.skipped.append(SkippedFile(read.path, reason or "unreadable"))
            return
        content: Content = counted.content
        waits = self.selection.reason_to_wait(read.path, content)
        language = language_of(read.path)
        self.files.append(
            SourceFile(
                read.path, read.blob, len(read.data), content.encoding, language, counted.n_tokens, self.root, waits
            )
        )


def take_snapshot(
    source: Source,
    count_tokens: CountTokens,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    mentioned: Collection[PurePosixPath] = (),
    max_file_bytes: int = MAX_FILE_BYTES,
    keys: Keys | None = None,
    store: CountStore | None = None,
    on_read: OnRead | None = None,
) -> RepoSnapshot:
    """Read every file that git tracks or would track, and count its tokens once.

    Files deleted from the work tree are absent; all else that is listed is in `files` or in `skipped`. Of the texts
    no more than a few megabytes are held at a time.

    Args:
        source: the work tree, all of which is read wherever in it the user stands, or a plain directory.
        count_tokens: the tokenizer of the model that the prompt is for; called once a file, with its frame.
        include: patterns in gitignore syntax; where there are any, only what they match is kept.
        exclude: patterns in gitignore syntax that leave files out.
        mentioned: files and directories that the task names; among them, generated files are read, too.
        max_file_bytes: larger files are skipped.
        keys: names the tokenizer, for the store.
        store: what was counted before, which is not counted again.
        on_read: hears how many files were read.

    Raises:
        GitError: the index cannot be listed.
        UnreadableError: a plain directory may not be read.
        PatternError: a pattern, or `.magicodeignore`, cannot be used.

    """
    with TreeReader(source.root) as reader, store or nullcontext():
        ignore_text = _read_ignore(reader)
        selection = Selection.parse(ignore_text=ignore_text, include=include, exclude=exclude, mentioned=mentioned)
        named = keys if keys is not None else Keys("")
        intake = _Intake(source.root, selection, count_tokens, named, store if keys is not None else None)
        listed = sorted(list_files(source).items(), key=lambda entry: entry[0].parts)
        batch: list[_Read] = []
        n_bytes = 0
        for number, read in enumerate(_read_all(listed, reader, intake, max_file_bytes), start=1):
            if read is not None:
                batch.append(read)
                n_bytes += len(read.data)
            if n_bytes >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
                intake.take(batch)
                batch, n_bytes = [], 0
                if on_read is not None:
                    on_read(number, len(listed))
        intake.take(batch)
        if on_read is not None:
            on_read(len(listed), len(listed))
    skipped = sorted(intake.skipped, key=lambda each: each.path.parts)
    in_git = isinstance(source, Git)
    return RepoSnapshot(source.root, source.head(), tuple(intake.files), tuple(skipped), in_git)


def _read_all(
    listed: Sequence[tuple[PurePosixPath, Listing]], reader: TreeReader, intake: _Intake, max_file_bytes: int
) -> Iterator[_Read | None]:
    """Yield each file that is read, and None for one that is not."""
    for path, listing in listed:
        reason = _SKIPPED_LISTINGS.get(listing)
        data = None
        try:
            if reason is None:
                reason = intake.selection.reason_by_path(path)
                if reason is None:
                    data = reader.read(path, max_file_bytes)
                else:
                    reader.check(path)  # what is gone, or no file, is not left out for its name
        except FileNotFoundError:
            if listing != "sparse":
                yield None
                continue
            reason = "not checked out (sparse checkout)"
        except UnreadableError as error:
            reason = str(error)
        if data is None:
            intake.skipped.append(SkippedFile(path, reason or "unreadable"))
            yield None
        else:
            yield _Read(path, data, blob_id(data))


def _read_ignore(reader: TreeReader) -> str:
    try:
        return TextFile.decode(reader.read(IGNORE_FILE, max_bytes=1_000_000)).text
    except FileNotFoundError:
        return ""
    except (UnreadableError, UndecodableError) as error:
        # To go on without it would show the model what the user meant to hide.
        raise PatternError(f"{IGNORE_FILE} cannot be used ({error}); make it a plain text file") from error
