"""The automaton that lets a model write nothing but a diff that applies.

It knows the lines of every file and stands between logits and sampler. At each step it says which tokens may follow,
and what must follow and need not be generated at all: the rest of a path, the body of a context line, a header. What
the model still decides is which file, where in it, which lines go, and what the new lines say.

The text is a unified diff in a Markdown fence, with bare `@@` lines: counts and line numbers are computed by `text()`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol

from model.choices import Choice, SortedTexts
from model.errors import WeightsError
from model.hunk import HunkState
from model.lines import FileLines
from model.newpath import MAX_BYTES, NewPaths
from model.section import FileSection
from model.vocabulary import Mask, Vocabulary, incomplete_tail

FENCE_OPEN = b"```diff\n"
FENCE_CLOSE = b"```"
_HUNK_OPEN = b"@@\n"
_NULL = b"/dev/null\n"
# By these the model chooses how a line begins, and where it ends.
_NEEDED = b"\n +-@`"


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


class DiffConstraint:
    """A `Constraint` over a repository: modify, create and delete files.

    Args:
        files: the lines of each file that may change, by path; the paths are such that git does not quote them.
        taken: further paths that exist on disk and so cannot be created.
        vocabulary: the tokenizer's tokens as bytes.

    A hunk opens at any line after the previous one of its file, and every old line in it must be the next line at one
    of the places still open. It closes only when one place is left and something changed.

    """

    def __init__(self, files: Mapping[str, Sequence[str]], taken: Iterable[str], vocabulary: Vocabulary) -> None:
        """Start before the opening fence.

        Raises:
            WeightsError: the tokenizer cannot write a diff: it has no token for the end of a line, say.

        """
        lacking = vocabulary.lacks(_NEEDED) or (b"" if vocabulary.letter.any() else b"letters")
        if lacking:
            raise WeightsError(f"the tokenizer has no token for {lacking!r}, so this model can write no diff")
        self._files = files
        self.vocabulary = vocabulary
        self._new_paths = NewPaths([*files, *taken])
        self._headers = SortedTexts.of([_NULL, *(f"a/{path}\n".encode() for path in files)])
        self._written: list[FileSection] = []
        self._line = b""
        self._choices: list[Choice] = [_one(FENCE_OPEN, self._expect_file)]
        self._free: Callable[[], None] | None = None  # what follows a line that begins with `+`
        self._path: Callable[[], None] | None = None  # what follows a free path
        self._one_space_is_usual = False
        self._pending_rewrite: Rewrite | None = None
        self.done = False

    def forced(self) -> bytes:
        """Return what is left of the line when it can be one thing only."""
        if self.done or self._path or self._plus_is_open or self._in_added_line:
            return b""
        rests = list(dict.fromkeys(rest for choice in self._choices for rest in choice.rests(self._line)))
        # A tokenizer may lack the bytes by which all the lines go on. Then one is as good as the other.
        stuck = not self.vocabulary.spells_all and not any(self._fitting_tokens())
        return rests[0] if len(rests) == 1 or stuck else b""

    def allowed(self) -> Mask:
        """Return the tokens that may come next, `(vocab,)`."""
        if self._path:
            return self._allowed_in_path()
        if self._in_added_line:
            return self._allowed_in_added_line()
        mask = self.vocabulary.nothing()
        if self._plus_is_open:
            one_space = self._one_space_is_usual
            mask = self.vocabulary.plus.copy() if one_space else self.vocabulary.plus & ~self.vocabulary.plus_one_space
        for tokens in self._fitting_tokens():
            mask[tokens] = True
        return mask

    def _fitting_tokens(self) -> list[list[int]]:
        return [choice.tokens(self._line, self.vocabulary) for choice in self._choices]

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

    def _allowed_in_path(self) -> Mask:
        path, vocabulary = self._line.decode(), self.vocabulary
        may_end = self._new_paths.may_create(path)
        if len(path) < MAX_BYTES:
            mask = vocabulary.path & (vocabulary.n_bytes <= MAX_BYTES - len(path))
            if not self._new_paths.may_enter(path):
                mask &= ~vocabulary.slash
        else:
            mask = vocabulary.nothing() if may_end else vocabulary.letter.copy()
        if may_end:
            mask[vocabulary.prefixes_of(b"\n")] = True
        return mask

    def advance(self, text: bytes) -> None:
        """Take note of text; it lies within one line, the line's end included.

        Raises:
            ValueError: the text was neither forced nor allowed.

        """
        self._line += text
        if self._path:
            if self._line.endswith(b"\n"):
                self._path()
            return
        if self._in_added_line and self._free:
            if self._line.endswith(b"\n"):
                self._free()
            return
        self._choices = [choice for choice in self._choices if choice.rests(self._line)]
        if not self._choices:
            raise ValueError(f"{self._line!r} is not a line that this diff can have here")
        for choice in self._choices:
            written = choice.text_of(self._line)
            if written is not None:
                choice.then(written)
                return

    def take_rewrite(self) -> Rewrite | None:
        """Return the correction that the last `advance` asks for, once."""
        rewrite, self._pending_rewrite = self._pending_rewrite, None
        return rewrite

    def text(self) -> str:
        """Return the diff written so far with line numbers and counts; an open hunk is left out."""
        return "".join(section.render() for section in self._written)

    @property
    def _plus_is_open(self) -> bool:
        return self._free is not None and not self._line

    @property
    def _in_added_line(self) -> bool:
        return self._free is not None and self._line.startswith(b"+")

    def _expect(
        self,
        *choices: Choice,
        free: Callable[[], None] | None = None,
        path: Callable[[], None] | None = None,
    ) -> None:
        self._line = b""
        self._choices, self._free, self._path = list(choices), free, path

    def _expect_file(self) -> None:
        self._expect(*self._file_choices())

    def _file_choices(self) -> list[Choice]:
        """Return the headers of files not yet touched, and the end."""
        choices = [Choice(b"--- ", self._headers, self._open_file)]
        if self._written:
            choices.append(_one(FENCE_CLOSE, self._finish))
        return choices

    def _finish(self) -> None:
        self.done = True

    def _open_file(self, header: bytes) -> None:
        if header == _NULL:
            self._expect(_one(b"+++ b/", lambda: self._expect(path=self._name_file)))
            return
        self._headers = self._headers.without(header)
        path = header.decode().removeprefix("a/").removesuffix("\n")

        def modify() -> None:
            self._written.append(FileSection(path, path, FileLines(self._files[path])))
            self._expect(_one(_HUNK_OPEN, self._open_hunk))

        def delete() -> None:
            file = FileSection(path, None, FileLines(self._files[path]))
            if file.lines.lines:
                file.hunks.append(HunkState.deletion(file.lines))
            self._written.append(file)
            self._expect_file()

        self._expect(_one(f"+++ b/{path}\n".encode(), modify), _one(b"+++ /dev/null\n", delete))

    def _name_file(self) -> None:
        path = self._line.decode().removesuffix("\n")
        self._new_paths.add(path)
        self._written.append(FileSection(None, path, FileLines(())))
        self._expect(_one(b"@@ -0,0 +1 @@\n", self._open_hunk))

    def _open_hunk(self) -> None:
        file = self._written[-1]
        self._one_space_is_usual = file.lines.one_space_is_usual
        file.hunks.append(HunkState(file.lines, file.hunks))
        self._expect_line()

    def _expect_line(self) -> None:
        """Offer what can follow inside a hunk: an old line kept or removed, a new line, or the hunk's end.

        A line that removes `-- a/PATH` reads as the header of PATH; where both could stand, it removes.
        """
        file, hunk = self._written[-1], self._written[-1].hunks[-1]
        choices: list[Choice] = []
        if hunk.may_keep:
            choices.append(Choice(b" ", hunk.next_lines, partial(self._take_old, " ")))
        choices.append(Choice(b"-", hunk.removable, partial(self._take_old, "-")))
        if hunk.may_close:
            choices += self._file_choices()
            if hunk.has_more and file.old is not None:
                choices.append(_one(_HUNK_OPEN, self._open_hunk))
        self._expect(*choices, free=self._add if hunk.may_add else None)

    def _take_old(self, marker: Literal[" ", "-"], text: bytes) -> None:
        self._written[-1].hunks[-1].take_old(marker, text.decode().removesuffix("\n"))
        self._expect_line()

    def _add(self) -> None:
        """Take an added line, or what it must have been meant as: small models write the new file, not the change."""
        hunk = self._written[-1].hunks[-1]
        line = self._line[1:-1].decode()
        if hunk.restores(line):  # what was removed is added again: it was never to go
            kept = hunk.keep_removed()
            self._pending_rewrite = _keeping(kept, 2 * len(kept))
        elif (n_repeated := hunk.n_repeated(line)) is not None:
            kept = hunk.keep_repeated(n_repeated)
            self._pending_rewrite = _keeping(kept, len(kept))
        elif n_skipped := hunk.n_skipped(line):
            # The line stands further on: what happens to the lines before it is decided first.
            hunk.owe(n_skipped)
            self._pending_rewrite = Rewrite(1)
        else:
            hunk.add(line)
        self._expect_line()


def _keeping(lines: Sequence[str], n_dropped: int) -> Rewrite:
    return Rewrite(n_dropped, "".join(f" {line}\n" for line in lines).encode())


def _one(line: bytes, then: Callable[[], None]) -> Choice:
    """Return the choice of a single line."""
    return Choice(line, SortedTexts([b""]), lambda _: then())
