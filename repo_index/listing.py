"""The paths of a repository or directory, each with what is known of it before it is looked at."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from repo_index.errors import UnreadableError
from repo_index.folder import Folder, Source
from repo_index.git import Git

Listing = Literal["file", "sparse", "submodule", "nested", "unreadable", "undecodable", "installed"]

# In a repository, `.gitignore` names these; elsewhere often nobody does.
_INSTALLED = frozenset(
    {
        ".hg", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__",
        "bower_components", "node_modules",
    }
)  # fmt: skip


def list_files(source: Source) -> dict[PurePosixPath, Listing]:
    """Return each path that git tracks or would track once; in a plain directory, what its `.gitignore` files leave.

    Raises:
        GitError: the index cannot be listed.
        UnreadableError: the directory may not be read.

    """
    return dict(_in_git(source) if isinstance(source, Git) else _in_folder(source))


def _in_git(git: Git) -> Iterator[tuple[PurePosixPath, Listing]]:
    """Yield what git lists; a path in conflict up to three times."""
    out = git.run("ls-files", "-t", "-s", "-c", "-o", "--exclude-standard", "-z")
    for entry in out.split(b"\0")[:-1]:
        raw, listing = _entry(entry)
        yield PurePosixPath(os.fsdecode(raw)), listing


def _entry(entry: bytes) -> tuple[bytes, Listing]:
    """Read one entry: `? PATH` where it is untracked, else `TAG MODE ID STAGE<tab>PATH`."""
    tag, rest = entry[:1], entry[2:]
    details, _, path = (b"", b"", rest) if tag == b"?" else rest.partition(b"\t")
    if not _is_utf8(path):
        return path, "undecodable"
    if details.startswith(b"160000"):
        return path, "submodule"
    if path.endswith(b"/"):
        return path, "nested"
    return path, "sparse" if tag == b"S" else "file"


def _in_folder(folder: Folder) -> Iterator[tuple[PurePosixPath, Listing]]:
    """Walk a directory as git would if it were a repository.

    A repository in it, and what was installed or cached there, is named and not entered.
    """
    found: dict[PurePosixPath, Listing] = {}
    nested: set[PurePosixPath] = set()
    for path, kind in _walked(folder.root):
        if path.name == ".git":
            nested.add(path.parent)
        elif kind != "directory":
            found[path] = kind
        elif path.name in _INSTALLED:
            found[path] = "installed"
    nested.discard(PurePosixPath())  # a broken one of our own: it is no repository for git either
    for path, listing in found.items():
        if nested.isdisjoint(path.parents):
            yield path, listing if _is_utf8(os.fsencode(path)) else "undecodable"
    for path in nested:
        if nested.isdisjoint(path.parents):
            yield path, "nested"


def _walked(root: Path) -> Iterator[tuple[PurePosixPath, Listing | Literal["directory"]]]:
    """Yield all below `root` that no `.gitignore` names, each directory before what is in it.

    A directory that may not be read comes once more, as unreadable.
    """
    from ignore import Error, WalkBuilder  # noqa: PLC0415 - not needed in a repository
    from ignore.overrides import OverrideBuilder  # noqa: PLC0415

    # What is in a `.git` is nothing to read; that there is one tells of a nested repository.
    closed = OverrideBuilder(root)
    for name in (".git", *sorted(_INSTALLED)):
        closed = closed.add(f"!**/{name}/*")
    builder = WalkBuilder(root).hidden(False).ignore(False).parents(False)  # noqa: FBT003 - the library's own way
    walk = builder.git_exclude(False).require_git(False).overrides(closed.build()).build()  # noqa: FBT003
    last = PurePosixPath()
    while True:
        try:
            path = next(walk).path()
        except StopIteration:
            return
        except (Error, OSError) as error:  # of the directory that came last
            if last == PurePosixPath():
                raise UnreadableError(f"{root} cannot be read: {error}") from error
            yield last, "unreadable"
            continue
        if path == root:
            continue
        last = PurePosixPath(path.relative_to(root))
        yield last, "directory" if _is_directory(path) else "file"


def _is_directory(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:  # it is gone, or may not be looked at: reading it will say so
        return False


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
