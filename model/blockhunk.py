"""Hunks that begin with a block that they name: they write it anew, or add lines behind it."""

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from model.blocks import Block, is_closing, is_leading, n_blank_lines
from model.choices import SortedTexts
from model.hunk import HunkState, lines_taken
from model.hunklines import beginning_of, indentation_of
from model.lines import FileLines
from model.uses import defined_name

Kept = Literal["name", "keyword", "nothing"]
_UP_TO_ARGUMENTS = re.compile(r"[^(]*(?=\()")
_BEFORE_NAME = re.compile(r"\s*(?:func\s*|pub)\([^)]*\)")  # Go's receiver, Rust's `pub(crate)`


class BlockHunk(HunkState):
    """A hunk whose old lines at its beginning are forced: those of a block, which is told by its first line.

    Where several blocks begin alike, it stands at any of them until a line tells which it is.
    """

    heading: str

    def __init__(
        self,
        file: FileLines,
        earlier: Sequence[HunkState],
        heading: str,
        *,
        blocks: Sequence[Block],
        starts: Sequence[int],
        ends: Sequence[int],
        first_line: int,
    ) -> None:
        """Open a hunk at the `starts` of blocks; what is forced ends before `ends`."""
        super().__init__(file, earlier, first_line=first_line, starts=np.array(starts))
        self.heading = heading
        self._blocks = list(blocks)  # at which it may stand
        self._ends = np.array(ends)
        self._is_forced = True  # the old lines of the block come first

    def take_old(self, marker: Literal[" ", "-"], line: str) -> None:
        """Write an old line; the last one of the block leaves the rest open."""
        before = self._places
        super().take_old(marker, line)
        if self._is_forced:
            goes_on = np.isin(before, self._places - 1)
            self._ends = self._ends[goes_on]
            self._blocks = [block for block, stays in zip(self._blocks, goes_on, strict=True) if stays]
            self._is_forced = bool((self._places < self._ends).all())

    @property
    def _indentation(self) -> str:
        return indentation_of(self._file.lines[self._blocks[0].start])

    def n_skipped(self, _line: str) -> int:
        """Return 0: what is written anew may have lines that are also found further on."""
        return 0

    def n_copied(self, line: str) -> int:
        """Return how many added lines, `line` the last, copy others, such as a definition beside this one."""
        may_begin = self.is_behind or bool(self._run.added)
        is_other = indentation_of(line) == self._indentation and not self._run.removes(line)
        # A decorator alone does not tell what it decorates.
        begins_other = may_begin and is_other and not is_leading(line)
        return int(begins_other and self._file.is_defined_beside(line, self.end - 1)) or super().n_copied(line)

    @property
    def may_add(self) -> bool:
        """Whether a new line may come next: not before the block's end."""
        return not self._is_forced and super().may_add

    @property
    def may_close(self) -> bool:
        """Whether the hunk is complete: see `HunkState.may_close`."""
        return not self._is_forced and super().may_close


class AnewHunk(BlockHunk):
    """Removes a block, to write it anew; its first line keeps what it began with."""

    def __init__(
        self,
        file: FileLines,
        earlier: Sequence[HunkState],
        heading: str,
        *,
        keeps: Kept = "name",
        first_line: int = 0,
    ) -> None:
        """Open a hunk at the blocks that begin with `heading`.

        The new first line `keeps` what it began with: the definition's name, its keyword alone, or nothing.
        """
        blocks = file.blocks(heading, lines_taken(file, earlier))
        starts, ends = [block.start for block in blocks], [block.last + 1 for block in blocks]
        super().__init__(file, earlier, heading, blocks=blocks, starts=starts, ends=ends, first_line=first_line)
        self._keeps = keeps

    def is_doubled(self, line: str) -> bool:
        """Whether the block would get the line twice in a row that was just added."""
        return self._run.is_doubled(line)

    def comments_before(self, line: str) -> Sequence[str]:
        """Return the comments that the block loses if `line` is added next: all its lines were removed by force."""
        return self._run.comments_before(line)

    @property
    def must_begin_with(self) -> str:
        """What a new line begins with: the first one of the block as the old one does."""
        is_first = all(marker == "-" for marker, _ in self._lines)
        if self._run.following is None and is_first and self.may_add:
            return _kept_of(self._lines[0][1], self._keeps)
        return super().must_begin_with

    @property
    def may_keep(self) -> bool:
        """Whether an unchanged line may come next: the block's are removed."""
        return not self._is_forced and super().may_keep

    @property
    def may_abandon(self) -> bool:
        """Whether the block was written anew as it was."""
        return not self._is_forced and all(marker == " " for marker, _ in self._lines)


