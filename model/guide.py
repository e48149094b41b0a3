"""Which of the lines that can come next are preferred: by what the task says, and by what the diff leaves behind."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.blockhunk import Kept
from model.hints import MENDING, NAMED, NEW, USING, named_alike
from model.hunk import HunkState
from model.section import FileSection
from model.tree import FileTree
from model.uses import Places

ANEW, BEHIND = b"@@ ", b"@@ after "  # what hunks begin with that name a block, and write it anew or add behind it

# For what a line may begin with, what can follow that and by how much each of these is made likelier, in nats.
Hints = Sequence[tuple[bytes, Mapping[bytes, float]]]


@dataclass(frozen=True, slots=True)
class Mending:
    """What the last file lacks, and is preferred: a definition, or a change of a block as well."""

    lacks_definition: bool = False
    block: bytes | None = None


class Guide:
    """Looks at the sections `written` so far, which whoever made it goes on to change."""

    def __init__(self, tree: FileTree, written: Sequence[FileSection]) -> None:
        """Take the files and the sections; nothing is looked at yet."""
        self._tree, self._written = tree, written
        self.mending = Mending()  # which whoever goes back sets

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything in the diff."""
        return any(section.is_changed for section in self._written)

    def files(self, hunk: HunkState | None) -> Hints:
        """Return what is preferred where a file, or the diff, may end; `hunk` is the one that stands open."""
        return self._files(hunk, list(self._taken_away()))

    def headings(self) -> Hints:
        """Return which blocks of the last file are preferred."""
        return self._headings(list(self._taken_away()))

    def files_and_headings(self, hunk: HunkState | None) -> Hints:
        """Return both, where a hunk may end."""
        taken = list(self._taken_away())
        return [*self._files(hunk, taken), *self._headings(taken)]

    def _files(self, hunk: HunkState | None, taken: Sequence[Places]) -> Hints:
        used = {path for section in self._written for path in (section.old, section.new) if path}
        left = self._left_in_use(taken)
        here = self._written[-1].old if self._written else None
        is_done = self.changes_anything and not left.get(here or "") and not self._leaves_out_what_is_named
        has_new = self._tree.wanted is not None and hunk is not None and hunk.completes_addition
        defining = self._tree.defining if self.changes_anything else ()
        completes = has_new or any(taken)
        using = {*left, *self._registering()}
        return self._tree.hints.lines(used, using, defining, is_done=is_done, completes=completes)

    def _registering(self) -> Iterator[str]:
        """Yield the files where those beside a file that the diff creates are registered."""
        for section in self._written:
            if section.old is None and section.new and (user := self._tree.uses.registering(section.new)):
                yield user

    def _headings(self, taken: Sequence[Places]) -> Hints:
        path = self._written[-1].old
        if not path:
            return []
        if self.mending.block:
            return [(b"", {ANEW: MENDING}), (ANEW.rstrip(), {b" " + self.mending.block: MENDING})]
        blocks = map(self._written[-1].lines.heading_at, self._left_in_use(taken).get(path, ()))
        if using := {b" " + heading: NAMED for heading in blocks if heading}:
            return [(b"", {ANEW: NAMED} if self.changes_anything else {}), (ANEW.rstrip(), using)]
        adds = self.mending.lacks_definition or self.wants_new
        anew = {b" after ": NEW} if adds else self._tree.heading_bonuses(path, behind=False)
        return [(ANEW.rstrip(), anew), (BEHIND.rstrip(), self._tree.heading_bonuses(path, behind=True))]

    def sides(self, path: str, modified: bytes) -> Hints:
        """Return what is preferred as the new side of a file: none, where the task wants it deleted.

        It is `modified` where it uses what the diff takes away, unless the task names it, or it is called like what is
        taken away, as that one's test is.
        """
        if path in self._tree.hints.deleted:
            return [(b"", {b"+++ /dev/null\n": NAMED})]
        if path not in self._left_in_use(self._taken_away()) or path in self._tree.hints.named:
            return []
        gone = (other for section in self._written for other in section.files_gone())
        return [] if any(named_alike(path, other) for other in gone) else [(b"", {modified: USING})]

    def kept(self, heading: str | None) -> Kept:
        """Return what the first line of a block that is written anew must begin with; one that has to go, nothing."""
        if heading and any(line.strip() == heading for line in self.lines_that_must_go()):
            return "nothing"
        return "keyword" if self._tree.renames else "name"

    def lines_that_must_go(self) -> Iterator[str]:
        """Yield the lines of the last file that use a file which the diff deletes."""
        file = self._written[-1]
        for section in self._written:
            if section.new is None and section.old and file.old:
                for index in self._tree.uses.of_file(section.old).get(file.old, ()):
                    yield file.lines.lines[index]

    def _taken_away(self) -> Iterator[Places]:
        """Yield the uses of each name and file that the diff takes away or puts another for, or should."""
        if self._tree.renamed:
            yield self._tree.uses.of_name(self._tree.renamed)
        for section in self._written:
            yield from map(self._tree.uses.of_file, section.files_gone())
            if section.new:
                names = section.names_gone(self._tree.told)
                if self._tree.spreads:
                    names |= section.words_replaced(self._tree.told)
                yield from map(self._tree.uses.of_name, names)

    def _left_in_use(self, taken: Iterable[Places]) -> Mapping[str, set[int]]:
        """Return, by file, the uses of what the diff takes away that it leaves as they are."""
        found: dict[str, set[int]] = {}
        for places in taken:
            for path, lines in places.items():
                found.setdefault(path, set()).update(lines)
        for section in self._written:
            if section.old in found:
                found[section.old] -= section.taken_indices() if section.new else found[section.old]
        return {path: lines for path, lines in found.items() if lines}

    @property
    def _leaves_out_what_is_named(self) -> bool:
        """Whether the task names a definition of the last file that no hunk has yet."""
        path = self._written[-1].old if self._written else None
        named = self._tree.named(path) if path else ()
        return bool(named) and any(map(self._written[-1].headings().__contains__, named))

    @property
    def wants_new(self) -> bool:
        """Whether the task wants something defined, and nothing was added behind a definition yet."""
        return self._tree.wanted is not None and not self._adds_behind

    @property
    def _adds_behind(self) -> bool:
        return any(hunk.is_behind for section in self._written for hunk in section.hunks)
