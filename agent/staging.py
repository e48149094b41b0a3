"""What git says about a change: which of its files hold uncommitted work, and what its diff makes of them.

Git works here on an index and an object directory of ours, so the user's index and object store gain nothing. Files
go in and out as bytes: no filter, line-ending conversion or hook of the repository has a part in it.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeVar

from agent.change import Change, FileChange
from agent.errors import PatchError
from agent.scratch import scratch_directory
from agent.treeio import FileState, Steps, no_step
from repo_index.errors import GitError
from repo_index.git import Git

# Settings of a repository that would change how git reads the diff, or scatter our index over its git directory.
_NEUTRAL = (
    "-c", "apply.ignoreWhitespace=no",
    "-c", "core.protectHFS=true",
    "-c", "core.splitIndex=false",
    "-c", "index.sparse=false",
)  # fmt: skip
_ARGUMENTS = 500  # paths on one command line, far below the system's limit

T = TypeVar("T")
IndexEntry = tuple[str, str]  # git mode, object id


def uncommitted(git: Git, files: Iterable[FileChange], *, modes_count: bool) -> tuple[PurePosixPath, ...]:
    r"""Return the paths whose file differs from HEAD, in the work tree or in the index; untracked ones too.

    `files[i].before` are the bytes on disk. A file is as committed, too, if only `\r\n` in place of `\n` tells the
    two apart: that is what `core.autocrlf` and `eol=crlf` write at checkout. Files that a clean filter (Git LFS,
    nbstripout) stores as other bytes count as uncommitted, since no program of the repository is run to find out.
    """
    files = tuple(files)
    paths = [str(file.path) for file in files]
    head = _head_entries(git, paths) if git.head() else {}
    index = _index_entries(git, paths)
    return tuple(
        file.path
        for file in files
        if head.get(str(file.path)) != index.get(str(file.path))
        or not _same(index.get(str(file.path)), file.before, modes_count=modes_count, endings_count=False)
    )


def judge(git: Git, folder: Path, change: Change, steps: Steps = no_step) -> None:
    """Let git apply the diff to the files as they are and compare what it makes of them with the change.

    `folder` must not exist; it is made, used as scratch and removed.

    Raises:
        PatchError: git refuses the diff, or comes to another result.
        OSError: the scratch folder cannot be written.

    """
    steps("mkdir staging")
    folder.mkdir(mode=0o700)
    try:
        made = _applied(git, folder, change, steps)
    except GitError as error:
        raise PatchError(f"git refuses the diff: {str(error).removeprefix('git -c: ')}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    wanted = {str(file.path): file.after for file in change.files if file.after is not None}
    differing = sorted(path for path in made.keys() | wanted.keys() if not _same(made.get(path), wanted.get(path)))
    if differing:
        raise PatchError(
            f"git and magicode disagree on what the diff makes of {', '.join(differing)}; this is a bug in magicode"
        )


def diff_of(git: Git, files: Sequence[FileChange]) -> bytes:
    """Return what leads from `before` to `after` of each file, as git writes it.

    Raises:
        GitError: git refuses.
        OSError: there is no room for temporary files.

    """
    trees: list[bytes] = []
    with scratch_directory() as folder:
        objects = folder / "objects"
        objects.mkdir()
        for side in ("before", "after"):
            env = {"GIT_INDEX_FILE": f"{folder}/{side}.index", "GIT_OBJECT_DIRECTORY": str(objects)}
            states: Iterator[tuple[PurePosixPath, FileState | None]] = (
                (file.path, file.before if side == "before" else file.after) for file in files
            )
            _stage(git, folder, env, states, no_step)
            trees.append(git.run(*_NEUTRAL, "write-tree", env=env).strip())
        plain = ("--no-color", "--binary", "--full-index", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/")
        return git.run("diff", *plain, *map(os.fsdecode, trees), "--", env=env)


def _applied(git: Git, folder: Path, change: Change, steps: Steps) -> dict[str, IndexEntry]:
    objects = folder / "objects"
    objects.mkdir()
    env = {"GIT_INDEX_FILE": str(folder / "index"), "GIT_OBJECT_DIRECTORY": str(objects)}
    _stage(git, folder, env, ((file.path, file.before) for file in change.files), steps)
    steps("git apply")
    git.run(*_NEUTRAL, "apply", "--cached", "--whitespace=nowarn", stdin=change.diff, env=env)
    return _parse_index(git.run(*_NEUTRAL, "ls-files", "--stage", "-z", env=env))


def _stage(
    git: Git,
    folder: Path,
    env: Mapping[str, str],
    states: Iterable[tuple[PurePosixPath, FileState | None]],
    steps: Steps,
) -> None:
    """Put files into the index that `env` names; their bytes pass through `folder`."""
    present = [(path, state) for path, state in states if state is not None]
    copies = []
    for n, (_, state) in enumerate(present):
        steps(f"stage {n}")
        copies.append(folder / str(n))
        copies[-1].write_bytes(state.data)
    ids: list[str] = []
    for some in _some(copies):
        ids += git.run("hash-object", "-w", "--no-filters", "--", *some, env=env).decode().split()
    records = (os.fsencode(f"{state.mode} {oid}\t{path}\0") for (path, state), oid in zip(present, ids, strict=True))
    git.run(*_NEUTRAL, "update-index", "-z", "--index-info", stdin=b"".join(records), env=env)


def _head_entries(git: Git, paths: Sequence[str]) -> dict[str, IndexEntry]:
    entries: dict[str, IndexEntry] = {}
    for some in _some(paths):
        for line in _records(git.run("ls-tree", "-z", "--full-tree", "HEAD", "--", *some)):
            meta, path = line.split("\t", 1)
            mode, kind, oid = meta.split(" ")
            if kind != "tree":
                entries[path] = (mode, oid)
    return entries


def _index_entries(git: Git, paths: Sequence[str]) -> dict[str, IndexEntry]:
    entries: dict[str, IndexEntry] = {}
    for some in _some(paths):
        env = {"GIT_LITERAL_PATHSPECS": "1"}
        entries |= _parse_index(git.run("ls-files", "--stage", "-z", "--", *some, env=env))
    return entries


def _parse_index(out: bytes) -> dict[str, IndexEntry]:
    entries: dict[str, IndexEntry] = {}
    for line in _records(out):
        meta, path = line.split("\t", 1)
        mode, oid, stage = meta.split(" ")
        entries[path] = (mode, oid if stage == "0" else "unmerged")
    return entries


def _records(out: bytes) -> Iterator[str]:
    return (os.fsdecode(record) for record in out.split(b"\0") if record)


def _some(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + _ARGUMENTS] for start in range(0, len(items), _ARGUMENTS))


def _same(
    entry: IndexEntry | None, state: FileState | None, *, modes_count: bool = True, endings_count: bool = True
) -> bool:
    if entry is None or state is None:
        return entry is None and state is None
    mode, oid = entry
    if mode not in ({state.mode} if modes_count else {"100644", "100755"}):
        return False
    if oid == _blob_id(state.data, len(oid)):
        return True
    return not endings_count and oid == _blob_id(state.data.replace(b"\r\n", b"\n"), len(oid))


def _blob_id(data: bytes, n_digits: int) -> str:
    """Name a blob as git does, in the repository's own hash: 40 digits are SHA-1, 64 are SHA-256."""
    algorithm = "sha256" if n_digits == 64 else "sha1"
    return hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
