"""A commit with its history in one value, and a repository made of that on another machine."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from agent.batch.repositories import Repository
from repo_index.git import Git
from repo_index.recency import NO_NETWORK

# The router learns from this many changes at most (see `repo_index.past`); older ones need not travel.
_MAX_COMMITS = 4_000
# How git turns blobs into files: a work tree elsewhere must come out with the same bytes.
_SETTINGS = ("core.autocrlf", "core.eol")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a repository is made of. `pack` is git's own format; `shallow` are commits whose parents stayed behind."""

    key: str
    commit: str
    pack: bytes
    shallow: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]


def key_of(repository: Repository, commit: str) -> str:
    """Return what a parcel is known by."""
    return hashlib.sha256(f"{repository.key}\0{commit}".encode()).hexdigest()[:16]


def packed(repository: Repository, commit: str, *, max_commits: int = _MAX_COMMITS) -> Parcel:
    """Pack a commit and what came before it.

    Raises:
        GitError: git cannot read all of it.

    """
    git = repository.git
    listed = git.run("rev-list", "--boundary", f"--max-count={max_commits}", "--end-of-options", commit).decode()
    lines = listed.split()
    cut = [line[1:] for line in lines if line.startswith("-")]
    known = {line.removeprefix("-") for line in lines}
    shallow = tuple(sorted({*cut, *(known & _shallow_in(repository))}))
    wanted = "".join([*(f"--shallow {each}\n" for each in shallow), f"{commit}\n"])
    arguments = ("pack-objects", "--revs", "--shallow", "--stdout", "--quiet", "--delta-base-offset")
    pack = git.run(*arguments, stdin=wanted.encode(), env=NO_NETWORK)
    settings = [(name, git.run("config", "--get", name, ok=(0, 1)).decode().strip()) for name in _SETTINGS]
    return Parcel(key_of(repository, commit), commit, pack, shallow, tuple(each for each in settings if each[1]))


def unpacked(parcel: Parcel, folder: Path) -> Repository:
    """Make a repository of a parcel in a folder that is not there yet. It has no files checked out.

    Raises:
        GitError: the pack is damaged, or the disk is full.

    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    object_format = "sha256" if len(parcel.commit) == 64 else "sha1"
    arguments = ("--quiet", "--template=", f"--object-format={object_format}")
    Git(folder.parent.resolve()).run("init", *arguments, "--", str(folder))
    git = Git(folder.resolve())
    if parcel.shallow:
        git.path("shallow").write_text("".join(f"{each}\n" for each in parcel.shallow), encoding="ascii")
    git.run("index-pack", "--stdin", "--fix-thin", stdin=parcel.pack, env=NO_NETWORK)
    for name, value in (*parcel.settings, ("gc.auto", "0")):
        git.run("config", name, value)
    return Repository(git, git.root / ".git")


def _shallow_in(repository: Repository) -> set[str]:
    """Return the commits whose parents are missing already."""
    try:
        return set((repository.common / "shallow").read_text(encoding="ascii").split())
    except FileNotFoundError:
        return set()
