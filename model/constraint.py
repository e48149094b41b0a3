"""The automaton that lets a model write nothing but a diff that applies.

It knows the lines of every file and stands between logits and sampler. At each step it says which tokens may follow,
and what must follow and need not be generated at all: the rest of a path, the body of a context line, a header. What
the model still decides is which file, where in it, which lines go, and what the new lines say.

The text is a unified diff in a Markdown fence, with bare `@@` lines: counts and line numbers are computed by `text()`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from model.hunk import HunkState
from model.vocabulary import Mask, Vocabulary, incomplete_tail

FENCE_OPEN = b"```diff\n"
FENCE_CLOSE = b"```"
_HUNK_OPEN = b"@@\n"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A correction of what was just written: its last `n_lines` are dropped and `text` stands there instead."""

    n_lines: int
    text: bytes = b""


class Constraint(Protocol):
    """What a decoder asks before and after each token."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens as bytes."""
        ...

    @property
    def done(self) -> bool:
        """Whether the text is complete: nothing may follow."""
        ...

    def forced(self) -> bytes:
        """Return text that must come next, empty where there is a choice."""
        ...

    def allowed(self) -> Mask:
        """Return the tokens that may come next, `(vocab,)`."""
        ...

    def advance(self, text: bytes) -> None:
        """Take note of text that was written: a forced one, or an allowed token's."""
        ...

    def take_rewrite(self) -> Rewrite | None:
        """Return the correction that the last `advance` asks for, once; the constraint has made it already."""
        ...

    def text(self) -> str:
        """Return the finished answer."""
        ...


@dataclass(slots=True)
class _File:
    """A file section that was written: its two paths and its hunks."""

    old: str | None
    new: str | None = None
    hunks: list[HunkState] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Option:
    """One thing a line can be: its bytes, and what follows from it."""

    literal: bytes
    then: Callable[[], None]


