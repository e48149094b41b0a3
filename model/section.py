"""What a diff says about one file: its two paths and its hunks."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import numpy as np

from model.blockhunk import AnewHunk, BehindHunk, Kept
from model.choices import SortedTexts
from model.hunk import HunkState, in_file_order, lines_taken
from model.hunklines import word_replaced
from model.lines import FileLines
from model.uses import can_be_name, defined_name

Tried = tuple[str | None, bool]  # a block's heading, and whether lines were to be added behind it


@dataclass(slots=True)
class FileSection:
    """One file's part of a diff as it is written. None as a path stands for /dev/null."""

    old: str | None
    new: str | None
    lines: FileLines
    hunks: list[HunkState] = field(default_factory=list)
    # Blocks that were written anew as they were, and those behind which nothing new was added.
    tried: frozenset[Tried] = frozenset()

    def headings(self) -> SortedTexts:
        """Return the first lines of the blocks that a further hunk can write anew."""
        return self._untried(self.lines.headings(lines_taken(self.lines, self._complete)), is_behind=False)

    def headings_before(self, *, with_types: bool, for_definition: bool) -> SortedTexts:
        """Return the first lines of the blocks that a further hunk can add lines behind: see `FileLines`."""
        taken = lines_taken(self.lines, self._complete)
        found = self.lines.headings_before(taken, with_types=with_types, for_definition=for_definition)
        return self._untried(found, is_behind=True)

    def _untried(self, found: SortedTexts, *, is_behind: bool) -> SortedTexts:
        for heading, was_behind in self.tried:
            if was_behind == is_behind:
                found = found.without(f"{heading}\n".encode())
        return found

    @property
    def has_room(self) -> bool:
        """Whether some line of the file is in no complete hunk."""
        return not lines_taken(self.lines, self._complete).all()

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to render."""
        return self.new is None or self._is_renamed or bool(self._complete)

    def drop_unchanged(self) -> None:
        """Drop the last hunk if it leaves its lines as they were."""
        if self.hunks and self.hunks[-1].may_abandon:
            last = self.hunks[-1]
            self.restore(self.hunks[:-1], self.tried | {(last.heading, last.is_behind)})

    def open_hunk(
        self, heading: str | None, first_line: int, starts: Sequence[int] | None, *, is_behind: bool, keeps: Kept
    ) -> None:
        """Open a hunk: at one of `starts`, or with `heading` at the block that it begins.

        See `AnewHunk` and `BehindHunk`. With neither it begins anywhere.
        """
        self.hunks[:] = [hunk.settled for hunk in self.hunks]
        if heading is None:
            at = None if starts is None else np.array(starts)
            hunk = HunkState(self.lines, self.hunks, first_line=first_line, starts=at)
        elif is_behind:
            hunk = BehindHunk(self.lines, self.hunks, heading, first_line=first_line)
        else:
            hunk = AnewHunk(self.lines, self.hunks, heading, keeps=keeps, first_line=first_line)
        self.hunks.append(hunk)

    def restore(self, hunks: Sequence[HunkState], tried: frozenset[Tried]) -> None:
        """Go back to hunks as they were, and to what was tried by then."""
        self.hunks[:] = [hunk.copy() for hunk in hunks]
        self.tried = tried

    def render(self) -> str:
        """Return the section with line numbers and counts; a hunk that is not complete is left out."""
        if not self.is_changed:
            return ""
        hunks = in_file_order(self._complete)
        head = [f"diff --git a/{self.old or self.new} b/{self.new or self.old}\n"]
        if self.old is None:
            head.append("new file mode 100644\n")
        elif self.new is None:
            head.append("deleted file mode 100644\n")
        elif self._is_renamed:
            head.append(f"rename from {self.old}\nrename to {self.new}\n")
        if hunks:
            head += [f"--- {_side('a', self.old)}\n", f"+++ {_side('b', self.new)}\n"]
        shift = 0
        for hunk in hunks:
            head.append(hunk.render(shift))
            shift += hunk.growth
        return "".join(head)

    def new_lines(self) -> list[str]:
        """Return the file's lines after the change."""
        lines: list[str] = []
        at = 0
        for hunk in in_file_order(self._complete):
            lines += [*self.lines.lines[at : hunk.start], *hunk.side("+")]
            at = hunk.end
        return [*lines, *self.lines.lines[at:]]

    def find_answer_line(self, index: int) -> int:
        """Return the line of the answer that wrote the line `index` of the file as it is after the change.

        A line between hunks belongs to the end of the one before it; before the first, to that one's beginning.
        """
        hunks = in_file_order(self._complete)
        shift, found = 0, hunks[0].first_line
        for hunk in hunks:
            offset = index - (hunk.start + shift)
            if offset < 0:
                break
            found = hunk.first_line + hunk.index_of(offset)
            shift += hunk.growth
        return found

    def names_gone(self, told: Container[str]) -> set[str]:
        """Return the names that the file defined and, with what was written so far, no longer does.

        Those of members, methods say, only if they are `told`: others use the same name for something else.
        """
        removed, added = set[int](), set[str | None]()
        for hunk in self.hunks:
            removed.update(hunk.removed_indices())
            added.update(map(defined_name, hunk.added_lines()))
        names = self.lines.defined_names
        gone = {
            name
            for index, name in names.items()
            if index in removed and (name in told or not self.lines.lines[index][:1].isspace())
        }
        return gone - added - {name for index, name in names.items() if index not in removed} if gone else gone

    def words_replaced(self, told: Container[str]) -> dict[str, str]:
        """Return the words that its hunks put others for, and those, where both are `told` and can be names."""
        pairs = (word_replaced(*lines) for hunk in self.hunks for lines in hunk.lines_replaced())
        return {old: new for old, new in filter(None, pairs) if old in told and new in told and can_be_name(old)}

    def taken_indices(self) -> set[int]:
        """Return the lines of the file that its hunks have, the last one as far as it is written."""
        return {index for hunk in self.hunks for index in range(hunk.start, hunk.end)}

    def files_gone(self) -> set[str]:
        """Return the path that the file no longer has, if that is so."""
        return {self.old} if self.old and self.old != self.new else set()

    def old_index(self, index: int) -> int | None:
        """Return which line of the file, before the change, the line `index` after it is; None in a hunk."""
        shift = 0
        for hunk in in_file_order(self._complete):
            offset = index - (hunk.start + shift)
            if offset < 0:
                break
            if offset < len(hunk.side("+")):
                return None
            shift += hunk.growth
        return index - shift

    @property
    def _is_renamed(self) -> bool:
        return self.old is not None and self.new is not None and self.old != self.new

    @property
    def _complete(self) -> Sequence[HunkState]:
        return [hunk.settled for hunk in self.hunks if hunk.may_close]


def _side(prefix: str, path: str | None) -> str:
    """Write a path as git does: where it holds a space, a tab says that it ends."""
    if path is None:
        return "/dev/null"
    return f"{prefix}/{path}\t" if " " in path else f"{prefix}/{path}"
