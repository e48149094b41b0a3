"""The automaton that lets a model write nothing but a diff that applies.

It knows the lines of every file and stands between logits and sampler. At each step it says which tokens may follow,
and what must follow and need not be generated at all: the rest of a path, the body of a context line, a header. What
the model still decides is which file, where in it, which lines go, and what the new lines say.

The text is a unified diff in a Markdown fence. Its `@@` lines have no numbers, but may name the definition that a hunk
stands in; counts and line numbers are computed by `text()`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from model.api import Flaw
from model.choices import Choice, SortedTexts
from model.correction import Fault, Rewrite
from model.guide import ANEW, BARE, BEHIND, Guide, Hints, Mending
from model.hints import NAMED
from model.hunk import HunkState
from model.leads import copying_tokens, leading_tokens
from model.lines import FileLines
from model.newpath import NewPaths
from model.section import FileSection, Tried
from model.tree import FENCE_CLOSE, NULL, FileTree
from model.vocabulary import Mask, incomplete_tail

FENCE_OPEN = b"```diff\n"


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """The beginning of a line, to come back to: what was written then, and what could follow."""

    n_sections: int
    hunks: Sequence[HunkState]  # of the last section
    tried: frozenset[Tried]
    headers: SortedTexts
    sources: SortedTexts
    expect: Callable[[], None]


class DiffConstraint:
    """A `Constraint` over a repository: modify, create, delete and rename files.

    A hunk opens at any line that no other has, or at the block that it names, and every old line in it must be the
    next line at one of the places still open. It closes only when one place is left, or when the others are told from
    it by a further line, and something changed. The hunks of a file come in any order and are rendered in the file's.
    """

    def __init__(self, tree: FileTree) -> None:
        """Start before the opening fence."""
        self.vocabulary = tree.vocabulary
        self._tree = tree
        self._new_paths: NewPaths | None = None  # made when a file is first created or renamed
        self._headers, self._sources = tree.headers, tree.sources
        self._written: list[FileSection] = []
        self._guide = Guide(tree, self._written)
        self._line = b""
        self._n_lines = 0  # complete lines of the answer
        self._checkpoints: dict[int, _Checkpoint] = {}  # of the last section, by `_n_lines`
        self._choices: list[Choice] = [_one(FENCE_OPEN, self._expect_file)]
        self._free: Callable[[], None] | None = None  # what follows a line that begins with `+`
        self._path: Callable[[], None] | None = None  # what follows a free path
        self._hunk: HunkState | None = None  # at the beginning of a line in it
        self._prefix = b""  # what the next line must begin with
        self._hints: Hints = ()
        self._line_hints: Hints = ()  # of lines in a hunk
        self._adds_enough = False  # what is removed has all that stands for it
        self._one_space_is_usual = False
        self._writable: Mask | None = None  # tokens that the file's encoding has, where it has not all
        self._pending_rewrite: Rewrite | None = None
        self._pending_fault: Fault | None = None
        self._pending_opened: str | None = None
        self._closing_line: int | None = None  # of the last fault
        self._mending: Mending | None = None  # of the last fault
        self.done = False

    def forced(self) -> bytes:
        """Return what is left of the line when it can be one thing only."""
        if self._prefix:
            return self._prefix
        if self.done or self._path or self._plus_is_open or self._in_added_line:
            return b""
        rests = list(dict.fromkeys(rest for choice in self._choices for rest in choice.rests(self._line)))
        # A tokenizer may lack the bytes by which all the lines go on. Then one is as good as the other.
        stuck = not self.vocabulary.spells_all and not any(self._fitting_tokens())
        return rests[0] if len(rests) == 1 or stuck else b""

    def allowed(self) -> Mask:
        """Return the tokens that may come next, `(vocab,)`."""
        if self._path:
            return self._free_paths.allowed(self._line, self.vocabulary)
        if self._in_added_line:
            return self._allowed_in_added_line()
        mask = self.vocabulary.nothing()
        if self._plus_is_open:
            one_space = self._one_space_is_usual
            mask = self.vocabulary.plus.copy() if one_space else self.vocabulary.plus & ~self.vocabulary.plus_one_space
        for tokens in self._fitting_tokens():
            mask[tokens] = True
        mask[self._tree.partial_fences] = False  # these spell the end as well, and are no other choice
        return mask

    def _fitting_tokens(self) -> list[list[int]]:
        return [choice.tokens(self._line, self.vocabulary) for choice in self._choices]

    def _allowed_in_added_line(self) -> Mask:
        if incomplete := incomplete_tail(self._line):
            return self.vocabulary.continuing(incomplete)
        free = self.vocabulary.free if self._writable is None else self.vocabulary.free & self._writable
        # Small models put a space between marker and text. Where no line of the file is indented by one space, the
        # line would be one column off, which breaks Python and is never meant.
        if self._line == b"+" and not self._one_space_is_usual:
            return free & ~self.vocabulary.one_space
        if self._line == b"+ " and not self._one_space_is_usual:
            return free & ~self.vocabulary.text
        return free

    def bonuses(self) -> dict[int, float]:
        """Return tokens that lead to a file or block that the task speaks of, and what makes each likelier, in nats."""
        found = leading_tokens(self._hints, self._line, self.vocabulary)
        if self._hunk:  # there, one `-` or two begin a line that is removed
            found = {id_: bonus for id_, bonus in found.items() if self.vocabulary.tokens[id_] not in {b"-", b"--"}}
        for id_, bonus in copying_tokens(self._line_hints, self._line, self.vocabulary).items():
            found[id_] = max(bonus, found.get(id_, bonus))
        if self._adds_enough and not self._line:
            found |= dict.fromkeys(self.vocabulary.beginning_with_plus, -NAMED)
        return found

    def leaving(self) -> list[int]:
        """Return the tokens that leave the open hunk; none where the end is preferred, which may break a hunk off."""
        if self._hunk is None or self._line or any(FENCE_CLOSE in hinted for _, hinted in self._hints):
            return []
        found = (choice.tokens(b"", self.vocabulary) for choice in self._choices if choice.lead not in {b" ", b"-"})
        return [id_ for tokens in found for id_ in tokens if self.vocabulary.tokens[id_] not in {b"-", b"--"}]

    def advance(self, text: bytes) -> None:
        """Take note of text; it lies within one line, the line's end included.

        Raises:
            ValueError: the text was neither forced nor allowed.

        """
        self._line += text
        self._prefix = b""
        self._n_lines += text.endswith(b"\n")
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

    def take_fault(self) -> Fault | None:
        """Return what is wrong with the file that the last `advance` completed, once; `rewind` mends it."""
        fault, self._pending_fault = self._pending_fault, None
        return fault

    def take_opened(self) -> str | None:
        """Return the path of the file whose header the last `advance` completed, once: its lines come next."""
        opened, self._pending_opened = self._pending_opened, None
        return opened

    def rewind(self, n_lines: int) -> None:
        """Go back to the beginning of line `n_lines` of the answer; it is one of the last fault's lines.

        Raises:
            KeyError: the line lies in no hunk of that file, or its beginning was never a choice.

        """
        checkpoint = self._checkpoints[n_lines]
        goes_on = n_lines == self._closing_line
        self._guide.mending = (self._mending if goes_on else None) or Mending()
        del self._written[checkpoint.n_sections :]
        self._written[-1].restore(checkpoint.hunks, checkpoint.tried)
        self._headers, self._sources = checkpoint.headers, checkpoint.sources
        self.done = False
        self._drop_lines(self._n_lines - n_lines)
        checkpoint.expect()

    @property
    def is_free(self) -> bool:
        """Whether any text may come next: an added line, behind its marker."""
        return self._in_added_line

    def likely(self) -> bytes:
        """Guess the line that begins here; empty where there is nothing to go by."""
        return b"" if self._line or self._hunk is None else self._hunk.likely().encode()

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
        self._choices, self._free, self._path, self._hunk = list(choices), free, path, None
        self._hints = self._line_hints = ()
        self._adds_enough = False

    def _expect_file(self) -> None:
        self._expect(*self._file_choices())
        self._hints = self._guide.files(self._hunk)

    def _file_choices(self) -> list[Choice]:
        """Return the headers of files not yet touched, and the end."""
        first = [header for header in self._guide.headers_first() if header in self._headers]
        headers = SortedTexts.of(first) if first else self._headers
        choices = [
            Choice(b"--- ", headers, partial(self._leave_file, self._open_file)),
            Choice(b"rename from ", self._sources, partial(self._leave_file, self._open_renamed)),
        ]
        if self._guide.changes_anything:
            choices.append(_one(FENCE_CLOSE, lambda: self._leave_file(self._finish, b"")))
        return choices

    def _leave_file(self, then: Callable[[bytes], None], text: bytes) -> None:
        """Check the file that is complete now, and go on."""
        if self._written:
            self._written[-1].drop_unchanged()
        self._pending_fault = self._find_fault()
        then(text)

    def _finish(self, _text: bytes) -> None:
        self.done = True

    def _open_file(self, header: bytes) -> None:
        if header == NULL:
            self._expect(_one(b"+++ b/", lambda: self._expect_path(self._name_file)))
            return
        path = header.decode().removeprefix("a/").removesuffix("\n")
        self._use_up(path)

        def modify() -> None:
            self._open_section(path, path, self._tree.lines(path))
            self._expect_first_hunk()

        def delete() -> None:
            lines = self._tree.lines(path)
            self._open_section(path, None, lines)
            if lines.lines:
                self._written[-1].hunks.append(HunkState.deletion(lines))
            self._expect_file()

        modified = f"+++ b/{path}\n".encode()
        self._expect(_one(modified, modify), _one(b"+++ /dev/null\n", delete))
        self._hints = self._guide.sides(path, modified)

    def _open_renamed(self, source: bytes) -> None:
        path = source.decode().removesuffix("\n")
        self._use_up(path)
        self._expect(_one(b"rename to ", lambda: self._expect_path(partial(self._name_target, path))))

    def _expect_path(self, then: Callable[[], None]) -> None:
        self._expect(path=then)
        self._hints = [(b"", self._tree.hints.new_names)]

    def _use_up(self, path: str) -> None:
        self._headers = self._headers.without(f"a/{path}\n".encode())
        self._sources = self._sources.without(f"{path}\n".encode())

    def _name_target(self, old: str) -> None:
        new = self._take_path()
        self._open_section(old, new, self._tree.lines(old))
        to_hunks = _one(f"+++ b/{new}\n".encode(), self._expect_first_hunk)
        choices = self._file_choices()
        if self._written[-1].lines.lines:
            choices.append(_one(f"--- a/{old}\n".encode(), lambda: self._expect(to_hunks)))
        self._expect(*choices)
        self._hints = [*self._guide.files(self._hunk), *self._guide.own_uses()]

    def _name_file(self) -> None:
        self._open_section(None, self._take_path(), FileLines(()))
        self._expect(_one(b"@@ -0,0 +1 @@\n", self._open_hunk))

    def _take_path(self) -> str:
        path = self._line.decode().removesuffix("\n")
        self._free_paths.add(path)
        return path

    @property
    def _free_paths(self) -> NewPaths:
        self._new_paths = self._new_paths or self._tree.new_paths()
        return self._new_paths

    def _open_section(self, old: str | None, new: str | None, lines: FileLines) -> None:
        self._written.append(FileSection(old, new, lines))
        self._writable = None if old is None else self._tree.writable(old)
        self._checkpoints.clear()

    def _expect_first_hunk(self) -> None:
        self._pending_opened = self._written[-1].old
        self._expect_hunk()

    def _expect_hunk(self) -> None:
        """Offer the places where the first hunk of a file can stand."""
        self._note_checkpoint(self._expect_hunk)
        self._expect(*self._hunk_choices())
        self._hints = self._guide.headings()

    def _hunk_choices(self) -> list[Choice]:
        file = self._written[-1]
        if self._guide.starts():  # a line is all that there is to change
            return [_one(BARE, self._open_hunk)]
        choices = [_one(BARE, self._open_hunk), Choice(ANEW, file.headings(), self._open_hunk_under)]
        # A task that does not ask for something new begins with a change of what is there.
        if self._tree.wanted or self._guide.changes_anything:
            with_types = self._tree.wanted == "type"
            headings = file.headings_before(with_types=with_types, for_definition=self._guide.wants_new)
            choices.append(Choice(BEHIND, headings, partial(self._open_hunk_under, is_behind=True)))
        return choices

    def _open_hunk_under(self, heading: bytes, *, is_behind: bool = False) -> None:
        self._open_hunk(heading.decode().removesuffix("\n"), is_behind=is_behind)

    def _open_hunk(self, heading: str | None = None, *, is_behind: bool = False) -> None:
        file = self._written[-1]
        file.drop_unchanged()
        self._one_space_is_usual = file.lines.one_space_is_usual
        self._guide.mending = Mending()
        starts = self._guide.starts() if heading is None else None
        file.open_hunk(heading, self._n_lines, starts, is_behind=is_behind, keeps=self._guide.kept(heading))
        self._expect_line()

    def _expect_line(self) -> None:
        """Offer what can follow inside a hunk: an old line kept or removed, a new line, or the hunk's end.

        A line that removes `-- a/PATH` reads as the header of PATH; where both could stand, it removes.
        """
        self._note_checkpoint(self._expect_line)
        file, hunk = self._written[-1], self._written[-1].hunks[-1]
        choices: list[Choice] = []
        if hunk.may_keep:
            choices.append(Choice(b" ", hunk.next_lines, partial(self._take_old, " ")))
        choices.append(Choice(b"-", hunk.removable, partial(self._take_old, "-")))
        may_close, may_abandon = hunk.may_close, hunk.may_abandon
        if may_close or may_abandon:
            choices += self._file_choices()
        if (may_close and file.has_room) or may_abandon:
            choices += self._hunk_choices()
        self._expect(*choices, free=self._add if hunk.may_add else None)
        self._hunk = hunk
        self._line_hints, self._adds_enough = self._guide.lines(hunk), self._guide.is_all_renamed(hunk)
        if (may_close or may_abandon) and not hunk.looks_incomplete:
            self._hints = self._guide.files_and_headings(self._hunk)
        if prefix := hunk.must_begin_with:
            self._prefix = f"+{prefix}".encode()

    def _note_checkpoint(self, expect: Callable[[], None]) -> None:
        if self._tree.check_file is None:
            return
        section = self._written[-1]
        hunks = [*section.hunks[:-1], *(hunk.copy() for hunk in section.hunks[-1:])]
        self._checkpoints[self._n_lines] = _Checkpoint(
            len(self._written), hunks, section.tried, self._headers, self._sources, expect
        )

    def _drop_lines(self, n_lines: int) -> None:
        self._n_lines -= n_lines
        for line in [line for line in self._checkpoints if line > self._n_lines]:
            del self._checkpoints[line]

    def _find_fault(self) -> Fault | None:
        """Ask whether the last file is right, and tell which lines of the answer have a part in it if not."""
        section = self._written[-1] if self._written else None
        if section is None or section.new is None or not section.hunks or self._tree.check_file is None:
            return None
        flaw = self._tree.check_file(section.old, section.new, section.new_lines())
        if flaw is None:
            return None
        lines = range(min(self._checkpoints), section.find_answer_line(flaw.line) + 1)
        self._mending = self._how_to_mend(section, flaw) if flaw.lacks else None
        self._closing_line = max(self._checkpoints) if self._mending else None
        return Fault(lines, self._closing_line)

    def _how_to_mend(self, section: FileSection, flaw: Flaw) -> Mending | None:
        """Return what is preferred where the answer goes on; None if nothing behind it can mend the flaw."""
        at = section.old_index(flaw.line if flaw.place is None else flaw.place)
        if at is None:  # in a hunk
            return Mending(lacks_definition=True) if flaw.place is None else None
        block = section.lines.heading_at(at)
        return Mending(block=block if block and block in section.headings() else None)

    def _take_old(self, marker: Literal[" ", "-"], text: bytes) -> None:
        self._written[-1].hunks[-1].take_old(marker, text.decode().removesuffix("\n"))
        self._expect_line()

    def _add(self) -> None:
        """Take an added line, or what it must have been meant as: small models write the new file, not the change."""
        hunk = self._written[-1].hunks[-1]
        line = self._line[1:-1].decode()
        if hunk.is_doubled(line):
            self._pending_rewrite = Rewrite(1 + hunk.go_on_behind())
        elif n_copied := hunk.n_copied(line):  # what is new is complete, and a copy of what is there begins
            self._pending_rewrite = Rewrite(1 + hunk.end_additions(n_copied - 1))
        elif hunk.removes(line) and line in self._guide.lines_that_must_go():
            self._pending_rewrite = Rewrite(1 + hunk.go_on_behind(skips=True))
        elif hunk.restores(line):  # what was removed is added again: it was never to go
            kept = hunk.keep_removed()
            self._pending_rewrite = _keeping(kept, 2 * len(kept))
        elif (n_repeated := hunk.n_repeated(line)) is not None:
            kept = hunk.keep_repeated(n_repeated)
            self._pending_rewrite = _keeping(kept, len(kept))
        elif n_skipped := hunk.n_skipped(line):
            # The line stands further on: what happens to the lines before it is decided first.
            hunk.owe(n_skipped)
            self._pending_rewrite = Rewrite(1)
        elif not self._tree.takes_away and (comments := hunk.comments_before(line)):
            self._pending_rewrite = _with_comments(hunk, comments, line)
        else:
            hunk.add(line)
        if rewrite := self._pending_rewrite:
            self._drop_lines(rewrite.n_lines)
            self._n_lines += rewrite.text.count(b"\n")
        self._expect_line()


def _keeping(lines: Sequence[str], n_dropped: int) -> Rewrite:
    return Rewrite(n_dropped, "".join(f" {line}\n" for line in lines).encode())


def _with_comments(hunk: HunkState, comments: Sequence[str], line: str) -> Rewrite:
    """Put the comments back that `line` leaves out; where nothing else differs, all was to stay."""
    for comment in comments:
        hunk.add(comment)
    if hunk.restores(line):
        kept = hunk.keep_removed()
        return _keeping(kept, 2 * len(kept) - len(comments))
    hunk.add(line)
    return Rewrite(1, "".join(f"+{each}\n" for each in (*comments, line)).encode())


def _one(line: bytes, then: Callable[[], None]) -> Choice:
    """Return the choice of a single line."""
    return Choice(line, SortedTexts([b""]), lambda _: then())
