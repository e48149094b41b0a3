"""What was changed before, and what was said of it: a task like an earlier one often touches the same places."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

from repo_index.errors import GitError
from repo_index.folder import Folder, Source
from repo_index.git import Git
from repo_index.recency import NO_NETWORK, PLAIN_LOG

# More of a message is seldom about what was changed.
_MAX_MESSAGE_CHARACTERS = 500
# Generated files fill most of a history's patches, and no task is about where in them something changed.
_NOT_FOLLOWED = (".lock", "-lock.json", "-lock.yaml", ".min.js", ".po", ".snap", ".sum", ".svg")
# A commit that changes a file in more places than this has rewritten or generated it.
_MAX_HUNKS = 30
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_PATCH = ("--patch", "--unified=0", "--diff-algorithm=myers", "--src-prefix=a/", "--dst-prefix=b/", "--no-color")

Span = tuple[int, int]  # first line and the one behind the last, from 0


@dataclass(frozen=True, slots=True)
class Change:
    """A commit: its message, and the paths that it changed as git writes them.

    `spans` are the lines that stand now where it changed some, by path; only of the latest changes.
    """

    message: str
    paths: tuple[str, ...]
    spans: Mapping[str, Sequence[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines from 0: those that a commit replaced, and what it put there."""

    old: Span
    new: Span


def read_past(
    source: Source, revision: str = "HEAD", *, max_commits: int = 3_000, max_patches: int = 300, timeout_s: float = 5.0
) -> Sequence[Change]:
    """Return the changes before and with `revision`, the latest first, merges left out.

    Lines are followed along the log as if it were one line of commits; where branches met, they may be some lines off.
    A history that takes longer than `timeout_s` seconds to read is cut where the time ends, and one that cannot be
    read at all is empty, as that of a plain directory: it helps to find the place and is never needed.
    """
    if isinstance(source, Folder):
        return ()
    spans: dict[bytes, dict[str, list[Span]]] = {}
    later: dict[str, list[list[_Hunk]]] = {}  # hunks of the commits that were read, by path, the latest first
    rewritten: set[str] = set()  # what stood where before is not followed
    with suppress(GitError), closing(_patches(source, revision, max_patches, timeout_s)) as patches:
        for commit, hunks in patches:
            spans[commit] = {}
            for path, own in hunks.items():
                if path in rewritten:
                    continue
                if len(own) > _MAX_HUNKS:
                    rewritten.add(path)
                    continue
                known = later.setdefault(path, [])
                spans[commit][path] = [_followed(hunk.new, known) for hunk in own]
                known.append(own)
    found: list[Change] = []
    with suppress(GitError), closing(_entries(source, revision, max_commits, timeout_s)) as entries:
        for commit, message, paths in entries:
            found.append(Change(message, paths, spans.get(commit, {})))
    return found


def _followed(span: Span, later: Sequence[Sequence[_Hunk]]) -> Span:
    """Return where lines are now, through what was changed later, the latest given first."""
    first, last = span
    for hunks in reversed(later):
        first, last = _moved(first, hunks, to_end=False), _moved(last, hunks, to_end=True)
    return first, max(first, last)


def _moved(line: int, hunks: Sequence[_Hunk], *, to_end: bool) -> int:
    shift = 0
    for hunk in hunks:
        start, end = hunk.old
        if line < start or (line == start and to_end):
            break
        if line < end:  # it was replaced
            return hunk.new[1] if to_end else hunk.new[0]
        shift = hunk.new[1] - end
    return line + shift


def _entries(
    git: Git, revision: str, max_commits: int, timeout_s: float
) -> Generator[tuple[bytes, str, tuple[str, ...]], None, None]:
    """Yield each commit's id, message and paths."""
    command = (*PLAIN_LOG, "-z", "--no-merges", "--name-only", "--encoding=UTF-8", "--format=%x01%H%n%B%x02")
    rest = b""
    with closing(_streamed(git, command, revision, max_commits, timeout_s)) as pieces:
        for piece in pieces:
            *entries, rest = (rest + piece).split(b"\x01")
            yield from (_entry(entry) for entry in entries if entry)
    if rest:
        yield _entry(rest)


def _entry(entry: bytes) -> tuple[bytes, str, tuple[str, ...]]:
    head, _, names = entry.partition(b"\x02")
    commit, _, message = head.partition(b"\n")
    paths = names.strip(b"\0\n").split(b"\0")
    text = message.decode(errors="replace")[:_MAX_MESSAGE_CHARACTERS]
    return commit, text, tuple(path.decode(errors="surrogateescape") for path in paths if path)


def _patches(
    git: Git, revision: str, max_commits: int, timeout_s: float
) -> Generator[tuple[bytes, dict[str, list[_Hunk]]], None, None]:
    """Yield each commit's id and the hunks of its files."""
    command = (*PLAIN_LOG, "--no-merges", *_PATCH, "--format=%x01%H")
    commit, hunks, n_skipped = b"", dict[str, list[_Hunk]](), 0
    path: str | None = None  # none while a file is deleted, or has a name that git quotes
    paths = [":/", *(f":(top,exclude,glob)**/*{ending}" for ending in _NOT_FOLLOWED)]
    with closing(_streamed(git, command, revision, max_commits, timeout_s, paths)) as pieces:
        for line in _lines(pieces):
            if n_skipped:  # a line of a hunk, whatever it looks like
                n_skipped -= not line.startswith(b"\\")
            elif line.startswith(b"\x01"):
                if commit:
                    yield commit, hunks
                commit, hunks = line[1:], {}
            elif line.startswith(b"+++ "):
                is_plain = line.startswith(b"+++ b/")
                path = line[6:].rstrip(b"\t").decode(errors="surrogateescape") if is_plain else None
            elif match := _HUNK.match(line):
                n_old, n_new = (int(match[i]) if match[i] is not None else 1 for i in (2, 4))
                n_skipped = n_old + n_new
                if path is not None:
                    hunk = _Hunk(_span(int(match[1]), n_old), _span(int(match[3]), n_new))
                    hunks.setdefault(path, []).append(hunk)
    if commit:
        yield commit, hunks


def _span(start: int, count: int) -> Span:
    """Read a side of a hunk's head; an empty one stands behind line `start`, counted from 1."""
    first = start - (count > 0)
    return first, first + count


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    if rest:
        yield rest


def _streamed(
    git: Git, command: Sequence[str], revision: str, max_commits: int, timeout_s: float, paths: Sequence[str] = ()
) -> Generator[bytes, None, None]:
    arguments = (*command, f"--max-count={max_commits}", revision, "--")
    return git.stream(*arguments, *paths, timeout_s=timeout_s, env=NO_NETWORK)
