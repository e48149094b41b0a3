"""Real commits held back: what was asked, and which lines the answer touched."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from git import Git

from repo_index.languages import language_of
from tests.benchmarks.bench_context.corpus import CorpusReader
from tests.benchmarks.bench_context.messages import task_of

MAX_FILES = 5
MIN_LINES, MAX_LINES = 2, 150
LINES_AROUND = 3

_NOT_SOURCE = {"cmake", "dockerfile", "gomod", "ini", "json", "make", "markdown", "rst", "toml", "xml", "yaml"}
_DIFF_FLAGS = (
    "--no-color",
    "--no-ext-diff",
    "--no-renames",
    "--no-textconv",
    "--diff-algorithm=myers",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit and its parent, where the task begins.

    `edits` holds, for each source file that it changes, the old side's lines that it touches with 3 lines around,
    counted from 0; an insertion touches the lines that it stands between. `diff` changes these files as the commit
    did, with 3 lines of context; files that it adds, and changes to documents beside, are not in it.
    """

    repository: str
    id: str
    parent: str
    message: str
    edits: Mapping[str, frozenset[int]]
    diff: str

    @property
    def n_lines(self) -> int:
        """Lines that recall is counted over."""
        return sum(map(len, self.edits.values()))


def held_back(name: str, repository: Git, reader: CorpusReader, n_commits: int) -> list[Commit]:
    """Return the newest commits that make a task, newest first.

    Such a commit has one parent, a message that says what to do, and changes 1 to 5 source files that are there
    already, in 2 to 150 lines of the old side; it may add files, but removes and renames none.
    """
    found: list[Commit] = []
    for id_, parent, message in _history(repository):
        task = task_of(message)
        if task is None:
            continue
        commit = _commit(name, repository, reader, (id_, parent, task))
        if commit is not None:
            found.append(commit)
        if len(found) == n_commits:
            break
    return found


def _history(repository: Git) -> Iterator[tuple[str, str, str]]:
    # Bytes of any encoding may stand in a message.
    logged: bytes = repository.log(
        "--no-merges", "--encoding=UTF-8", "-z", "--format=%H%n%P%n%B", "HEAD", stdout_as_string=False
    )
    for entry in logged.split(b"\0"):
        id_, _, rest = entry.decode(errors="replace").partition("\n")
        parents, _, message = rest.partition("\n")
        if len(parents.split()) == 1:
            yield id_, parents, message


def _commit(name: str, repository: Git, reader: CorpusReader, about: tuple[str, str, str]) -> Commit | None:
    id_, parent, task = about
    changed = list(_changed(repository, parent, id_))
    if any(status not in {"A", "M"} for status, _, _ in changed):
        return None
    modified = [(path, blob) for status, path, blob in changed if status == "M"]
    sources = [(path, blob) for path, blob in modified if _is_source(path)]
    if not 1 <= len(sources) <= MAX_FILES or len(modified) > 2 * MAX_FILES:
        return None
    edits: dict[str, frozenset[int]] = {}
    n_touched = 0
    for path, blob in sources:
        text = reader.text(path, blob)
        if text is None:
            return None
        touched = [*_touched(_diff(repository, parent, id_, path, n_context=0), len(text.lines))]
        n_touched += sum(last - first for first, last in touched)
        edits[path] = frozenset(
            line
            for first, last in touched
            for line in range(max(first - LINES_AROUND, 0), min(last + LINES_AROUND, len(text.lines)))
        )
    if not MIN_LINES <= n_touched <= MAX_LINES or not all(edits.values()):
        return None
    diff = "".join(_diff(repository, parent, id_, path, n_context=LINES_AROUND) for path, _ in sources)
    return Commit(name, id_, parent, task, edits, diff)


def _changed(repository: Git, parent: str, id_: str) -> Iterator[tuple[str, str, str]]:
    """Yield status, path and old blob of each file that differs."""
    raw: str = repository.diff_tree("-r", "-z", "--raw", "--no-renames", "--no-abbrev", parent, id_)
    fields = raw.split("\0")
    for about, path in zip(fields[::2], fields[1::2], strict=False):
        _, _, blob, _, status = about.split()
        yield status, path, blob


def _diff(repository: Git, parent: str, id_: str, path: str, *, n_context: int) -> str:
    data: bytes = repository.diff(
        f"--unified={n_context}", *_DIFF_FLAGS, parent, id_, "--", f":(literal){path}",
        stdout_as_string=False, strip_newline_in_stdout=False,
    )  # fmt: skip
    return data.decode(errors="replace")


def _touched(diff: str, n_lines: int) -> Iterator[tuple[int, int]]:
    """Yield the old side's lines of each hunk, from 0 and half open; for an insertion, the lines around it."""
    for match in _HUNK.finditer(diff):
        start, count = int(match[1]), int(match[2] or 1)
        if count:
            yield start - 1, start - 1 + count
        else:  # it stands behind line `start`, counted from 1
            yield max(start - 1, 0), min(start + 1, n_lines)


def _is_source(path: str) -> bool:
    language = language_of(PurePosixPath(path))
    return language is not None and language not in _NOT_SOURCE
