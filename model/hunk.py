"""One hunk as it is written: which places in the file it can still stand at, and what it changes."""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from model.blocks import is_leading
from model.choices import SortedTexts
from model.hunklines import (
    Marker,
    beginning_of,
    composed,
    goes_round,
    indentation_of,
    is_telling,
    n_gone_round,
    opens_definition,
    refined,
    replacements,
)
from model.lines import FileLines, Places, Taken
from model.matches import n_same
from model.run import Run

# How far ahead an added line is looked for among the old ones.
LOOK_AHEAD = 40
# A run of unchanged lines longer than this is a model that copies the file instead of changing it. Before the first
# change the run may be longer: a small model walks to its place from where it began.
MAX_CONTEXT_RUN = 12
MAX_LEADING_CONTEXT = 60


class HunkState:
    """The lines written so far, and the places that they leave open.

    A place is the index, from 0, of the old line that would come next. Every line that no earlier hunk has starts
    open; each old line keeps the places where it is the next line, up to where an earlier hunk begins. No run of
    removed and added lines adds again just what it removes, and no hunk leaves its file as it was.

    This one begins with any line. `model.blockhunk` has those that begin with a block that they name.
    """

    heading: str | None = None  # the first line of its block
    is_behind: ClassVar[bool] = False  # whether it adds lines behind its block, rather than in its place

    def __init__(
        self,
        file: FileLines,
        earlier: Sequence["HunkState"] = (),
        *,
        first_line: int = 0,
        starts: Places | None = None,
    ) -> None:
        """Open a hunk of a file beside the complete hunks `earlier`: at one of `starts`, or anywhere.

        `first_line` is that of the answer which follows its `@@`.
        """
        self.first_line = first_line
        self._file = file
        self._earlier = tuple(earlier)
        self._taken = lines_taken(file, earlier)
        self._begins_anywhere = starts is None and not earlier
        self.move_to(file.untaken(self._taken) if starts is None else starts)
        self._lines: list[tuple[Marker, str]] = []
        self._run = Run()
        self._context_run = 0
        self._owed = 0  # the old line before which nothing is added
        self._is_full = False  # nothing more is added
        self._replaced: tuple[list[tuple[Marker, str]], Sequence[tuple[str, str]]] | None = None  # of which lines

    @classmethod
    def deletion(cls, file: FileLines) -> Self:
        """Return the hunk that removes every line of a file."""
        hunk = cls(file)
        hunk._lines = [("-", line) for line in file.lines]
        hunk.move_to(file.at_end())
        return hunk

    def copy(self) -> Self:
        """Return a hunk that is written on without changing this one."""
        twin = copy.copy(self)
        for name in ("_lines", "_run"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    @property
    def next_lines(self) -> SortedTexts:
        r"""The distinct old lines that can come next, each with its `\n`; none at the file's end."""
        return self._next_lines

    @property
    def removable(self) -> SortedTexts:
        """Those of `next_lines` that may be removed: a line just added in front of itself may not."""
        line = self._run.would_restore
        return self._next_lines if line is None else self._next_lines.without(f"{line}\n".encode())

    def take_old(self, marker: Literal[" ", "-"], line: str) -> None:
        """Write an old line: kept (marker space) or removed (`-`)."""
        self.move_to(self._file.after(self._places[self._go_on(self._places)], line))
        self._lines.append((marker, line))
        if marker == "-":
            self._run.remove(line)
            self._context_run = 0
        else:
            self._run = Run()
            self._context_run += 1

    def add(self, line: str) -> None:
        """Write a new line. Before any old line it stands at the file's top."""
        self._pin_to_top()
        self._lines.append(("+", line))
        self._run.add(line)
        self._context_run = 0

    def n_repeated(self, line: str) -> int | None:
        """Return how many of the last added lines, with `line` after them, only repeat the old lines that come next.

        Adding a text in front of the same text is adding it behind: nothing is lost if those lines are kept instead.
        None if `line` is not the end of such a repetition, or too common to tell.
        """
        return self._run.n_repeated(line, self._ahead())

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
        ahead, line = composed(self._ahead()), composed([line])[0]
        return ahead.index(line) if is_telling(line) and ahead.count(line) == 1 else 0

    def owe(self, n_lines: int) -> None:
        """Let nothing be added before the next `n_lines` old lines are kept or removed."""
        self._pin_to_top()
        self._owed = self.end + n_lines

    def n_copied(self, line: str) -> int:
        """Return how many added lines, `line` the last, copy what was added before, or what is there beside them."""
        if self._run.removes(line):  # it was there as often
            return 0
        again = self._run.defines_again(line) or self._defines_what_others_do(line)
        n_copied = int(again) or n_gone_round([*self._run.last_added, line])
        left = self._run.last_added[: len(self._run.last_added) + 1 - n_copied]
        return 0 if all(map(is_leading, left)) and not self.is_behind else n_copied  # or there might be no way on

    def comments_before(self, _line: str) -> Sequence[str]:
        """Return the comments that a block which is written anew loses if this line is added next."""
        return []

    def is_doubled(self, _line: str) -> bool:
        """Whether a block that is written anew would get the line twice in a row that was just added."""
        return False

    def removes(self, line: str) -> bool:
        """Whether the run that is being written removes a line, and does not add it again."""
        return self._run.removes(line)

    def go_on_behind(self, *, skips: bool = False) -> int:
        """Let the next line that is added stand for the removed one that is due; if there is none, end.

        Whoever `skips` that one goes on behind it. Returns how many lines that were added are taken back.
        """
        return 0 if self._run.go_on_behind(skips=skips) else self.end_additions(0)

    def end_additions(self, n_copied: int) -> int:
        """Let nothing more be added; take back, and count, the last lines: `n_copied`, and those that led to them."""
        self._is_full = True
        n_dropped = self._run.take_back(n_copied)
        del self._lines[len(self._lines) - n_dropped :]
        return n_dropped

    def restores(self, line: str) -> bool:
        """Whether, with `line` added, the run adds just what it removes."""
        return self._run.restores(line)

    def keep_removed(self) -> Sequence[str]:
        """Take the whole run back; keep, and return, the lines that it removed."""
        kept = self._run.removed
        del self._lines[len(self._lines) - len(kept) - len(self._run.added) :]
        self._lines += [(" ", line) for line in kept]
        self._context_run = len(kept)
        self._run = Run()
        return kept

    @property
    def must_begin_with(self) -> str:
        """What a new line begins with: what the line does that it stands for, until it cannot be the last one again."""
        following = self._run.following if self.may_add else None
        if following is None:
            return ""
        beginning, last = beginning_of(following), self._run.added[-1] if self._run.added else ""
        return beginning if not last.startswith(beginning) else following[: 1 + n_same(following, last)]

    @property
    def may_add(self) -> bool:
        """Whether a new line may come next. A hunk begins with an old line, unless it begins at the file's top."""
        if self._is_full or self.end < self._owed or (not self._lines and not self._begins_anywhere):
            return False
        return not (self._goes_round and self._may_end_additions)

    @property
    def may_keep(self) -> bool:
        """Whether an unchanged line may come next."""
        limit = MAX_CONTEXT_RUN if self._changes_lines else MAX_LEADING_CONTEXT
        return self._context_run < limit or not self._is_placed or not self.may_add

    @property
    def may_close(self) -> bool:
        """Whether the hunk is complete: it stands at one place, and changes its lines and its file.

        Where its lines fit at several places, they are those at the file's end, or before an earlier hunk, if nothing
        follows them in the diff. What stands elsewhere is told from these by a further old line.
        """
        is_placed = self._is_placed or not self._go_on(self._places).all()
        return is_placed and self._is_anchored and self._changes_lines and self.settled.changes_file

    @property
    def may_abandon(self) -> bool:
        """Whether a block was written anew as it was, or nothing came behind it, so that the hunk can be dropped."""
        return False

    @property
    def looks_incomplete(self) -> bool:
        """Whether the run that is being written is shorter than what it replaces, or leaves more brackets open."""
        return self._run.looks_incomplete

    @property
    def completes_addition(self) -> bool:
        """Whether what is added behind a definition may be complete."""
        return False

    @property
    def settled(self) -> Self:
        """This hunk where it stands when it is closed now."""
        if self._is_placed:
            return self
        settled = self.copy()
        settled.move_to(self._places[~self._go_on(self._places)][-1:])
        return settled

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

    def removed_indices(self) -> Iterator[int]:
        """Yield which lines of the file it removes, as far as its place is known."""
        if not self._is_placed:
            return
        index = self.start
        for marker, _ in self._lines:
            if marker == "-":
                yield index
            index += marker != "+"

    def added_lines(self) -> list[str]:
        """Return the lines that it adds."""
        return [line for marker, line in self._lines if marker == "+"]

    def lines_replaced(self) -> Sequence[tuple[str, str]]:
        """Return the lines that it removes with those that it adds in their place, as far as each has one."""
        if self._replaced is None or self._replaced[0] != self._lines:
            self._replaced = self._lines.copy(), replacements(refined(self._lines))
        return self._replaced[1]

    def due(self, becomes: Callable[[str], str]) -> str | None:
        """Return the removed line that the next added one stands for, if each `becomes` a new one; None if none does.

        None also where that is not known, or no line may be added.
        """
        return self._run.due(becomes) if self.may_add else None

    def is_all(self, becomes: Callable[[str], str]) -> bool:
        """Whether the lines added since the last unchanged one are just what each one removed there `becomes`."""
        return self._run.is_all(becomes)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written in it yet."""
        return not self._lines

    def following(self) -> Sequence[str]:
        """Return the old lines that can come next and be removed: none, the only one, or two of several."""
        return [text.decode().removesuffix("\n") for text in self.removable.starting_with(b"")]

    def likely(self) -> str:
        """Guess the next line: the removed lines are often written anew, with a small change."""
        line = self._run.likely
        return "" if line is None else f"+{line}\n"

    def index_of(self, offset: int) -> int:
        """Return which of the hunk's lines is number `offset` of its new side, or how many lines it has."""
        new = [index for index, (marker, _) in enumerate(self._lines) if marker != "-"]
        return new[offset] if offset < len(new) else len(self._lines)

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
        lines = refined(self._lines)
        # An empty side is counted from the line before it, as git does.
        old_start, new_start = self.start + (n_old > 0), self.start + shift + (n_new > 0)
        head = f"@@ -{old_start},{n_old} +{new_start},{n_new} @@\n"
        return head + "".join(
            f"{marker}{line}\r\n" if line.endswith("\r") else f"{marker}{line}\n" for marker, line in lines
        )

    def move_to(self, places: Places) -> None:
        """Leave only these places open."""
        self._places = places
        self._next_lines = self._file.next_texts(places[self._go_on(places)])

    def _go_on(self, places: Places) -> npt.NDArray[np.bool_]:
        """Return for each place whether its line can be part of this hunk: it is there, and no other hunk's."""
        goes_on = places < len(self._file.lines)
        goes_on[goes_on] = ~self._taken[places[goes_on]]
        return goes_on

    def _pin_to_top(self) -> None:
        if not self._lines:
            self.move_to(self._places[:1])

    def _ahead(self) -> Sequence[str]:
        """Return the next old lines, if one place is left; a line that is added first stands at the top."""
        if not self._is_placed and self._lines:
            return []
        others = np.flatnonzero(self._taken[self.end : self.end + LOOK_AHEAD])
        return self._file.lines[self.end : self.end + (int(others[0]) if len(others) else LOOK_AHEAD)]

    def _defines_what_others_do(self, line: str) -> bool:
        """Whether an earlier hunk adds the same first line of a definition in the same class, or the like."""
        if not self._earlier or not opens_definition(line) or not self._is_placed:
            return False
        depth = len(indentation_of(line))
        scope = self._file.scope(self.end - 1, depth)
        return any(
            line in hunk.added_lines() and self._file.scope(hunk.end - 1, depth) == scope for hunk in self._earlier
        )

    @property
    def _is_placed(self) -> bool:
        return len(self._places) == 1

    @property
    def _is_anchored(self) -> bool:
        """Whether an old line says where the hunk stands; an empty file has one place only."""
        return not self._file.lines or any(marker != "+" for marker, _ in self._lines)

    @property
    def _goes_round(self) -> bool:
        added = self._run.last_added
        return goes_round(added) and self._run.removed.count(added[-1]) < self._run.added.count(added[-1])

    @property
    def _may_end_additions(self) -> bool:
        """Whether something else than a new line may come next."""
        return bool(self._next_lines) or self.may_close

    @property
    def _changes_lines(self) -> bool:
        return any(marker != " " for marker, _ in self._lines) and self.side("-") != self.side("+")

    @property
    def changes_file(self) -> bool:
        """Whether the file differs with this hunk and the earlier ones; a block moved among its copies changes none."""
        if not self._earlier or self.growth + sum(hunk.growth for hunk in self._earlier) != 0:
            return True
        hunks = in_file_order([*self._earlier, self])
        return any(old != new for old, new in zip(self._span(hunks, "-"), self._span(hunks, "+"), strict=True))

    def _span(self, hunks: Sequence["HunkState"], side: Literal["-", "+"]) -> Iterator[str]:
        """Yield the file's lines from the first of these hunks to the last, as they are before (`-`) or after."""
        at = hunks[0].end  # so that nothing stands before the first one
        for hunk in hunks:
            yield from self._file.lines[at : hunk.start]
            yield from hunk.side(side)
            at = hunk.end


def in_file_order(hunks: Iterable[HunkState]) -> list[HunkState]:
    """Sort complete hunks of a file; one without old lines comes first among those that begin where it does."""
    return sorted(hunks, key=lambda hunk: (hunk.start, hunk.end))


def lines_taken(file: FileLines, hunks: Iterable[HunkState]) -> Taken:
    """Return for each line whether one of these complete hunks has it."""
    taken = np.zeros(len(file.lines), dtype=np.bool_)
    for hunk in hunks:
        taken[hunk.start : hunk.end] = True
    return taken
