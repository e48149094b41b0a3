"""A repository of any size that holds no text: each file's lines are made when they are asked for."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from repo_index.snapshot import RepoSnapshot, SourceFile
from repo_index.text import TextFile

N_LINES = 100
_VERBS = ("load", "merge", "count", "find", "parse", "write", "check", "split", "order", "clean")
_NOUNS = ("orders", "prices", "routes", "labels", "events", "pages", "rows", "users", "paths", "dates", "items")
_FUNCTION = (
    "def {name}(values, limit={number}):",
    '    """Return what {name} makes of the values."""',
    "    total = {number}",
    "    for value in values:",
    "        if value > limit:",
    "            total += value * {factor}",
    "    return total",
    "",
    "",
)


@dataclass(frozen=True, slots=True)
class LazyFile:
    """A module of 100 lines: a comment and eleven functions. It stands in for a `SourceFile`."""

    number: int

    @property
    def path(self) -> PurePosixPath:
        """Fifty files to a directory, twenty directories to a package."""
        n = self.number
        return PurePosixPath(f"src/package_{n // 1000:03}/part_{n // 50 % 20:02}/module_{n:06}.py")

    def read_file(self) -> TextFile:
        """Make the text; it is the same each time."""
        return TextFile.from_text("".join(f"{line}\n" for line in self.lines()))

    def lines(self) -> Sequence[str]:
        """Return the lines, without endings."""
        draw = random.Random(self.number)
        lines = [f"# Module {self.number} of the repository that is only made up."]
        for nth, noun in enumerate(_NOUNS):
            values = {
                "name": f"{draw.choice(_VERBS)}_{noun}_{nth}",
                "number": draw.randint(2, 999),
                "factor": draw.randint(2, 99),
            }
            lines += [line.format(**values) for line in _FUNCTION]
        return lines[:N_LINES]


def snapshot(n_files: int, root: Path) -> RepoSnapshot:
    """Return a repository of `n_files` times 100 lines."""
    files = tuple(LazyFile(number) for number in range(n_files))
    return RepoSnapshot(root, None, cast("tuple[SourceFile, ...]", files), ())
