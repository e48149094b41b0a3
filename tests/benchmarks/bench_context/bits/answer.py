"""A commit's diff as the model would have to write it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.benchmarks.bench_context.commits import Commit

MAX_ANSWER_TOKENS = 1_200


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file's part, line by line with their ends: two lines of header, and hunks that begin with a bare `@@`."""

    path: str
    header: tuple[str, str]
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The files of a diff in order; `is_capped` says whether its end is left out."""

    files: tuple[FileDiff, ...]
    is_capped: bool

    @classmethod
    def of(cls, commit: Commit, count: Callable[[str], int]) -> "Answer":
        """Read a commit's diff up to 1,200 tokens, given what counts those of a line; lines stay whole."""
        n_left = MAX_ANSWER_TOKENS
        files: list[FileDiff] = []
        parts = [part for part in f"\n{commit.diff}".split("\ndiff --git ") if part.strip()]
        for path, part in zip(commit.edits, parts, strict=True):
            header = (f"--- a/{path}\n", f"+++ b/{path}\n")
            n_left -= sum(map(count, header))
            body: list[str] = []
            for line in _hunk_lines(part):
                n_left -= count(line)
                if n_left < 0 and (files or body):  # the first line is there in any case
                    return cls((*files, FileDiff(path, header, tuple(body))) if body else tuple(files), is_capped=True)
                body.append(line)
            files.append(FileDiff(path, header, tuple(body)))
        return cls(tuple(files), is_capped=False)


def _hunk_lines(part: str) -> Iterator[str]:
    r"""Yield the lines from the first hunk on, every end a `\n`; what git says of a missing one is no line."""
    is_inside = False
    for line in part.removesuffix("\n").split("\n"):
        if line.startswith("@@"):
            is_inside = True
            yield "@@\n"
        elif is_inside and not line.startswith("\\"):
            yield line.removesuffix("\r") + "\n"
