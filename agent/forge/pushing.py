"""Pushes from a repository whose configuration is not trusted, and never over what somebody else has pushed."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from agent.batch.repositories import Repository
from agent.errors import ForeignCommitsError, ForgeError
from agent.forge.remotes import Remote
from agent.forge.tokens import Token
from agent.scratch import scratch_directory
from repo_index.errors import GitError
from repo_index.git import Git

_NETWORK_S = 600.0
_PROTOCOLS = {"GIT_ALLOW_PROTOCOL": "https:http:ssh"}
# Read by the shell that git starts: the token is in no argument list and in no configuration.
_HELPER = (
    '!f() { test "$1" = get || exit 0; echo "username=$MAGICODE_GIT_USER"; echo "password=$MAGICODE_GIT_TOKEN"; }; f'
)
_STALE = b"stale info"


@dataclass(frozen=True, slots=True)
class RemoteHeads:
    """What a remote has: the commits at the ends of branches that were asked about, and its default branch."""

    tips: Mapping[str, str]
    default: str | None


@contextmanager
def clean_git(repository: Repository | None = None) -> Iterator[Git]:
    """Make git stand in an empty folder that sees a repository's objects and none of its configuration.

    What that configures could send a token elsewhere: another address, a proxy, a certificate that is not checked.
    """
    with scratch_directory() as folder:
        git = Git(folder.resolve())
        if repository is None:
            git.run("init", "--quiet", "--template=")
        else:
            form = repository.git.run("rev-parse", "--show-object-format").decode().strip()
            git.run("init", "--quiet", "--template=", f"--object-format={form}")
            alternates = git.root / ".git/objects/info/alternates"
            alternates.parent.mkdir(exist_ok=True)
            alternates.write_bytes(os.fsencode(repository.common / "objects") + b"\n")
            if (shallow := repository.common / "shallow").is_file():
                shutil.copyfile(shallow, git.root / ".git/shallow")
        yield git


def remote_heads(git: Git, remote: Remote, token: Token, branches: list[str]) -> RemoteHeads:
    """Ask a remote for the ends of branches.

    Raises:
        ForgeError: it cannot be reached, or refuses.

    """
    refs = [f"refs/heads/{branch}" for branch in branches]
    out = _networked(git, remote, token, "ls-remote", "--symref", "--", remote.url, "HEAD", *refs)
    tips: dict[str, str] = {}
    default: str | None = None
    for line in out.decode(errors="surrogateescape").splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith("ref: refs/heads/"):
            default = value.removeprefix("ref: refs/heads/")
        elif name in refs:
            tips[name.removeprefix("refs/heads/")] = value
    return RemoteHeads(tips, default)


def push(git: Git, remote: Remote, token: Token, branch: str, commit: str, expected: str | None) -> None:
    """Let a branch of the remote end in `commit`: make it, or move it from `expected` and from nowhere else.

    Raises:
        ForeignCommitsError: it is not as expected any more.
        ForgeError: the remote cannot be reached, or refuses.

    """
    ref = f"refs/heads/{branch}"
    try:
        _networked(
            *(git, remote, token, "push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed"),
            *("--recurse-submodules=no", f"--force-with-lease={ref}:{expected or ''}"),
            *("--", remote.url, f"{commit}:{ref}"),
        )
    except _RefusedError as error:
        if _STALE in error.out:
            raise foreign(remote, branch) from error
        raise


def foreign(remote: Remote, branch: str) -> ForeignCommitsError:
    """Return the error of a branch that ends in something which we have not pushed."""
    return ForeignCommitsError(
        f"the branch {branch} on {remote.host} holds commits that magicode has not pushed; nothing was overwritten. "
        "Merge or delete it there, or choose another name"
    )


def pushed_tips(repository: Repository, remote: Remote, branch: str) -> set[str]:
    """Return the commits in which a branch of the remote may end because we have pushed them."""
    out = repository.git.run("for-each-ref", "--format=%(objectname)", *_records(remote, branch))
    return set(out.decode().split())


def note_pushing(repository: Repository, remote: Remote, branch: str, commit: str) -> None:
    """Record that a commit is about to be pushed: killed in the midst of it, the next run knows it for ours."""
    repository.git.run("update-ref", _records(remote, branch)[1], commit)


def note_pushed(repository: Repository, remote: Remote, branch: str, commit: str) -> None:
    """Record that a commit was pushed."""
    pushed, pushing = _records(remote, branch)
    repository.git.run("update-ref", pushed, commit)
    repository.git.run("update-ref", "-d", pushing)


def contains(git: Git, commit: str, ancestor: str) -> bool:
    """Whether a commit has another one among its ancestors, so that nothing is lost when it takes its place."""
    try:
        git.run("merge-base", "--is-ancestor", ancestor, commit)
    except GitError:  # or it is not even there
        return False
    return True


class _RefusedError(ForgeError):
    def __init__(self, message: str, out: bytes) -> None:
        super().__init__(message)
        self.out = out


def _records(remote: Remote, branch: str) -> tuple[str, str]:
    # hashed: on different days one branch may have been a folder of another
    key = hashlib.sha256(f"{remote.url}\0{branch}".encode(errors="surrogateescape")).hexdigest()[:24]
    return f"refs/magicode/pushed/{key}", f"refs/magicode/pushing/{key}"


def _networked(git: Git, remote: Remote, token: Token, *args: str) -> bytes:
    configured: tuple[str, ...] = ()
    env = dict(_PROTOCOLS)
    if remote.is_http:
        # for this host alone, and with no other helper behind it that would keep the token
        name = f"credential.{remote.base}.helper"
        configured = ("-c", f"{name}=", "-c", f"{name}={_HELPER}", "-c", "credential.useHttpPath=false")
        env |= {"MAGICODE_GIT_USER": token.user, "MAGICODE_GIT_TOKEN": token.secret, "GIT_ASKPASS": ""}
    pieces: list[bytes] = []
    try:
        for piece in git.stream(*configured, *args, timeout_s=_NETWORK_S, env=env):
            pieces.append(piece)  # noqa: PERF402 - what came before an error is wanted, too
    except GitError as error:
        said = token.hidden_in(str(error)).replace("git -c: ", f"git {args[0]}: ")
        raise _RefusedError(f"{remote.url} refuses, or cannot be reached: {said}", b"".join(pieces)) from None
    return b"".join(pieces)
