"""A repository at one commit as blocks of whole lines, read from the object database and never checked out."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

import numpy as np
from git import Git
from numpy.typing import NDArray

from model.tokenizer import Tokenizer
from repo_index.content import examine
from repo_index.selection import Selection
from repo_index.text import TextFile

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

MAX_FILE_BYTES = 1_000_000
BLOCK_TOKENS = 64

_REGULAR = {"100644", "100755"}


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `first` to `last` of a file, counted from 0, the last one not included."""

    path: str
    first: int
    last: int
    n_tokens: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file's blocks, in order and without gaps. `key` names path and content: equal keys, equal blocks."""

    path: str
    blob: str
    blocks: tuple[Block, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What a file's features may be kept under."""
        return self.path, self.blob


@dataclass(frozen=True, eq=False)
class Corpus:
    """All files at a commit, by path. Arrays are over blocks, in the order of the files."""

    commit: str
    files: tuple[File, ...]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Every block; what arms rank are indices into this."""
        return tuple(block for file in self.files for block in file.blocks)

    @cached_property
    def starts(self) -> IntArray:
        """Index of each file's first block, and the number of blocks at the end: (files + 1,)."""
        return np.concatenate([[0], np.cumsum([len(file.blocks) for file in self.files])]).astype(np.int64)

    @cached_property
    def file_of(self) -> IntArray:
        """Index of each block's file: (blocks,)."""
        return np.repeat(np.arange(len(self.files)), np.diff(self.starts))

    @cached_property
    def n_tokens(self) -> IntArray:
        """Tokens of each block: (blocks,)."""
        return np.fromiter((block.n_tokens for block in self.blocks), np.int64, len(self.blocks))

    @cached_property
    def file_index(self) -> dict[str, int]:
        """Index of a file by its path."""
        return {file.path: index for index, file in enumerate(self.files)}

    def blocks_of(self, path: str) -> range:
        """Return the indices of a file's blocks; there are none if the corpus lacks the file."""
        index = self.file_index.get(path)
        return range(0) if index is None else range(int(self.starts[index]), int(self.starts[index + 1]))


class LineCounter:
    """Counts the tokens of lines, each distinct line once: most lines of a repository were seen a commit before.

    A line counted by itself costs what it costs in its file, but for runs of blank lines, which merge: 1% in Go.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Count with a model's tokenizer."""
        self._tokenizer = tokenizer
        self._known: dict[str, int] = {}

    def __call__(self, line: str) -> int:
        """Return the tokens of a line, its end included."""
        count = self._known.get(line)
        if count is None:
            count = self._known[line] = self._tokenizer.count(line + "\n")
        return count


class CorpusReader:
    """Reads a repository at any of its commits; what two commits share is read, cut and counted once."""

    def __init__(self, repository: Git, counter: LineCounter) -> None:
        """Read from a repository, bare or not, through its one `git cat-file --batch`."""
        self._repository = repository
        self._counter = counter
        self._selection = Selection.parse(ignore_text="", include=(), exclude=())
        self._paths: dict[str, bool] = {}
        self._files: dict[tuple[str, str], File | None] = {}

    def at(self, commit: str) -> Corpus:
        """Return the corpus at a commit: text files under a megabyte; no lock, generated or secret files."""
        entries = list(self._entries(commit))
        for key in entries:
            if key in self._files:
                continue
            text = self.text(*key)
            self._files[key] = None if text is None else File(*key, tuple(self._cut(key[0], text)))
        found = (self._files[key] for key in entries)
        return Corpus(commit, tuple(file for file in found if file is not None and file.blocks))

    def text(self, path: str, blob: str) -> TextFile | None:
        """Return a blob as text, or None where the corpus has no such file."""
        if not self._is_selected(path):
            return None
        try:
            _, _, size, data = self._repository.get_object_data(blob)
        except ValueError:  # the snapshot lacks it
            return None
        if size > MAX_FILE_BYTES:
            return None
        content, _ = examine(PurePosixPath(path), data)
        return None if self._selection.reason_by_content(PurePosixPath(path), content) else TextFile.decode(data)

    def _entries(self, commit: str) -> Iterator[tuple[str, str]]:
        listed: str = self._repository.ls_tree("-r", "-l", "-z", "--full-tree", commit)
        for entry in listed.split("\0"):
            about, _, path = entry.partition("\t")
            if not path:
                continue
            mode, _, blob, size = about.split()
            # A snapshot may lack its largest blobs, whose size is then "BAD".
            if mode in _REGULAR and size.isdecimal() and int(size) <= MAX_FILE_BYTES and self._is_selected(path):
                yield path, blob

    def _is_selected(self, path: str) -> bool:
        if path not in self._paths:
            self._paths[path] = self._selection.reason_by_path(PurePosixPath(path)) is None
        return self._paths[path]

    def _cut(self, path: str, text: TextFile) -> Iterator[Block]:
        """Fill blocks with lines up to 64 tokens; a longer line is a block by itself."""
        first, n_tokens = 0, 0
        for i, line in enumerate(text.lines):
            count = self._counter(line)
            if i > first and n_tokens + count > BLOCK_TOKENS:
                yield Block(path, first, i, n_tokens, "\n".join(text.lines[first:i]))
                first, n_tokens = i, 0
            n_tokens += count
        if first < len(text.lines):
            yield Block(path, first, len(text.lines), n_tokens, "\n".join(text.lines[first:]))
