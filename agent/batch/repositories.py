"""The repositories that tasks are for: folders on this machine, and clones in the user's cache."""

import hashlib
import os
import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from agent.batch.cells import quoted
from agent.batch.locks import hold
from repo_index.errors import GitError, NotARepositoryError, RepoError
from repo_index.git import Git
from repo_index.recency import NO_NETWORK

_SCHEMES = ("https", "ssh", "file")
_PROTOCOLS = {"GIT_ALLOW_PROTOCOL": ":".join(_SCHEMES)}
_SHORT_SSH = re.compile(r"(?:[\w.-]+@)?[\w][\w.-]*:(?![/:\\]{2}).+")  # git@host:path
_REMOTE_HELPER = re.compile(r"\w+::")
_NETWORK_S = 3_600.0
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: git in one of its work trees, and the git directory that all of them share."""

    git: Git
    common: Path
    url: str | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.url or str(self.git.root)

    @property
    def key(self) -> str:
        """What tells it from others, whichever of its work trees it was found through."""
        return self.url or str(self.common)

    def commit(self, base: str) -> str:
        """Return the commit that a revision names; in a clone, branches are those of its origin.

        Raises:
            RepoError: it names none.

        """
        names = (f"refs/remotes/origin/{base}", base) if self.url else (base,)
        for name in names:
            out = self.git.run(
                *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"),
                ok=(0, 1, 128),
                env=NO_NETWORK,
            )
            if found := out.decode(errors="replace").strip():
                return found
        if base == "HEAD":
            raise RepoError(f"nothing is committed in {self.name} yet")
        raise RepoError(f"{quoted(base)} names no commit in {self.name}")


def open_local(directory: Path) -> Repository:
    """Find the repository that holds a folder.

    Raises:
        NotARepositoryError: there is none.

    """
    git = Git.discover(directory)
    common = os.fsdecode(git.run("rev-parse", "--git-common-dir").removesuffix(b"\n"))
    return Repository(git, (git.root / common).resolve())


def is_url(text: str) -> bool:
    """Tell an address from a path; a path with a colon is written `./a:b`."""
    return "://" in text or bool(_REMOTE_HELPER.match(text)) or bool(_SHORT_SSH.fullmatch(text))


def check_url(url: str) -> None:
    """Refuse an address that is not to be cloned.

    Raises:
        RepoError: another protocol, or credentials in it; the message does not repeat them.

    """
    if "://" not in url and not _REMOTE_HELPER.match(url):
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise RepoError(f"no address: {error}") from error
    if parts.scheme not in _SCHEMES or _REMOTE_HELPER.match(url):
        raise RepoError(f"addresses may begin with {', '.join(f'{scheme}://' for scheme in _SCHEMES)} alone")
    if parts.password is not None or (parts.scheme != "ssh" and "@" in parts.netloc):
        raise RepoError("an address must hold no name, password or token; git asks its credential helper")
    if parts.scheme != "file" and (not host or host.startswith("-")):
        raise RepoError("the address names no host")


def cloned(url: str, cache: Path) -> Repository:
    """Return a clone, made or brought up to date. It has no files checked out and belongs to magicode alone.

    Raises:
        RepoError: the address is refused, or git cannot fetch from it.

    """
    check_url(url)
    tail = _NOT_IN_NAMES.sub("-", url.rstrip("/").removesuffix(".git").rpartition("/")[2])[-40:].strip("-.")
    target = cache / f"{tail}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    with hold(target.with_name(f"{target.name}.lock"), f"fetching {url}"):
        if target.is_dir():
            _fetch(Git(target))
        else:
            _clone(url, target)
    return Repository(Git(target.resolve()), (target / ".git").resolve(), url)


def _clone(url: str, target: Path) -> None:
    beside = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        _networked(
            Git(target.parent),
            *("clone", "--quiet", "--no-checkout", "--template=", "--origin=origin"),
            *("--config=gc.auto=0", "--config=core.logAllRefUpdates=true", "--", url, str(beside)),
        )
        beside.rename(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _fetch(git: Git) -> None:
    _networked(git, "fetch", "--quiet", "--prune", "--force", "--tags", "--no-recurse-submodules", "origin")
    with suppress(GitError):  # an empty repository has no HEAD to speak of
        git.run("remote", "set-head", "origin", "--auto", env=_PROTOCOLS)


def _networked(git: Git, *args: str) -> None:
    for _ in git.stream(*args, timeout_s=_NETWORK_S, env=_PROTOCOLS):
        pass


class Repositories:
    """Finds each repository once."""

    def __init__(self, current: Repository | None, home: Path, cache: Path) -> None:
        """Take the repository that tasks without one mean, what paths are relative to, and where clones are kept."""
        self._current = current
        self._home = home
        self._cache = cache
        self._found: dict[str, Repository | RepoError] = {}

    def find(self, text: str | None) -> Repository:
        """Return the repository of a path or address.

        Raises:
            RepoError: there is none.
            ConflictError: another magicode is fetching it.

        """
        if text is None:
            if self._current is None:
                raise NotARepositoryError(
                    "no `repo`, and the command was not started in a repository: say which is meant"
                )
            return self._current
        if text not in self._found:
            try:
                self._found[text] = self._open(text)
            except RepoError as error:
                self._found[text] = error
        found = self._found[text]
        if isinstance(found, RepoError):
            raise type(found)(*found.args)
        return found

    def _open(self, text: str) -> Repository:
        if is_url(text):
            return cloned(text, self._cache)
        try:
            return open_local(self._home / Path(text).expanduser())
        except (OSError, RuntimeError) as error:  # too long a name; a home that nobody has
            raise NotARepositoryError(f"{quoted(text)} cannot be opened: {error}") from error
