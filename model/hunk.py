"""One hunk as it is written: which places in the file it can still stand at, and what it changes."""

from collections.abc import Iterator, Sequence
from typing import Self

# How far ahead an added line is looked for among the old ones.
LOOK_AHEAD = 40
# A run of unchanged lines longer than this is a model that copies the file instead of changing it.
MAX_CONTEXT_RUN = 12


class HunkState:
    """The lines written so far, and the places that they leave open.

    A place is the index, from 0, of the old line that would come next. Every place starts open; each old line keeps
    those where it is the next line.
    """

    def __init__(self, file_lines: Sequence[str], earliest: int) -> None:
        """Open a hunk anywhere from line `earliest` (from 0) of a file on."""
        self._file_lines = file_lines
        self._earliest = earliest
        # None: no old line was written yet, so every place is open. An empty file has one place.
        self._places: list[int] | None = None if file_lines else [0]
        self._lines: list[tuple[str, str]] = []
        self._removed: list[str] = []  # of the block that is being written
        self._added: list[str] = []
        self._context_run = 0
        self._changes = 0
        self._owed = 0  # the old line before which nothing is added

    @classmethod
    def whole_file(cls, marker: str, lines: Sequence[str]) -> Self:
        """Return the hunk that removes every line of a file."""
        hunk = cls(lines, 0)
        for line in lines:
            hunk.take_old(marker, line)
        return hunk

    def next_old_lines(self) -> Iterator[str]:
        """Yield each distinct line that can come next from the old file."""
        places = range(self._earliest, len(self._file_lines)) if self._places is None else self._places
        yield from dict.fromkeys(self._file_lines[place] for place in places if place < len(self._file_lines))

    def take_old(self, marker: str, line: str) -> None:
        """Write an old line: kept (marker space) or removed (`-`)."""
        places = range(self._earliest, len(self._file_lines)) if self._places is None else self._places
        self._places = [
            place + 1 for place in places if place < len(self._file_lines) and self._file_lines[place] == line
        ]
        self._lines.append((marker, line))
        if marker == "-":
            if self._added:  # `-` after `+` opens a new block
                self._removed, self._added = [], []
            self._removed.append(line)
            self._changes += 1
            self._context_run = 0
        else:
            self._removed, self._added = [], []
            self._context_run += 1

    def n_repeated(self, line: str) -> int | None:
        """Return how many of the last added lines, with `line` after them, only repeat the old lines that come next.

        Adding a text in front of the same text is adding it behind: nothing is lost if those lines are kept instead.
        None if `line` is not the end of such a repetition, or too common to tell.
        """
        ahead = self._ahead()
        if not _is_telling(line):
            return None
        added = self._added
        return next(
            (
                n
                for n in range(min(len(added) + 1, len(ahead)))
                if ahead[n] == line and added[len(added) - n :] == ahead[:n]
            ),
            None,
        )

    def n_skipped(self, line: str) -> int:
        """Return how many old lines come before the one that `line` repeats; 0 if it repeats none, or several."""
        ahead = self._ahead()
        return ahead.index(line) if _is_telling(line) and ahead.count(line) == 1 else 0

    def keep_repeated(self, n_added: int) -> tuple[str, ...]:
        """Take back the last `n_added` added lines; keep, and return, the old ones that they and one more repeat."""
        kept = tuple(self._ahead()[: n_added + 1])
        del self._lines[len(self._lines) - n_added :]
        self._changes -= n_added
        for line in kept:
            self.take_old(" ", line)
        return kept

    def owe(self, n_lines: int) -> None:
        """Let nothing be added before the next `n_lines` old lines are kept or removed."""
        self._owed = self.end + n_lines

    def _ahead(self) -> Sequence[str]:
        """Return the next old lines, if one place is left."""
        if self._places is None or len(self._places) != 1:
            return ()
        return list(self._file_lines[self._places[0] : self._places[0] + LOOK_AHEAD])

    @property
    def may_add(self) -> bool:
        """Whether a new line may come next."""
        return self.end >= self._owed

    def add(self, line: str) -> None:
        """Write a new line."""
        self._lines.append(("+", line))
        self._added.append(line)
        self._changes += 1
        self._context_run = 0

    @property
    def _block_changes_nothing(self) -> bool:
        return bool(self._added) and self._added == self._removed

    @property
    def may_keep(self) -> bool:
        """Whether an unchanged line may come next."""
        too_long = self._context_run >= MAX_CONTEXT_RUN and self.may_add
        return not too_long and not self._block_changes_nothing

    @property
    def may_close(self) -> bool:
        """Whether the hunk is complete: it changes something, at one place."""
        one_place = self._places is not None and len(self._places) == 1
        return one_place and self._changes > 0 and not self._block_changes_nothing

    @property
    def has_more(self) -> bool:
        """Whether old lines follow the hunk."""
        return self.end < len(self._file_lines)

    @property
    def end(self) -> int:
        """The index of the first old line behind a complete hunk."""
        return self._places[0] if self._places else 0

    @property
    def only_next_line(self) -> str:
        """The old line behind a complete hunk, empty at the file's end."""
        return self._file_lines[self.end] if self.has_more else ""

    @property
    def growth(self) -> int:
        """Lines that the file has more than before."""
        return sum({"+": 1, "-": -1, " ": 0}[marker] for marker, _ in self._lines)

    def render(self, shift: int) -> str:
        """Return the hunk as text; `shift` is the growth of the hunks before it in its file."""
        n_old = sum(marker != "+" for marker, _ in self._lines)
        n_new = sum(marker != "-" for marker, _ in self._lines)
        # An empty side is counted from the line before it, as git does.
        start = self.end - n_old
        old_start, new_start = start + (n_old > 0), start + shift + (n_new > 0)
        head = f"@@ -{old_start},{n_old} +{new_start},{n_new} @@\n"
        return head + "".join(f"{marker}{line}\n" for marker, line in self._lines)


def _is_telling(line: str) -> bool:
    """Whether a line is so long that meeting it twice is no accident, as with blank lines and braces."""
    return len(line.strip()) >= 6
