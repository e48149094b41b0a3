"""Which of the lines that can come next are preferred: by what the task says, and by what the diff leaves behind."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.blockhunk import Kept
from model.hints import COPIED, MENDING, NAMED, NEW, USING, named_alike
from model.hunk import HunkState
from model.hunklines import renamed
from model.section import FileSection
from model.tree import FENCE_CLOSE, FileTree
from model.uses import Places, is_shared

# What hunks begin with: those that name no block, write one anew, or add behind it.
BARE, ANEW, BEHIND = b"@@\n", b"@@ ", b"@@ after "

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
        hints = self._tree.hints.lines(used, using, defining, is_done=is_done, completes=completes)
        if self._tree.renaming and self.changes_anything and not any(self.headers_first()):
            hints.append((b"", {FENCE_CLOSE: NAMED}))  # all of it is done
        return hints

    def headers_first(self) -> Iterator[bytes]:
        """Yield what follows `--- ` for the files that have a name which the task changes: they come before others."""
        for path in self._left_in_use(map(self._tree.uses.of_name, self._tree.renaming)):
            yield f"a/{path}\n".encode()

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
        if self.starts():
            return [(b"", {BARE: NAMED} if self.changes_anything else {})]
        if using := dict.fromkeys(self._openings(self._left_in_use(taken).get(path, ())), NAMED):
            first = {BARE if each == b"\n" else ANEW: NAMED for each in using}
            return [(b"", first if self.changes_anything else {}), (ANEW.rstrip(), using)]
        adds = self.mending.lacks_definition or self.wants_new
        anew = {b" after ": NEW} if adds else self._tree.heading_bonuses(path, behind=False)
        return [(ANEW.rstrip(), anew), (BEHIND.rstrip(), self._tree.heading_bonuses(path, behind=True))]

    def _openings(self, left: Iterable[int]) -> Iterator[bytes]:
        """Yield what follows the `@@` of hunks that reach lines of the last file: a block's heading, as a rule.

        None is named for one in no block, as the first line of a class, if it is known what it becomes.
        """
        lines, names = self._written[-1].lines, self._new_names()
        for index in sorted(left):
            line, heading = lines.lines[index], lines.heading_at(index)
            if heading:
                yield b" " + heading
            elif renamed(line, names) != line:
                yield b"\n"

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

    def lines(self, hunk: HunkState) -> Hints:
        """Return which lines come next in a hunk where a name gets another one: those that have it, with the new one.

        What stands beside them in a block that is written anew stays as it is.
        """
        names = self._new_names()
        if not names:
            return []
        due, following = hunk.due(lambda line: renamed(line, names)), hunk.following()
        if hunk.is_empty and hunk.heading is None and (starts := self.starts()):
            following = [self._written[-1].lines.lines[index] for index in starts]
        found: dict[bytes, float] = {}
        if due is not None:
            line = renamed(due, names)
            found[f"+{line}\n".encode()] = COPIED if line == due else NAMED
        found |= {f"-{line}\n".encode(): NAMED for line in following if renamed(line, names) != line}
        if len(following) == 1 and self._tree.renaming and renamed(following[0], names) == following[0]:
            is_done = self.is_all_renamed(hunk) and hunk.may_close  # so that it need not go on
            found |= dict.fromkeys((f"{marker}{following[0]}\n".encode() for marker in "- "[: 1 + is_done]), -NAMED)
        return [(b"", found)]

    def is_all_renamed(self, hunk: HunkState) -> bool:
        """Whether each removed line came back with the name that the task changes, so that nothing is to be added."""
        names = self._tree.renaming
        return bool(names) and not hunk.is_behind and hunk.is_all(lambda line: renamed(line, names))

    def starts(self) -> Sequence[int] | None:
        """Return the lines of the last file at which a hunk that names no block has to begin; None if at any.

        Those are, where the task renames, the ones that have the name, as long as there are any.
        """
        return sorted(self._left_with(self._tree.renaming)) or None

    def _left_with(self, names: Iterable[str]) -> Collection[int]:
        """Return the lines of the last file, in no hunk, that have one of these names."""
        return self._left_in_use(map(self._tree.uses.of_name, names)).get(self._written[-1].old or "", ())

    def own_uses(self) -> Hints:
        """Return what leads to the lines of a file that was just moved, where it has a name that gets another one."""
        is_used = bool(self._left_with(self._new_names()))
        return [(b"", {f"--- a/{self._written[-1].old}\n".encode(): USING})] if is_used else []

    def _new_names(self) -> Mapping[str, str]:
        """Return the names that get others: which the task says, or says to go on with."""
        names = dict(self._tree.renaming)
        for section in self._written if self._tree.spreads else ():
            replaced = section.words_replaced(self._tree.told)
            names |= {old: new for old, new in replaced.items() if not is_shared(old)}
        return names

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
        yield from map(self._tree.uses.of_name, self._tree.renaming)
        for section in self._written:
            yield from map(self._tree.uses.of_file, section.files_gone())
            if section.new:
                names = section.names_gone(self._tree.told)
                if self._tree.spreads:
                    names |= section.words_replaced(self._tree.told).keys()
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
