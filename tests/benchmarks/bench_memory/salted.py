"""A repository of any size: real source files, repeated, each copy with words of its own so that no two are alike."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from model.api import Shown
from repo_index.frame import cut_lines, frame_file
from repo_index.snapshot import blob_id

_EVERY_LINES = 20
_SUFFIXES = {".c", ".cpp", ".go", ".h", ".java", ".js", ".md", ".py", ".rs", ".ts", ".tsx"}
_MAX_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Salted:
    """One file of one copy; its text is made when it is asked for."""

    path: PurePosixPath
    n_tokens: int  # of the original
    _text: str
    _copy: int

    @property
    def blob(self) -> str:
        """The id of the framed text."""
        return blob_id(f"framed {self.source}".encode())

    @property
    def source(self) -> str:
        """The id of the text, told by what it is made of."""
        return hashlib.sha1(f"{self._copy} {self.path}".encode(), usedforsecurity=False).hexdigest()

    def read(self) -> str:
        """Return the text in its frame."""
        return frame_file(self.path, self.text())

    def text(self) -> str:
        """Return the original with a line of salt now and then."""
        if not self._copy:
            return self._text
        lines = self._text.splitlines(keepends=True)
        for number, at in enumerate(range(0, len(lines), _EVERY_LINES)):
            salt = hashlib.blake2b(f"{self._copy} {self.path} {number}".encode(), digest_size=8).hexdigest()
            lines[at] = f"# {salt}\n{lines[at]}"
        return "".join(lines)

    def excerpt(self, spans: Sequence[tuple[int, int]]) -> Shown:
        """Return some of the lines in the file's frame."""
        return _Excerpt(frame_file(self.path, cut_lines(self.text(), spans)))


@dataclass(frozen=True, slots=True)
class _Excerpt:
    framed: str

    def read(self) -> str:
        return self.framed


def salted(root: Path, n_tokens: int) -> Iterator[Salted]:
    """Yield files of about so many tokens together, at 3.6 bytes a token, from the sources below a directory."""
    sources = []
    for path in sorted(root.rglob("*")):
        if path.suffix in _SUFFIXES and path.is_file() and 0 < path.stat().st_size < _MAX_BYTES:
            text = path.read_bytes().decode(errors="replace").replace("\r", "")
            sources.append((PurePosixPath(path.relative_to(root)), text, round(len(text) / 3.6)))
    if not sources:
        raise ValueError(f"there are no source files below {root}")
    n_left, copy = n_tokens, 0
    while True:
        for path, text, size in sources:
            yield Salted(PurePosixPath(f"copy{copy}") / path if copy else path, size, text, copy)
            n_left -= size
            if n_left <= 0:
                return
        copy += 1
