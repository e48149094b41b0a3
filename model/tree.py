"""The files that diffs are written against: indexed when first asked for, and shared by all attempts at one task."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from model.api import CheckFile
from model.choices import SortedTexts
from model.errors import WeightsError
from model.hints import PathHints, asks_to_rename, bonuses, mentioned_paths
from model.lines import FileLines
from model.newpath import NewPaths
from model.vocabulary import Vocabulary

NULL = b"/dev/null\n"
# By these the model chooses how a line begins, and where it ends.
_NEEDED = b"\n +-@`"
# Of more files than these only the paths are compared with the task, not what they hold.
_MAX_READ_FILES = 1000


class FileTree:
    """Paths and lines as they are before the diff."""

    def __init__(
        self,
        files: Mapping[str, Sequence[str]],
        taken: Sequence[str],
        vocabulary: Vocabulary,
        check_file: CheckFile | None = None,
        task: str = "",
    ) -> None:
        """Take what a diff may touch; nothing is read yet.

        Args:
            files: the lines of each file that may change, by path; the paths are such that git does not quote them.
            taken: further paths that exist on disk and so cannot be created.
            vocabulary: the tokenizer's tokens as bytes.
            check_file: asked about each file that is complete; None where nothing is to be checked.
            task: what is to be done; the files and blocks that it speaks of are preferred.

        Raises:
            WeightsError: the tokenizer cannot write a diff: it has no token for the end of a line, say.

        """
        lacking = vocabulary.lacks(_NEEDED) or (b"" if vocabulary.letter.any() else b"letters")
        if lacking:
            raise WeightsError(f"the tokenizer has no token for {lacking!r}, so this model can write no diff")
        self.vocabulary = vocabulary
        self.check_file = check_file
        self._task = task
        self._files = files
        self._taken = taken
        self._lines: dict[str, FileLines] = {}
        self._bonuses: dict[str, Mapping[bytes, float]] = {}

    @cached_property
    def headers(self) -> SortedTexts:
        r"""What can follow `--- `: each file's `a/PATH\n`, and /dev/null."""
        return SortedTexts.of([NULL, *(f"a/{path}\n".encode() for path in self._files)])

    @cached_property
    def sources(self) -> SortedTexts:
        r"""What can follow `rename from `: each file's `PATH\n`."""
        return SortedTexts.of(f"{path}\n".encode() for path in self._files)

    @cached_property
    def hints(self) -> PathHints:
        """The files that the task speaks of."""
        if not self._task:
            return PathHints({}, (), (), renames=False)
        reads = len(self._files) <= _MAX_READ_FILES
        texts = {
            f"{path}\n".encode(): [(path, 3.0), *([("\n".join(self._files[path]), 1.0)] if reads else [])]
            for path in self._files
        }
        named, new = mentioned_paths(self._task, self._files)
        free = self._paths
        new = [path for path in new if free.may_create(path)]
        return PathHints(bonuses(self._task, texts), named, new, renames=asks_to_rename(self._task))

    def heading_bonuses(self, path: str) -> Mapping[bytes, float]:
        r"""What each block of a file that the task speaks of, `HEADING\n`, is made likelier by, in nats."""
        if not self._task:
            return {}
        if path not in self._bonuses:
            self._bonuses[path] = bonuses(self._task, self.lines(path).described())
        return self._bonuses[path]

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
