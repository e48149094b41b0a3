"""One hunk as it is written: which places in the file it can still stand at, and what it changes."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, Self

from model.choices import SortedTexts
from model.lines import FileLines, Places

Marker = Literal[" ", "-", "+"]

# How far ahead an added line is looked for among the old ones.
LOOK_AHEAD = 40
# A run of unchanged lines longer than this is a model that copies the file instead of changing it. Before the first
# change the run may be longer: a small model walks to its place from where it began.
MAX_CONTEXT_RUN = 12
MAX_LEADING_CONTEXT = 60
# The same added line so often in a row, or the same few lines, is a model that goes round in circles.
MAX_SAME_LINES = 8
MAX_SAME_BLOCKS = 4
_LONGEST_BLOCK = 16


class HunkState:
    """The lines written so far, and the places that they leave open.

    A place is the index, from 0, of the old line that would come next. Every place behind the earlier hunks starts
    open; each old line keeps those where it is the next line. Lines that are removed or added without an unchanged
    one between them are a run; no run adds again just what it removes, and no hunk leaves its file as it was.
    """

    def __init__(self, file: FileLines, earlier: Sequence["HunkState"] = ()) -> None:
        """Open a hunk of a file behind the complete hunks `earlier`, which are in the order of the file."""
        self._file = file
        self._earlier = tuple(earlier)
        self._move_to(file.from_line(earlier[-1].end if earlier else 0))
        self._lines: list[tuple[Marker, str]] = []
        self._removed: list[str] = []  # of the run that is being written
        self._added: list[str] = []
        self._n_last_added = 0  # how many added lines were written since the last old one
        self._context_run = 0
        self._owed = 0  # the old line before which nothing is added

    @classmethod
    def deletion(cls, file: FileLines) -> Self:
        """Return the hunk that removes every line of a file."""
        hunk = cls(file)
        hunk._lines = [("-", line) for line in file.lines]
        hunk._move_to(file.at_end())
        return hunk

    @property
    def next_lines(self) -> SortedTexts:
        r"""The distinct old lines that can come next, each with its `\n`; none at the file's end."""
        return self._next_lines

    @property
    def removable(self) -> SortedTexts:
        """Those of `next_lines` that may be removed: a line just added in front of itself may not."""
        if len(self._added) == len(self._removed) + 1 and self._added[:-1] == self._removed:
            return self._next_lines.without(f"{self._added[-1]}\n".encode())
        return self._next_lines

    def take_old(self, marker: Literal[" ", "-"], line: str) -> None:
        """Write an old line: kept (marker space) or removed (`-`)."""
        self._move_to(self._file.after(self._places, line))
        self._lines.append((marker, line))
        self._n_last_added = 0
        if marker == "-":
            self._removed.append(line)
            self._context_run = 0
        else:
            self._removed, self._added = [], []
            self._context_run += 1

    def add(self, line: str) -> None:
        """Write a new line. Before any old line it stands at the file's top."""
        self._pin_to_top()
        self._lines.append(("+", line))
        self._added.append(line)
        self._n_last_added += 1
        self._context_run = 0

    def n_repeated(self, line: str) -> int | None:
        """Return how many of the last added lines, with `line` after them, only repeat the old lines that come next.

        Adding a text in front of the same text is adding it behind: nothing is lost if those lines are kept instead.
        None if `line` is not the end of such a repetition, or too common to tell.
        """
        if not _is_telling(line):
            return None
        ahead, added = _composed(self._ahead()), _composed(self._last_added)
        line = _composed([line])[0]
        return next(
            (
                n
                for n in range(min(len(added) + 1, len(ahead)))
                if ahead[n] == line and added[len(added) - n :] == ahead[:n]
            ),
            None,
        )

    def keep_repeated(self, n_added: int) -> Sequence[str]:
        """Take back the last `n_added` added lines; keep, and return, the old ones that they and one more repeat."""
        kept = self._ahead()[: n_added + 1]
        self._pin_to_top()
        del self._lines[len(self._lines) - n_added :]
        for line in kept:
            self.take_old(" ", line)
        return kept

    def n_skipped(self, line: str) -> int:
        """Return how many old lines come before the one that `line` repeats; 0 if it repeats none, or several."""
        ahead, line = _composed(self._ahead()), _composed([line])[0]
        return ahead.index(line) if _is_telling(line) and ahead.count(line) == 1 else 0

    def owe(self, n_lines: int) -> None:
        """Let nothing be added before the next `n_lines` old lines are kept or removed."""
        self._pin_to_top()
        self._owed = self.end + n_lines

    def restores(self, line: str) -> bool:
        """Whether, with `line` added, the run adds just what it removes."""
        if len(self._removed) != len(self._added) + 1:
            return False
        return _composed(self._removed) == _composed([*self._added, line])

    def keep_removed(self) -> Sequence[str]:
        """Take the whole run back; keep, and return, the lines that it removed."""
        kept = self._removed
        del self._lines[len(self._lines) - len(self._removed) - len(self._added) :]
        self._lines += [(" ", line) for line in kept]
        self._context_run = len(kept)
        self._removed, self._added, self._n_last_added = [], [], 0
        return kept

    @property
    def may_add(self) -> bool:
        """Whether a new line may come next. A hunk begins with an old line, unless it begins at the file's top."""
        if self.end < self._owed or (not self._lines and self._earlier):
            return False
        return not self._goes_round or not (self._next_lines or self.may_close)

    @property
    def may_keep(self) -> bool:
        """Whether an unchanged line may come next."""
        limit = MAX_CONTEXT_RUN if self._changes_lines else MAX_LEADING_CONTEXT
        return self._context_run < limit or not self._is_placed or not self.may_add

    @property
    def may_close(self) -> bool:
        """Whether the hunk is complete: it stands at one place, and changes its lines and its file."""
        return self._is_placed and self._is_anchored and self._changes_lines and self._changes_file

    @property
    def has_more(self) -> bool:
        """Whether old lines follow a complete hunk."""
        return self.end < len(self._file.lines)

    @property
    def end(self) -> int:
        """The index of the first old line behind a complete hunk."""
        return int(self._places[0])

    @property
    def start(self) -> int:
        """The index of the first old line of a complete hunk, or of the one behind it if it has none."""
        return self.end - len(self.side("-"))

    def side(self, side: Literal["-", "+"]) -> list[str]:
        """Return the hunk's lines as they are before (`-`) or after the change (`+`)."""
        return [line for marker, line in self._lines if marker in (" ", side)]

    @property
    def growth(self) -> int:
        """Lines that the file has more than before."""
        return sum({"+": 1, "-": -1, " ": 0}[marker] for marker, _ in self._lines)

    def render(self, shift: int) -> str:
        r"""Return the hunk as text; `shift` is the growth of the hunks before it in its file.

        Whoever reads a diff takes a `\r` at a line's end for half of the line's ending. A line that itself ends in
        one is written with such an ending, so that its own stays.
        """
        n_old, n_new = len(self.side("-")), len(self.side("+"))
        # An empty side is counted from the line before it, as git does.
        old_start, new_start = self.start + (n_old > 0), self.start + shift + (n_new > 0)
        head = f"@@ -{old_start},{n_old} +{new_start},{n_new} @@\n"
        return head + "".join(
            f"{marker}{line}\r\n" if line.endswith("\r") else f"{marker}{line}\n" for marker, line in self._lines
        )

    def _move_to(self, places: Places) -> None:
        self._places = places
        self._next_lines = self._file.next_texts(places)

    def _pin_to_top(self) -> None:
        if not self._lines:
            self._move_to(self._places[:1])

    def _ahead(self) -> Sequence[str]:
        """Return the next old lines, if one place is left; a line that is added first stands at the top."""
        one_place = self._is_placed or not self._lines
        return list(self._file.lines[self.end : self.end + LOOK_AHEAD]) if one_place else []

    @property
    def _last_added(self) -> Sequence[str]:
        return self._added[len(self._added) - self._n_last_added :]

    @property
    def _is_placed(self) -> bool:
        return len(self._places) == 1

    @property
    def _is_anchored(self) -> bool:
        """Whether an old line says where the hunk stands; an empty file has one place only."""
        return not self._file.lines or any(marker != "+" for marker, _ in self._lines)

    @property
    def _goes_round(self) -> bool:
        """Whether the last added lines are the same line, or block of lines, again and again."""
        added = self._last_added
        for n_block in range(1, min(_LONGEST_BLOCK, len(added)) + 1):
            n_lines = n_block * (MAX_SAME_LINES if n_block == 1 else MAX_SAME_BLOCKS)
            if len(added) >= n_lines and added[-n_lines:-n_block] == added[n_block - n_lines :]:
                return True
        return False

    @property
    def _changes_lines(self) -> bool:
        return any(marker != " " for marker, _ in self._lines) and self.side("-") != self.side("+")

    @property
    def _changes_file(self) -> bool:
        """Whether the file differs with this hunk and the earlier ones; a block moved among its copies changes none."""
        hunks = (*self._earlier, self)
        if not self._earlier or sum(hunk.growth for hunk in hunks) != 0:
            return True
        return any(old != new for old, new in zip(self._span(hunks, "-"), self._span(hunks, "+"), strict=True))

    def _span(self, hunks: Sequence["HunkState"], side: Literal["-", "+"]) -> Iterator[str]:
        """Yield the file's lines from the first of these hunks to the last, as they are before (`-`) or after."""
        at = hunks[0].end  # so that nothing stands before the first one
        for hunk in hunks:
            yield from self._file.lines[at : hunk.start]
            yield from hunk.side(side)
            at = hunk.end


def _composed(lines: Sequence[str]) -> list[str]:
    """Return lines as they compare: many a tokenizer composes accents, so its model cannot tell the forms apart."""
    return [unicodedata.normalize("NFC", line) for line in lines]


def _is_telling(line: str) -> bool:
    """Whether a line is so long that meeting it twice is no accident, as with blank lines and braces."""
    return len(line.strip()) >= 6