class BehindHunk(BlockHunk):
    """Keeps the end of a block, and then only adds lines."""

    is_behind = True

    def __init__(self, file: FileLines, earlier: Sequence[HunkState], heading: str, *, first_line: int = 0) -> None:
        """Open a hunk at the ends of the blocks that begin with `heading`."""
        blocks = file.blocks_before(heading, lines_taken(file, earlier))
        starts, ends = [block.last for block in blocks], [block.closed + 1 for block in blocks]
        super().__init__(file, earlier, heading, blocks=blocks, starts=starts, ends=ends, first_line=first_line)

    @property
    def removable(self) -> SortedTexts:
        """None."""
        return SortedTexts([])

    def n_repeated(self, line: str) -> int | None:
        """Return how many added lines before `line` repeat, with it, old ones: see `HunkState.n_repeated`."""
        return None if is_leading(line) else super().n_repeated(line)

    def n_copied(self, line: str) -> int:
        """Return how many added lines, `line` the last, copy what comes next, or a definition beside this one."""
        n_repeated = self.n_repeated(line) if self._run.added else None
        return super().n_copied(line) if n_repeated is None else n_repeated + 1

    @property
    def must_begin_with(self) -> str:
        r"""What a new line begins with.

        The end of a blank line, `\n`, as often as such lines stand between the block and the next one; then its
        indentation, up to the space that a tokenizer puts before a word.
        """
        if not self.may_add or any(line for marker, line in self._lines if marker == "+"):
            return ""
        n_blank = n_blank_lines(self._file.lines, self._blocks[0])
        return "\n" if len(self._run.added) < n_blank else self._indentation.removesuffix(" ")

    @property
    def may_keep(self) -> bool:
        """Whether an unchanged line may come next: those of the block, and what tells which one it is."""
        return self._is_forced or not self._is_placed

    @property
    def may_close(self) -> bool:
        """Whether something came behind the block, at one place."""
        return self._adds_text and super().may_close

    @property
    def may_abandon(self) -> bool:
        """Whether nothing came behind the block."""
        return not self._is_forced and (self._is_full or self._goes_round) and not self._adds_text

    @property
    def completes_addition(self) -> bool:
        """Whether what is added may be complete: a blank line follows, or its last bracket."""
        if not self._adds_text or not self._run.added:
            return False
        last = self._run.added[-1]
        return not last.strip() or (indentation_of(last) == self._indentation and is_closing(last.strip()))

    @property
    def _adds_text(self) -> bool:
        """Whether a line is added that is not blank."""
        return any(marker == "+" and line.strip() for marker, line in self._lines)

    @property
    def _may_end_additions(self) -> bool:
        return True


def _kept_of(line: str, keeps: Kept) -> str:
    """Return what the new first line of a block begins with, as the old one does.

    A definition's name is all before the parenthesis of its arguments; where it has none, all up to what is called so.
    Where there is no name, as where only the keyword is kept, it is the first word; of what begins with signs, such as
    `{{`, the blanks before them: a sign alone would split what the model would write as one.
    """
    if keeps == "nothing":
        return ""
    if keeps == "name":
        before = _BEFORE_NAME.match(line)
        if found := _UP_TO_ARGUMENTS.match(line, before.end() if before else 0):
            return line[: found.end()]
        if name := defined_name(line):
            return line[: line.index(name) + len(name)]
    beginning = beginning_of(line)
    return beginning if beginning[-1:].isalnum() else indentation_of(line)
