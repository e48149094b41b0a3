"""The order in which files last changed: what an edit changes in a prompt is then near its end."""

from collections.abc import Collection, Generator, Sequence
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

from repo_index.errors import GitError
from repo_index.folder import Folder, Source
from repo_index.git import Git

# Plumbing has no streaming walk that diffs, so each piece of configuration that changes what `log` says is overruled.
PLAIN_LOG = (
    "log",
    "--root",
    "--no-renames",
    "--no-relative",
    "--no-show-signature",
    "--ignore-submodules=all",
    "-O/dev/null",
)
_LOG = (*PLAIN_LOG, "-z", "--first-parent", "--diff-merges=first-parent", "--raw", "--format=%x01")
_STATUS = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all")
# A clone that lacks old trees would fetch them one at a time.
NO_NETWORK = {"GIT_ALLOW_PROTOCOL": "none"}


class Placed(Protocol):
    """A file that knows its place: a `SourceFile` or a `Document`."""

    @property
    def path(self) -> PurePosixPath:
        """Path inside the repository."""
        ...


_File = TypeVar("_File", bound=Placed)


def least_recent_first(
    source: Source, files: Sequence[_File], *, max_commits: int = 5_000, timeout_s: float = 5.0
) -> tuple[_File, ...]:
    """Order files by their last change, the latest at the end; ties are ordered by path.

    First the files whose last commit is unknown (see `commits_since`), then the others by commit, then those with
    changes that are not committed, by the time at which they were written: so the one that is being edited is the
    last, and editing it again moves nothing else. A failure of git costs the order, never the request. In a plain
    directory all are ordered by the time at which they were written.
    """
    by_path = {file.path: file for file in files}
    if isinstance(source, Folder):
        ages: dict[PurePosixPath, int] = {}
        uncommitted = set(by_path)
    else:
        ages = commits_since(source, by_path, max_commits=max_commits, timeout_s=timeout_s)
        uncommitted = _uncommitted(source)
    written = {path: _written_ns(source.root, path) for path in uncommitted if path in by_path}

    def age(path: PurePosixPath) -> tuple[bool, float, PurePosixPath]:
        if path in written:
            return True, written[path], path
        return False, -ages.get(path, float("inf")), path

    return tuple(by_path[path] for path in sorted(by_path, key=age))


def commits_since(
    git: Git, paths: Collection[PurePosixPath], *, max_commits: int = 5_000, timeout_s: float = 5.0
) -> dict[PurePosixPath, int]:
    """Return for each path how many commits were made since the one that last changed it; 0 for HEAD's own.

    Commits are counted along first parents, where a merge is one change that brings all of its branch: that is when
    the files changed here, whatever the clocks of the branch's authors said. A rename changes the new path.

    Left out are paths that no commit holds, and those last changed before the part of the history that is read. That
    part has between half of `max_commits` and all of them, and its beginning stays the same commit for half of
    `max_commits` new ones: else each of those could change the order at its very front. Only a history that takes
    longer than `timeout_s` seconds is cut where the time ends.
    """
    waiting = {str(path).encode(errors="surrogateescape"): path for path in paths}
    ages: dict[PurePosixPath, int] = {}
    age = -1
    with suppress(GitError), closing(_changes(git, max_commits, timeout_s)) as changes:
        for raw in changes:
            if raw is None:
                age += 1
            elif raw in waiting:
                ages[waiting.pop(raw)] = age
                if not waiting:
                    return ages
        if age + 1 == max_commits:
            limit = _stable_limit(git, max_commits, timeout_s)
            return {path: age for path, age in ages.items() if age < limit}
    return ages


def _stable_limit(git: Git, max_commits: int, timeout_s: float) -> int:
    """Return how many commits to look at so that the first of them is a fixed one of those counted from the root."""
    counting = git.stream("rev-list", "--count", "--first-parent", "HEAD", timeout_s=timeout_s)
    n_commits = int(b"".join(counting))
    step = max(1, max_commits // 2)
    n_left_out = -(-(n_commits - max_commits) // step) * step
    return n_commits - n_left_out


def _changes(git: Git, max_commits: int, timeout_s: float) -> Generator[bytes | None, None, None]:
    """Yield None for each commit, the latest first, and behind it the paths that it changed."""
    command = (*_LOG, f"--max-count={max_commits}", "HEAD", "--")
    rest, is_path = b"", False
    with closing(git.stream(*command, timeout_s=timeout_s, env=NO_NETWORK)) as pieces:
        for piece in pieces:
            *fields, rest = (rest + piece).split(b"\0")
            for field in fields:
                if is_path:
                    yield field
                    is_path = False
                elif field == b"\x01":
                    yield None
                else:  # what happened to a path, which is the next field; the first of a commit begins with a newline
                    is_path = field.lstrip(b"\n").startswith(b":")


def _uncommitted(git: Git) -> set[PurePosixPath]:
    """Return the paths that differ from HEAD, untracked ones included."""
    try:
        entries = git.run(*_STATUS, env=NO_NETWORK).split(b"\0")[:-1]
    except GitError:
        return set()
    return {PurePosixPath(entry[3:].decode(errors="surrogateescape")) for entry in entries}


def _written_ns(root: Path, path: PurePosixPath) -> int:
    try:
        return (root / path).lstat().st_mtime_ns
    except OSError:
        return 0
