"""Commits of tasks and the branches that they end up on. No branch moves that is not ours."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from agent.batch.plan import Task
from agent.batch.repositories import Repository
from agent.errors import ConflictError
from agent.escape import printable
from agent.sandbox import TestReport
from repo_index.errors import GitError, RepoError
from repo_index.git import Git

TRAILER = "Magicode-Task"
_TIPS = f"%(refname:lstrip=2)%00%(objectname)%00%(contents:trailers:key={TRAILER},valueonly,separator=%2C)"
_MAX_SUBJECT = 72  # characters
_MAX_LINES = 3  # of the tests' output in a message
_BLANKS = re.compile(r"\s+")
_IDENTITY = re.compile(r"(?P<who>.*) \d+ [+-]\d{4}\n?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tip:
    """The commit at the end of a branch. `task_id` is that of the task which it says it was made for."""

    commit: str
    task_id: str | None


def tips(repository: Repository) -> dict[str, Tip]:
    """Return the tip of each branch."""
    found: dict[str, Tip] = {}
    for line in repository.git.run("for-each-ref", f"--format={_TIPS}", "refs/heads").split(b"\n"):
        if line:
            name, commit, ids = line.decode(errors="surrogateescape").split("\0")
            found[name] = Tip(commit, ids or None)
    return found


def checked_out(repository: Repository) -> set[str]:
    """Return the branches that stand in a work tree, those without a commit included."""
    out = repository.git.run("worktree", "list", "--porcelain").decode(errors="surrogateescape")
    start = "branch refs/heads/"
    return {line.removeprefix(start) for line in out.splitlines() if line.startswith(start)}


def identity(repository: Repository) -> str:
    """Return `Name <address>` of who commits.

    Raises:
        RepoError: git's configuration does not say; the message tells what to set.

    """
    # what git would guess from the machine's name is nobody's address
    strict = ("-c", "user.useConfigOnly=true", "var")
    try:
        repository.git.run(*strict, "GIT_AUTHOR_IDENT")
        said = repository.git.run(*strict, "GIT_COMMITTER_IDENT").decode(errors="replace")
    except GitError as error:
        raise RepoError(
            f"git does not know who commits in {repository.name}. Set it: "
            "git config --global user.name 'Your Name' && git config --global user.email you@example.com"
        ) from error
    match = _IDENTITY.fullmatch(said)
    return match["who"] if match else said.strip()


def commit(git: Git, base: str, paths: Iterable[PurePosixPath], message: str) -> str:
    """Commit these files as they lie in a work tree at `base`, on no branch, and return the commit.

    What else stands in the work tree, such as what tests wrote, is left out.
    """
    listed = b"".join(str(path).encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    git.run("update-index", "--add", "--remove", "--replace", "-z", "--stdin", stdin=listed)
    tree = git.run("write-tree").decode().strip()
    arguments = ("-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, "-p", base, "-F", "-")
    return git.run(*arguments, stdin=message.encode("utf-8", "replace")).decode().strip()


def publish(repository: Repository, branch: str, commit: str, expected: str | None) -> None:
    """Let a branch end in `commit`: make it, or move it from `expected`.

    Raises:
        ConflictError: it is not as expected any more, or stands in a work tree.

    """
    if branch in checked_out(repository):
        raise ConflictError(f"the branch {branch} is checked out; its commit is {commit}, and no branch holds it")
    old = expected or "0" * len(commit)
    try:
        repository.git.run("update-ref", "--no-deref", "-m", "magicode batch", f"refs/heads/{branch}", commit, old)
    except GitError as error:
        raise ConflictError(
            f"the branch {branch} was changed by somebody else; nothing was overwritten. The commit is {commit}; "
            f"git says: {error}"
        ) from error


def exists(repository: Repository, commit: str) -> bool:
    """Whether a commit is there, on a branch or not."""
    try:
        repository.git.run("cat-file", "-e", f"{commit}^{{commit}}")
    except GitError:
        return False
    return True


def diff_of(repository: Repository, commit: str) -> str:
    """Return what a commit changes, as git writes it."""
    plain = ("--no-color", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/", "--format=")
    return repository.git.run("show", *plain, "--end-of-options", commit, "--").decode(errors="replace")


def message(task: Task, report: TestReport | None, *, model: str, signer: str | None) -> str:
    """Return a commit's message: the task, what the tests said, and trailers, which nothing before them can be."""
    title = _one_line(task.title)
    paragraphs = [title if len(title) <= _MAX_SUBJECT else f"{title[: _MAX_SUBJECT - 1]}…"]
    if title != task.spec.task.strip() or len(title) > _MAX_SUBJECT:
        paragraphs.append("\n".join(f"> {printable(line)}".rstrip() for line in task.spec.task.strip().splitlines()))
    paragraphs.append("\n".join([*evidence(report), f"Written by {_one_line(model)} with magicode batch."]))
    signed = [f"Signed-off-by: {signer}"] if signer else []
    paragraphs.append("\n".join([*signed, f"{TRAILER}: {task.id}"]))
    return "\n\n".join(paragraphs) + "\n"


def evidence(report: TestReport | None) -> list[str]:
    """Return lines that say how the change was tested."""
    if report is None:
        return ["Not tested: no test command was given."]
    command = _one_line(report.command)
    said = "passed" if report.passed else f"ended with {report.exit_code}, as it does without this change,"
    last = [line for line in report.tail.splitlines() if line.strip()][-_MAX_LINES:]
    end = ":" if last else "."
    return [f"`{command}` {said} in {report.duration_s:.1f} s{end}", *(f"    {printable(line)[:200]}" for line in last)]


def patch_of(repository: Repository, commit: str, *, copies_to: Iterable[str] = ()) -> bytes:
    """Return a commit as `git format-patch` writes it, for `git am` and `git send-email`.

    What a repository's configuration adds to patches is left out.
    """
    plain = (
        *("--stdout", "-1", "--no-attach", "--no-thread", "--no-cover-letter", "--no-notes", "--no-signature"),
        *("--no-to", "--no-cc", "--no-add-header", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"),
        *("--subject-prefix=PATCH", "--src-prefix=a/", "--dst-prefix=b/", "--full-index", "--binary", "--no-base"),
    )
    copies = [f"--cc={address}" for address in copies_to]
    return repository.git.run("format-patch", *plain, *copies, "--end-of-options", commit)


def _one_line(text: str) -> str:
    return printable(_BLANKS.sub(" ", text).strip())
