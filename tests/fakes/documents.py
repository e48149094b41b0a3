"""Documents, changes and turns that are no files, no commits and no chat."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from repo_index.frame import cut_lines, frame_file
from repo_index.snapshot import blob_id

NOTE = PurePosixPath("note.py")


@dataclass(frozen=True)
class Text:
    """A document by path and text; each call of `text` is noted in `reads`."""

    path: PurePosixPath
    content: str
    reads: list[str] = field(default_factory=list)

    @property
    def blob(self) -> str:
        return blob_id(self.read().encode())

    @property
    def source(self) -> str:
        return blob_id(self.content.encode())

    @property
    def n_tokens(self) -> int:
        return len(self.content)

    def read(self) -> str:
        return frame_file(self.path, self.content)

    def text(self) -> str:
        self.reads.append(str(self.path))
        return self.content

    def excerpt(self, spans: Sequence[tuple[int, int]]) -> "Text":
        return Text(self.path, cut_lines(self.content, spans))


@dataclass(frozen=True)
class Commit:
    """An earlier change."""

    message: str
    paths: tuple[str, ...]
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """A document that is read just as it is given."""

    content: str
    path: PurePosixPath = NOTE
    blob: str = "0"
    n_tokens: int = 1

    def read(self) -> str:
        return self.content


@dataclass(frozen=True)
class Said:
    """A turn of a chat."""

    role: Literal["user", "assistant"]
    text: str
