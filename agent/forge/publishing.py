"""From a commit on a branch of this machine to a request to merge it: push, then open or update."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from agent.batch.plan import Task
from agent.batch.repositories import Repository
from agent.errors import ForgeSetupError
from agent.forge.api import Forge, Opened, PullRequest
from agent.forge.body import ChangedFile, body, pushed_tip
from agent.forge.pushing import (
    clean_git,
    contains,
    foreign,
    note_pushed,
    note_pushing,
    push,
    pushed_tips,
    remote_heads,
)
from agent.forge.remotes import Remote, parse_remote
from agent.forge.settings import PullSettings
from agent.forge.tokens import Token, find_token
from agent.sandbox import TestReport
from agent.treeio import Steps, no_step
from repo_index.errors import GitError

_PACKAGES = {"github": "PyGithub", "gitlab": "python-gitlab", "gitea": "requests"}


@dataclass(frozen=True, slots=True)
class _Target:
    remote: Remote
    token: Token
    forge: Forge


@dataclass(slots=True)
class Publisher:
    """Publishes what tasks have committed. Several threads may ask: they take turns."""

    settings: PullSettings
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    steps: Steps = no_step
    _targets: dict[str, _Target] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, repository: Repository) -> None:
        """Find out where a repository's requests go, without asking anybody yet.

        Raises:
            ForgeSetupError: there is no remote, forge, token or client.

        """
        self._target(repository)

    def recorded(self, repository: Repository, branch: str) -> set[str]:
        """Return the commits of a branch that were made for it here."""
        return pushed_tips(repository, self._target(repository).remote, branch)

    def note(self, repository: Repository, branch: str, commit: str) -> None:
        """Record that a commit is made for a branch, and about to be pushed."""
        note_pushing(repository, self._target(repository).remote, branch, commit)

    def publish(self, task: Task, branch: str, commit: str, report: TestReport | None) -> Opened:
        """Push a commit and have a request for it, the same one however often this is called.

        Raises:
            ForeignCommitsError: the remote's branch holds what others have pushed.
            ForgeError: the remote or the forge refuses, or cannot be reached.

        """
        repository = task.repository
        with self._lock:
            target = self._target(repository)
            remote, forge = target.remote, target.forge
            name = _base_name(task, self.settings.remote)
            names = [branch, *([name] if name else [])]
            with clean_git(repository) as git:
                heads = remote_heads(git, remote, target.token, names)
                base = name if name in heads.tips else heads.default
                if base is None or base == branch:
                    raise ForgeSetupError(f"{remote.url} has no branch that {branch} could be merged into")
                tip = heads.tips.get(branch)
                self.steps("find request")
                found = forge.find(branch)
                recorded = pushed_tip(found.body) if found else None
                if found and not found.is_open:
                    if recorded == commit:  # somebody has merged or closed it since, and perhaps deleted the branch
                        note_pushed(repository, remote, branch, commit)
                        return found
                    found = None
                if tip != commit:
                    ours = {*pushed_tips(repository, remote, branch), *([recorded] if recorded else [])}
                    if tip is not None and tip not in ours and not contains(git, commit, tip):
                        raise foreign(remote, branch)
                    note_pushing(repository, remote, branch, commit)
                    self.steps("push")
                    push(git, remote, target.token, branch, commit, tip)
                note_pushed(repository, remote, branch, commit)
            request = self._request(task, branch, base, commit, report)
            if found is None:
                self.steps("create request")
                opened = forge.create(request)
            elif found.body == request.body:
                return found
            else:
                self.steps("update request")
                opened = forge.update(found.number, request)
            if task.spec.base != "HEAD" and name != base:
                opened = replace(opened, notes=(*opened.notes, f"into {base}: {remote.host} has no branch {name}"))
            return opened

    def _request(self, task: Task, branch: str, base: str, commit: str, report: TestReport | None) -> PullRequest:
        git = task.repository.git
        message = git.run("show", "-s", "--format=%B", "--end-of-options", commit, "--").decode(errors="replace")
        return PullRequest(
            head=branch,
            base=base,
            title=message.partition("\n")[0],
            body=body(task, commit, message, _files(task.repository, commit), report),
            labels=task.spec.labels,
            reviewers=tuple(name for name in task.spec.reviewers if "@" not in name),
            draft=self.settings.draft,
        )

    def _target(self, repository: Repository) -> _Target:
        found = self._targets.get(repository.key)
        if found is None:
            name = self.settings.remote
            try:
                out = repository.git.run("remote", "get-url", "--push", "--", name)
            except GitError as error:
                raise ForgeSetupError(
                    f"{repository.name} has no remote called {name}; name another one with --remote, "
                    "or add it: git remote add"
                ) from error
            url = out.decode(errors="replace").split("\n")[0]
            remote = parse_remote(url, self.settings.unknown, self.environ)
            with clean_git() as git:
                token = find_token(remote, git, self.environ)
            found = self._targets[repository.key] = _Target(remote, token, open_forge(remote, token))
        return found


def open_forge(remote: Remote, token: Token) -> Forge:
    """Return the client of a remote's forge; only this one is imported.

    Raises:
        ForgeSetupError: its package is not installed.

    """
    try:
        match remote.kind:
            case "github":
                from agent.forge.github import GitHub  # noqa: PLC0415 - whoever needs none of them need not have them

                return GitHub(remote, token)
            case "gitlab":
                from agent.forge.gitlab import GitLab  # noqa: PLC0415

                return GitLab(remote, token)
            case "gitea":
                from agent.forge.gitea import Gitea  # noqa: PLC0415

                return Gitea(remote, token)
    except ImportError as error:
        raise ForgeSetupError(
            f"{remote.host} is spoken to by {_PACKAGES[remote.kind]}, which is not installed: "
            f"pip install 'magicode[{remote.kind}]'"
        ) from error


def report_of(tests: Mapping[str, Any] | None) -> TestReport | None:
    """Return the test report that an outcome holds."""
    if not tests:
        return None
    return TestReport(**{each.name: tests[each.name] for each in fields(TestReport) if each.name in tests})


def _base_name(task: Task, remote: str) -> str | None:
    """Return the branch that a task began at, if it began at one; only the remote knows whether it is there.

    What began at the HEAD of a clone of ours, which may be old, began at the remote's default branch.
    """
    git, base = task.repository.git, task.spec.base
    if base != "HEAD":
        name = base.removeprefix("refs/remotes/").removeprefix(f"{remote}/")
        tracked = git.run("rev-parse", "--verify", "--quiet", f"refs/remotes/{remote}/{name}", ok=(0, 1))
        return name if tracked and name != base else base.removeprefix("refs/heads/")
    if task.repository.url:
        return None
    out = git.run("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1))
    return out.decode(errors="replace").strip() or None


def _files(repository: Repository, commit: str) -> list[ChangedFile]:
    shown = ("--numstat", "-z", "--no-renames", "--format=")
    out = repository.git.run("show", *shown, "--end-of-options", commit, "--").decode(errors="replace")
    rows = [row.lstrip("\n").split("\t", 2) for row in out.split("\0") if row.strip()]
    return [
        ChangedFile(path, *(None if n == "-" else int(n) for n in (added, removed))) for added, removed, path in rows
    ]
