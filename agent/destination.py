"""Where a change is to end up: in the work tree as it is, in a commit, on a branch, or in a work tree of its own."""

import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from agent.batch.branches import BranchNames
from agent.batch.locks import hold
from agent.batch.plan import folders_of
from agent.batch.repositories import open_local
from agent.batch.worktrees import LOCK, Worktrees
from agent.commits import UNSPLIT, commit, identity, publish, stage
from agent.errors import ConflictError, PolicyError
from agent.interrupts import held_back
from agent.outcome import Delivery
from agent.scratch import scratch_directory
from repo_index.errors import GitError, RepoError
from repo_index.git import Git
from repo_index.recency import NO_NETWORK

_REASON = "magicode"  # in the log of a branch
# In the git directory while git itself is about to commit something: ours would become a part of it.
_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


@dataclass(frozen=True, slots=True)
class Destination:
    """What the user asked for. A `branch` is made from HEAD and is committed to; a `worktree` must not be there yet.

    A branch that is there is moved from the commit `moves_from`, and from no other.
    """

    commit: bool = False
    branch: str | None = None
    worktree: Path | None = None
    moves_from: str | None = None

    @property
    def commits(self) -> bool:
        """Whether there will be a commit."""
        return self.commit or self.branch is not None

    @property
    def elsewhere(self) -> bool:
        """Whether the user's own work tree stays as it is."""
        return self.branch is not None or self.worktree is not None


@dataclass(slots=True)
class Place:
    """A work tree to do the work in, and what becomes of it; `delivery` is there as soon as there is no way back."""

    git: Git
    wanted: Destination
    delivered: bool = False
    delivery: Delivery | None = None
    on_commit: Callable[[str], None] = lambda _commit: None  # hears of a commit before a branch ends in it

    def deliver(self, paths: Iterable[PurePosixPath], message: str) -> Delivery | None:
        """Commit a change that is in place, if that was asked for; None where there is nothing to tell of.

        In the user's own work tree the branch moves on, and of the index the entries of these files alone.

        Raises:
            ConflictError: the branch or HEAD was moved by somebody else, or the index is locked.

        """
        branch, paths = self.wanted.branch, tuple(paths)
        made = None
        with held_back():
            if branch is not None:
                made = self._commit_to(branch, paths, message)
            elif self.wanted.commit:
                made = _commit_to_head(self.git, paths, message)
            self.delivered = True
            if made or self.wanted.elsewhere:
                branch = branch or (_current_branch(self.git) if made else None)
                self.delivery = Delivery(paths, made, branch, self.wanted.worktree)
        return self.delivery

    def _commit_to(self, branch: str, paths: tuple[PurePosixPath, ...], message: str) -> str:
        stage(self.git, paths)
        made = commit(self.git, self.git.head(), message)
        self.on_commit(made)
        publish(self.git, branch, made, self.wanted.moves_from, reason=_REASON)
        if self.wanted.worktree is not None:
            self.git.run("symbolic-ref", "-m", _REASON, "HEAD", f"refs/heads/{branch}")
        return made


@contextmanager
def opened(git: Git, wanted: Destination) -> Iterator[Place]:
    """Find or make the work tree that the work is to be done in, with all that can be checked beforehand.

    One that was made goes again when the block ends, unless it was asked for and a change was delivered into it.

    Raises:
        RepoError: the branch's name cannot be used, git does not know who commits, or nothing is committed yet.
        ConflictError: the branch or the work tree is there already, or a merge or the like is under way.

    """
    if wanted.commits:
        identity(git, str(git.root))
    if not wanted.elsewhere:
        if wanted.commit:
            _require_settled(git)
        yield Place(git, wanted)
        return
    head = git.head()
    if head is None:
        raise RepoError(f"nothing is committed in {git.root} yet, so nothing can branch off")
    if wanted.branch is not None:
        _require_free(git, wanted.branch, wanted.moves_from)
    with ExitStack() as stack:
        if wanted.worktree is None:
            place = Place(stack.enter_context(_hidden_worktree(git, head)), wanted)
        else:
            place = Place(_new_worktree(git, wanted.worktree, head), wanted)
            stack.callback(_remove_unless_delivered, git, place)
        yield place


@contextmanager
def _hidden_worktree(git: Git, head: str) -> Iterator[Git]:
    repository = open_local(git.root)
    with hold(repository.common / LOCK, f"working on branches in {repository.common}"):
        worktrees = Worktrees(repository)
        worktrees.sweep()
        name = secrets.token_hex(8)
        try:
            yield worktrees.add(name, head)
        finally:
            worktrees.remove(name)


def _new_worktree(git: Git, path: Path, head: str) -> Git:
    target = path.expanduser().absolute()
    if target.is_symlink() or (target.exists() and not (target.is_dir() and not any(target.iterdir()))):
        raise ConflictError(f"{path} is there already; name a folder that is not, for a work tree of its own")
    if ".git" in target.parts:
        raise PolicyError(f"{path} is inside a git directory; name a folder outside of it")
    git.run("worktree", "add", "--quiet", "--detach", "--", target, head, env=NO_NETWORK)
    return Git(target.resolve())


def _remove_unless_delivered(git: Git, place: Place) -> None:
    if not place.delivered:
        with held_back():
            git.run("worktree", "remove", "--force", "--", place.git.root, ok=(0, 128))


def _require_free(git: Git, branch: str, moves_from: str | None) -> None:
    if why := BranchNames(git).why_not(branch):
        raise RepoError(f"{branch!r} {why}")
    out = git.run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").decode(errors="surrogateescape")
    taken = set(out.splitlines())
    if branch in taken and moves_from is None:
        raise ConflictError(f"the branch {branch} is there already; choose another name, or delete it")
    beside = next((name for name in taken if name in folders_of(branch) or branch in folders_of(name)), None)
    if beside is not None:
        raise ConflictError(f"git has no room for {branch} beside the branch {beside}, one inside the other")


def _require_settled(git: Git) -> None:
    for name, what in _UNDER_WAY.items():
        if git.path(name).exists():
            raise ConflictError(f"a {what} is under way, whose commit this would become; finish it, or use --branch")


def _commit_to_head(git: Git, paths: tuple[PurePosixPath, ...], message: str) -> str:
    """Commit files, which were as committed before, in front of HEAD; what else is staged stays staged."""
    head = git.head()
    before = git.run("ls-files", "--stage", "-z", "--", *map(str, paths), env={"GIT_LITERAL_PATHSPECS": "1"})
    with scratch_directory() as folder:
        env = {"GIT_INDEX_FILE": f"{folder}/index"}
        if head is not None:
            git.run(*UNSPLIT, "read-tree", head, env=env)
        stage(git, paths, env)
        made = commit(git, head, message, env)
    try:
        # First the index: a kill in between leaves the change staged, and not its opposite.
        stage(git, paths)
        git.run("update-ref", "-m", _REASON, "HEAD", made, head or "0" * len(made))
    except GitError as error:
        gone = b"".join(b"0 %s\t%s\0" % (b"0" * len(made), os.fsencode(path)) for path in paths)
        git.run("update-index", "-z", "--index-info", stdin=gone + before, ok=(0, 128))
        raise ConflictError(f"the change cannot be committed: {error}. Run the command again") from error
    return made


def _current_branch(git: Git) -> str | None:
    return git.run("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).decode(errors="replace").strip() or None