class DiffConstraint:
    """A `Constraint` over a repository: modify, create and delete files.

    Args:
        files: the lines of each file that may change, by path.
        taken: further paths that exist on disk and so cannot be created.
        vocabulary: the tokenizer's tokens as bytes.

    A hunk opens at any line after the previous one of its file, and every old line in it must be the next line at one
    of the places still open. It closes only when one place is left and something changed.

    """

    def __init__(self, files: Mapping[str, Sequence[str]], taken: Iterable[str], vocabulary: Vocabulary) -> None:
        """Start before the opening fence."""
        self._files = files
        self.vocabulary = vocabulary
        self._occupied = _occupied([*files, *taken])
        self._headers = {path: _Option(f"--- a/{path}\n".encode(), partial(self._open_file, path)) for path in files}
        self._written: list[_File] = []
        self._line = b""
        self._options: list[_Option] = [_Option(FENCE_OPEN, self._expect_file)]
        self._free: Callable[[], None] | None = None  # what follows a line that begins with `+`
        self._path: Callable[[], None] | None = None  # what follows a free path
        self._one_space_is_usual = False
        self._pending_rewrite: Rewrite | None = None
        self.done = False

    def forced(self) -> bytes:
        """Return what is left of the line when it can be one thing only."""
        if self.done or self._path or (self._free and not self._options) or self._plus_is_open:
            return b""
        rest = {option.literal for option in self._options}
        return rest.pop()[len(self._line) :] if len(rest) == 1 else b""

    def allowed(self) -> Mask:
        """Return the tokens that may come next, `(vocab,)`."""
        if self._path:
            return self._allowed_in_path()
        if self._line.startswith(b"+") and self._free:
            return self._allowed_in_added_line()
        mask = self.vocabulary.plus.copy() if self._plus_is_open else self.vocabulary.nothing()
        for option in self._options:
            mask[list(self.vocabulary.prefixes_of(option.literal[len(self._line) :]))] = True
        return mask

    def _allowed_in_added_line(self) -> Mask:
        if incomplete := incomplete_tail(self._line):
            return self.vocabulary.continuing(incomplete)
        free = self.vocabulary.free
        # Small models put a space between marker and text. Where no line of the file is indented by one space, the
        # line would be one column off, which breaks Python and is never meant.
        if self._line == b"+" and not self._one_space_is_usual:
            return free & ~self.vocabulary.one_space
        if self._line == b"+ " and not self._one_space_is_usual:
            return free & ~self.vocabulary.text
        return free

    def advance(self, text: bytes) -> None:
        """Take note of text; it lies within one line, the line's end included.

        Raises:
            ValueError: the text was neither forced nor allowed.

        """
        self._line += text
        self._options = [option for option in self._options if option.literal.startswith(self._line)]
        if self._path:
            if self._line.endswith(b"\n"):
                self._path()
            return
        if self._free and self._line.startswith(b"+"):
            if self._line.endswith(b"\n"):
                self._free()
            return
        if not self._options:
            raise ValueError(f"{self._line!r} is not a line that this diff can have here")
        complete = next((option for option in self._options if option.literal == self._line), None)
        if complete:
            complete.then()

    def take_rewrite(self) -> Rewrite | None:
        """Return the correction that the last `advance` asks for, once."""
        rewrite, self._pending_rewrite = self._pending_rewrite, None
        return rewrite

    def text(self) -> str:
        """Return the diff written so far with line numbers and counts; an open hunk is left out."""
        return "".join(_render(file) for file in self._written)

    @property
    def _plus_is_open(self) -> bool:
        return self._free is not None and not self._line

    def _expect(
        self,
        options: Iterable[_Option],
        *,
        free: Callable[[], None] | None = None,
        path: Callable[[], None] | None = None,
    ) -> None:
        self._line = b""
        self._options, self._free, self._path = list(options), free, path

    def _expect_file(self) -> None:
        self._expect(self._file_options())

    def _file_options(self, *, next_old_line: str = "") -> Iterator[_Option]:
        """Yield the headers of files not yet touched, and the end.

        No header is offered where removing the next old line would read as one.
        """
        if not next_old_line.startswith("-- "):
            yield from self._headers.values()
            yield _Option(b"--- /dev/null\n", self._create_file)
        if self._written:
            yield _Option(FENCE_CLOSE, self._finish)

    def _finish(self) -> None:
        self.done = True

    def _open_file(self, path: str) -> None:
        file = _File(path)
        del self._headers[path]

        def modify() -> None:
            file.new = path
            self._written.append(file)
            self._expect([_Option(_HUNK_OPEN, self._open_hunk)])

        def delete() -> None:
            lines = self._files[path]
            if lines:
                file.hunks.append(HunkState.whole_file("-", lines))
            self._written.append(file)
            self._expect_file()

        self._expect([_Option(f"+++ b/{path}\n".encode(), modify), _Option(b"+++ /dev/null\n", delete)])

    def _create_file(self) -> None:
        self._expect([_Option(b"+++ b/", lambda: self._expect([], path=self._name_file))])

    def _name_file(self) -> None:
        path = self._line.decode().removesuffix("\n")
        self._occupied |= _occupied([path])
        self._written.append(_File(None, path))
        self._expect([_Option(b"@@ -0,0 +1 @@\n", self._open_hunk)])

    def _allowed_in_path(self) -> Mask:
        mask = self.vocabulary.path.copy()
        if self._may_create(self._line.decode()):
            mask[list(self.vocabulary.prefixes_of(b"\n"))] = True
        return mask

    def _may_create(self, path: str) -> bool:
        components = path.split("/")
        if any(part in {"", ".", ".."} or part.lower().startswith(".git") or part.endswith(".") for part in components):
            return False
        folded = path.casefold()
        parents = ("/".join(components[:i]).casefold() for i in range(1, len(components)))
        return self._occupied.get(folded) is None and all(self._occupied.get(p) != "file" for p in parents)

    def _open_hunk(self) -> None:
        file = self._written[-1]
        lines = self._files[file.old] if file.old is not None else ()
        self._one_space_is_usual = any(line[:1] == " " and line[1:2] not in {"", " ", "*"} for line in lines)
        start = file.hunks[-1].end if file.hunks else 0
        file.hunks.append(HunkState(lines, start))
        self._expect_line()

    def _expect_line(self) -> None:
        """Offer what can follow inside a hunk: an old line kept or removed, a new line, or the hunk's end."""
        file, hunk = self._written[-1], self._written[-1].hunks[-1]

        def old(marker: str, line: str) -> Callable[[], None]:
            def then() -> None:
                hunk.take_old(marker, line)
                self._expect_line()

            return then

        def new() -> None:
            line = self._line[1:-1].decode()
            if (n_repeated := hunk.n_repeated(line)) is not None:
                # Small models write the new file, not the difference: what they repeat is kept instead.
                kept = hunk.keep_repeated(n_repeated)
                self._pending_rewrite = Rewrite(len(kept), "".join(f" {each}\n" for each in kept).encode())
            elif n_skipped := hunk.n_skipped(line):
                # The line stands further on: what happens to the lines before it is decided first.
                hunk.owe(n_skipped)
                self._pending_rewrite = Rewrite(1)
            else:
                hunk.add(line)
            self._expect_line()

        options: list[_Option] = []
        for line in hunk.next_old_lines():
            if hunk.may_keep:
                options.append(_Option(f" {line}\n".encode(), old(" ", line)))
            options.append(_Option(f"-{line}\n".encode(), old("-", line)))
        if hunk.may_close:
            options += self._file_options(next_old_line=hunk.only_next_line)
            if hunk.has_more and file.old is not None:
                options.append(_Option(_HUNK_OPEN, self._open_hunk))
        self._expect(options, free=new if hunk.may_add else None)


def _occupied(paths: Iterable[str]) -> dict[str, str]:
    """Return every path and its parent folders, letter case folded, with what stands there."""
    found: dict[str, str] = {}
    for path in paths:
        folded = path.casefold()
        found[folded] = "file"
        while "/" in folded:
            folded = folded.rpartition("/")[0]
            found.setdefault(folded, "directory")
    return found


def _render(file: _File) -> str:
    hunks = [hunk for hunk in file.hunks if hunk.may_close]
    if not hunks and file.new is not None:
        return ""
    head = [
        f"diff --git a/{file.old or file.new} b/{file.new or file.old}\n",
        "new file mode 100644\n" if file.old is None else "deleted file mode 100644\n" if file.new is None else "",
    ]
    if hunks:
        head.append(f"--- {'a/' + file.old if file.old is not None else '/dev/null'}\n")
        head.append(f"+++ {'b/' + file.new if file.new is not None else '/dev/null'}\n")
    shift = 0
    for hunk in hunks:
        head.append(hunk.render(shift))
        shift += hunk.growth
    return "".join(head)
