"""Commits of what magicode changed, and branches that end in them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from agent.errors import ConflictError
from agent.escape import printable
from agent.forge.wording import Subject
from agent.sandbox import TestReport
from repo_index.errors import GitError, RepoError
from repo_index.git import Git

UNSPLIT = ("-c", "core.splitIndex=false")  # for an index of ours: no part of it goes to the git directory
_MAX_SUBJECT = 72  # characters
_MAX_LINES = 3  # of the tests' output in a message
_BLANKS = re.compile(r"\s+")
_IDENTITY = re.compile(r"(?P<who>.*) \d+ [+-]\d{4}\n?", re.DOTALL)


def checked_out(git: Git) -> set[str]:
    """Return the branches that stand in a work tree, those without a commit included."""
    out = git.run("worktree", "list", "--porcelain").decode(errors="surrogateescape")
    start = "branch refs/heads/"
    return {line.removeprefix(start) for line in out.splitlines() if line.startswith(start)}


def identity(git: Git, repository: str) -> str:
    """Return `Name <address>` of who commits; `repository` is what the error calls it.

    Raises:
        RepoError: git's configuration does not say; the message tells what to set.

    """
    # what git would guess from the machine's name is nobody's address
    strict = ("-c", "user.useConfigOnly=true", "var")
    try:
        git.run(*strict, "GIT_AUTHOR_IDENT")
        said = git.run(*strict, "GIT_COMMITTER_IDENT").decode(errors="replace")
    except GitError as error:
        raise RepoError(
            f"git does not know who commits in {repository}. Set it: "
            "git config --global user.name 'Your Name' && git config --global user.email you@example.com"
        ) from error
    match = _IDENTITY.fullmatch(said)
    return match["who"] if match else said.strip()


def stage(git: Git, paths: Iterable[PurePosixPath], env: Mapping[str, str] | None = None) -> None:
    """Put these files into the index as they lie in the work tree, also as gone; `env` may name another index."""
    listed = b"".join(str(path).encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    git.run(*_settings(env), "update-index", "--add", "--remove", "--replace", "-z", "--stdin", stdin=listed, env=env)


def commit(git: Git, base: str | None, message: str, env: Mapping[str, str] | None = None) -> str:
    """Commit the index behind `base`, or as a first commit, on no branch, and return the commit."""
    tree = git.run(*_settings(env), "write-tree", env=env).decode().strip()
    parent = () if base is None else ("-p", base)
    arguments = ("-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, *parent, "-F", "-")
    return git.run(*arguments, stdin=f"{message.rstrip()}\n".encode("utf-8", "replace"), env=env).decode().strip()


def _settings(env: Mapping[str, str] | None) -> tuple[str, ...]:
    return () if env is None else UNSPLIT


def publish(git: Git, branch: str, commit: str, expected: str | None, *, reason: str) -> None:
    """Let a branch end in `commit`: make it, or move it from `expected`. `reason` is for its log.

    Raises:
        ConflictError: it is not as expected any more, or stands in a work tree.

    """
    if branch in checked_out(git):
        raise ConflictError(f"the branch {branch} is checked out; its commit is {commit}, and no branch holds it")
    old = expected or "0" * len(commit)
    try:
        git.run("update-ref", "--no-deref", "-m", reason, f"refs/heads/{branch}", commit, old)
    except GitError as error:
        raise ConflictError(
            f"the branch {branch} was changed by somebody else; nothing was overwritten. The commit is {commit}; "
            f"git says: {error}"
        ) from error


def message(
    words: str,
    report: TestReport | None,
    *,
    model: str,
    by: str = "magicode",
    trailers: Sequence[str] = (),
    subject: Subject | None = None,
) -> str:
    """Return a commit's message: the task, what the tests said, and trailers, which nothing before them can be.

    Its first line is `subject`, or the task's own.
    """
    words = words.strip()
    first = subject.text if subject else plain_subject(words)
    paragraphs = [first]
    if subject and subject.why_not:
        paragraphs.append(f"The subject is the task's own: {_one_line(subject.why_not)}.")
    if first != words:
        paragraphs.append("\n".join(f"> {printable(line)}".rstrip() for line in words.splitlines()))
    paragraphs.append("\n".join([*evidence(report), f"Written by {_one_line(model)} with {by}."]))
    paragraphs.append("\n".join(trailers))
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def plain_subject(words: str) -> str:
    """Return a subject that needs no model: the first line, cut where it is too long."""
    title = _one_line(words.strip().partition("\n")[0])
    return title if len(title) <= _MAX_SUBJECT else f"{title[: _MAX_SUBJECT - 1]}…"


def evidence(report: TestReport | None) -> list[str]:
    """Return lines that say how the change was tested."""
    if report is None:
        return ["Not tested: no test command was given."]
    command = _one_line(report.command)
    said = "passed" if report.passed else f"ended with {report.exit_code}, as it does without this change,"
    last = [line for line in report.tail.splitlines() if line.strip()][-_MAX_LINES:]
    end = ":" if last else "."
    return [f"`{command}` {said} in {report.duration_s:.1f} s{end}", *(f"    {printable(line)[:200]}" for line in last)]


def _one_line(text: str) -> str:
    return printable(_BLANKS.sub(" ", text).strip())
