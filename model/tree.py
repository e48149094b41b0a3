"""The files that diffs are written against: indexed when first asked for, and shared by all attempts at one task."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal

from model.api import Editable
from model.asked import (
    asks_for_all,
    asks_for_new,
    asks_to_rename,
    asks_to_take_away,
    file_of_new_type,
    file_of_renamed_type,
    identifiers,
    mentioned_identifiers,
    mentioned_lines,
    named_paths,
    renaming,
    without_paths,
)
from model.choices import SortedTexts
from model.errors import WeightsError
from model.hints import NAMED, PathHints, bonuses, descending
from model.lines import FileLines
from model.newpath import NewPaths
from model.uses import Uses, can_be_name, is_shared
from model.vocabulary import Mask, Vocabulary

FENCE_CLOSE = b"```"
NULL = b"/dev/null\n"
# By these the model chooses how a line begins, and where it ends.
_NEEDED = b"\n +-@`"
# Of more files than these only the paths are compared with the task, not what they hold.
_MAX_READ_FILES = 1000


class FileTree:
    """Paths and lines as they are before the diff."""

    def __init__(
        self,
        edits: Editable,
        vocabulary: Vocabulary,
        task: str = "",
        favoured: Sequence[str] | None = None,
        leads: str | None = None,
    ) -> None:
        """Take what a diff may touch; nothing is read yet.

        Args:
            edits: the files; their paths are such that git does not quote them.
            vocabulary: the tokenizer's tokens as bytes.
            task: what is to be done.
            leads: the files, lines and blocks that this speaks of are preferred; that is the task if it is None.
            favoured: the files that it leads to, the best first, where that is known; else their words tell.

        Raises:
            WeightsError: the tokenizer cannot write a diff: it has no token for the end of a line, say.

        """
        lacking = vocabulary.lacks(_NEEDED) or (b"" if vocabulary.letter.any() else b"letters")
        if lacking:
            raise WeightsError(f"the tokenizer has no token for {lacking!r}, so this model can write no diff")
        self.vocabulary = vocabulary
        self.check_file = edits.check_file
        self.uses = Uses(edits.files)
        self._task, self._leads = task, task if leads is None else leads
        self._favoured = favoured
        self._files = edits.files
        self._taken = edits.taken
        self._encoding_of = edits.encoding_of
        self._lines: dict[str, FileLines] = {}
        self._named: dict[str, Sequence[bytes]] = {}
        self._bonuses: dict[str, Sequence[Mapping[bytes, float]]] = {}  # to write anew, to add behind

    @cached_property
    def headers(self) -> SortedTexts:
        r"""What can follow `--- `: each file's `a/PATH\n`, and /dev/null."""
        return SortedTexts.of([NULL, *(f"a/{path}\n".encode() for path in self._files)])

    @cached_property
    def partial_fences(self) -> Sequence[int]:
        """The tokens that spell a part of the closing fence, where one spells the whole."""
        found = self.vocabulary.prefixes_of(FENCE_CLOSE)
        return found[:-1] if self.vocabulary.tokens[found[-1]] == FENCE_CLOSE else []

    @cached_property
    def sources(self) -> SortedTexts:
        r"""What can follow `rename from `: each file's `PATH\n`."""
        return SortedTexts.of(f"{path}\n".encode() for path in self._files)

    @cached_property
    def hints(self) -> PathHints:
        """The files that the task speaks of."""
        if not self._leads:
            return PathHints({}, {}, (), (), {}, renames=False)
        found = named_paths(self._leads, self._files)
        if not found.new and (made := file_of_new_type(self._leads, self._files)):
            found = replace(found, new=[made], created={made})
        elif not found.new and (moved := file_of_renamed_type(self._leads, self._files)):
            found = replace(found, old=moved[:1], new=moved[1:], created=set(moved[1:]))
        new = filter(self._paths.may_create, found.new)
        return PathHints.of(self._by_words(), found, list(new), renames=asks_to_rename(self._leads))

    @cached_property
    def renames(self) -> bool:
        """Whether the task is to rename or move something."""
        return asks_to_rename(self._task)

    @cached_property
    def renaming(self) -> Mapping[str, str]:
        """The name that the task wants another one for, and that one; none where much else is called so."""
        found = renaming(self._task)
        return {found[0]: found[1]} if found and can_be_name(found[0]) and not is_shared(found[0]) else {}

    @cached_property
    def spreads(self) -> bool:
        """Whether the task wants the same done in more than one place."""
        return asks_for_all(self._task)

    @cached_property
    def takes_away(self) -> bool:
        """Whether the task wants something removed, or speaks of comments."""
        return asks_to_take_away(self._task)

    @cached_property
    def told(self) -> set[str]:
        """The words of the task that can be names."""
        return identifiers(self._task)

    @cached_property
    def wanted(self) -> Literal["type", "function"] | None:
        """The kind of definition, not there yet, that the task wants."""
        return asks_for_new(self._leads)

    @cached_property
    def defining(self) -> Collection[str]:
        """The files that define, each alone, what the task names."""
        return set(filter(None, map(self.uses.file_of_definition, self._names_told)))

    def named(self, path: str) -> Sequence[bytes]:
        r"""Return the first lines, each with its `\n`, of the blocks of a file that the task names, or a line of."""
        if path not in self._named:
            lines = self.lines(path)
            found = dict.fromkeys(each for each in lines.described() if self._names(each.decode()))
            at = (lines.heading_at(index) for index in self._named_lines.get(path, ()))
            self._named[path] = list(found | dict.fromkeys(each for each in at if each))
        return self._named[path]

    @cached_property
    def _named_lines(self) -> Mapping[str, Sequence[int]]:
        return mentioned_lines(self._leads, self._files)

    def _names(self, text: str) -> bool:
        return not self._names_told.isdisjoint(identifiers(text))

    @cached_property
    def _names_told(self) -> set[str]:
        return mentioned_identifiers(self._said)

    @cached_property
    def _said(self) -> str:
        """What leads, without the names of files, which say nothing about what is in them."""
        return without_paths(self._leads, self._files)

    def _by_words(self) -> Mapping[bytes, float]:
        if self._favoured is not None:
            return descending([f"{path}\n".encode() for path in self._favoured if path in self._files])
        reads = len(self._files) <= _MAX_READ_FILES
        texts = {
            f"{path}\n".encode(): [(path, 3.0), *([("\n".join(self._files[path]), 1.0)] if reads else [])]
            for path in self._files
        }
        return bonuses(self._leads, texts)

    def heading_bonuses(self, path: str, *, behind: bool) -> Mapping[bytes, float]:
        r"""What each block of a file that the task speaks of, ` HEADING\n`, is made likelier by, in nats.

        To write it anew, or to add lines `behind` it: then what lies in a class that the task names comes first. The
        space before it counts: a tokenizer puts it into one token with the first word.
        """
        if not self._leads:
            return {}
        if path not in self._bonuses:
            lines = self.lines(path)
            by_words = bonuses(self._said, lines.described())
            members = [heading for heading, outer in lines.members().items() if any(map(self._names, outer))]
            self._bonuses[path] = tuple(
                {b" " + heading: bonus for heading, bonus in (by_words | dict.fromkeys(named, NAMED)).items()}
                for named in (self.named(path), members)
            )
        return self._bonuses[path][behind]

    def writable(self, path: str) -> Mask | None:
        """Return the tokens that the encoding of a file has, `(vocab,)`; None where it has all."""
        return self.vocabulary.encodable(self._encoding_of(path))

    @cached_property
    def _paths(self) -> NewPaths:
        return NewPaths([*self._files, *self._taken])

    def new_paths(self) -> NewPaths:
        """Return the paths that are free; what a diff creates is added to it and not to the tree."""
        return self._paths.fork()

    def lines(self, path: str) -> FileLines:
        """Return a file's lines, indexed."""
        if path not in self._lines:
            self._lines[path] = FileLines(self._files[path])
        return self._lines[path]
