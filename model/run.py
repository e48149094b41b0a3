"""Lines that a hunk removes and adds without an unchanged one between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from model.blocks import is_comment, is_leading
from model.hunklines import beginning_of, composed, indentation_of, is_telling, n_opened, opens_definition


@dataclass(slots=True)
class Run:
    """The lines of one run, in the order in which they were written on each side.

    `n_last_added` counts those added since the last one removed; `following` is the removed line that the next added
    one stands for, where that is known; `n_skipped` counts removed ones that none of the added ones stands for.
    """

    removed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    n_last_added: int = 0
    following: str | None = None
    n_skipped: int = 0

    def copy(self) -> "Run":
        """Return a run that is written on without changing this one."""
        return replace(self, removed=self.removed.copy(), added=self.added.copy())

    def remove(self, line: str) -> None:
        """Write a line that goes."""
        self.removed.append(line)
        self.n_last_added = 0

    def add(self, line: str) -> None:
        """Write a new line."""
        self.added.append(line)
        self.following = None
        self.n_last_added += 1

    def due(self, becomes: Callable[[str], str]) -> str | None:
        """Return the removed line that comes next where they are written anew one by one as what each `becomes`.

        None where that is not known, or all of them stay as they are.
        """
        made = list(map(becomes, self.removed))
        if made == self.removed:
            return None
        at = len(self.added)
        if self.added:
            alike = [index for index, line in enumerate(made) if line == self.added[-1]]
            at = 1 + min(alike, key=lambda index: abs(index + 1 - at), default=len(made))
        return self.removed[at] if at < len(made) else None

    def is_all(self, becomes: Callable[[str], str]) -> bool:
        """Whether what is added is just what each removed line `becomes`: nothing, where none is removed."""
        return list(map(becomes, self.removed)) == self.added

    def go_on_behind(self, *, skips: bool) -> bool:
        """Let the next line that is added stand for the removed one that is due; return whether there is one.

        Whoever `skips` that one goes on behind it.
        """
        self.n_skipped += skips
        n_done = len(self.added) + self.n_skipped
        if n_done >= len(self.removed):
            return False
        self.following = self.removed[n_done]
        return True

    def take_back(self, n_copied: int) -> int:
        """Take back, and count, the last added lines: `n_copied`, and those that lead to them. Others stay."""
        n_least = len(self.added) - self.n_last_added  # what stands before an old line stays
        n_kept = len(self.added) - n_copied
        while n_kept > n_least and is_leading(self.added[n_kept - 1]):
            n_kept -= 1
        n_dropped = len(self.added) - n_kept
        del self.added[n_kept:]
        self.n_last_added -= n_dropped
        return n_dropped

    @property
    def last_added(self) -> Sequence[str]:
        """The lines added since the last old one."""
        return self.added[len(self.added) - self.n_last_added :]

    def n_repeated(self, line: str, ahead: Sequence[str]) -> int | None:
        """Return how many of the last added lines, with `line` after them, only repeat the first lines of `ahead`.

        None if `line` is not the end of such a repetition, or too common to tell.
        """
        if not is_telling(line):
            return None
        ahead, added, line = composed(ahead), composed(self.last_added), composed([line])[0]
        return next(
            (
                n
                for n in range(min(len(added) + 1, len(ahead)))
                if ahead[n] == line and added[len(added) - n :] == ahead[:n]
            ),
            None,
        )

    def is_doubled(self, line: str) -> bool:
        """Whether the line was just added, tells what it is, and was not there twice."""
        return self.added[-1:] == [line] and is_telling(line) and self.removed.count(line) < 2

    def defines_again(self, line: str) -> bool:
        """Whether the line opens a definition that was added already, in the same class or the like."""
        if line not in self.last_added or not opens_definition(line):
            return False
        added = self.last_added
        behind = added[len(added) - added[::-1].index(line) :]
        depth = len(indentation_of(line))
        return all(len(indentation_of(each)) >= depth for each in behind if each.strip())

    def comments_before(self, line: str) -> Sequence[str]:
        """Return the removed comments that are left out if `line` is added next: it stands for the line behind them."""
        if not self.last_added:
            return []
        last = self.added[-1]
        if len(self.added) > 1 and self.removed.count(last) != 1:
            return []
        at = 1 + (self.removed.index(last) if len(self.added) > 1 else 0)
        comments = list(takewhile(is_comment, self.removed[at:]))
        behind = self.removed[at + len(comments) : at + len(comments) + 1]
        goes_on = bool(behind) and not is_comment(line) and beginning_of(behind[0]) == beginning_of(line)
        return comments if goes_on and is_telling(line) else []

    def removes(self, line: str) -> bool:
        """Whether a line goes and does not come back."""
        return self.removed.count(line) > self.added.count(line)

    def restores(self, line: str) -> bool:
        """Whether, with `line` added, it adds just what it removes."""
        if len(self.removed) != len(self.added) + 1:
            return False
        return composed(self.removed) == composed([*self.added, line])

    @property
    def would_restore(self) -> str | None:
        """The line that must not be removed next, since it was added in front of itself."""
        return self.added[-1] if self.added and self.added[:-1] == self.removed else None

    @property
    def looks_incomplete(self) -> bool:
        """Whether it is shorter than what it replaces, or leaves more brackets open."""
        if len(self.added) < len(self.removed):
            return True
        return sum(map(n_opened, self.added)) > sum(map(n_opened, self.removed))

    @property
    def likely(self) -> str | None:
        """A guess at the next added line: the removed lines are often written anew, with a small change."""
        n_added = len(self.added)
        return self.removed[n_added] if self.n_last_added and n_added < len(self.removed) else None
