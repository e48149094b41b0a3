"""From what a task file says to tasks that can be started: repository, commit, branch and name of each."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.batch.branches import BranchNames
from agent.batch.cells import Mistake, quoted
from agent.batch.repositories import Repositories, Repository, check_url, is_url
from agent.batch.schema import TaskSpec
from repo_index.errors import RepoError


@dataclass(frozen=True, slots=True)
class Task:
    """A task that can be started. `id` stays the same as long as its author asks for the same thing."""

    id: str
    spec: TaskSpec
    repository: Repository
    base: str
    branch: str

    @property
    def title(self) -> str:
        """The first line that says something."""
        return next(line.strip() for line in self.spec.task.splitlines() if line.strip())


def plan(specs: Sequence[TaskSpec], repositories: Repositories) -> tuple[list[Task], list[Mistake]]:
    """Find what each task is about. Addresses are fetched from only where nothing else is wrong.

    Raises:
        ConflictError: another magicode is fetching one of the repositories.

    """
    mistakes: list[Mistake] = []
    for spec in specs:
        if spec.repo is not None and is_url(spec.repo):
            try:
                check_url(spec.repo)
            except RepoError as error:
                mistakes.append(_mistake(spec, "repo", error))
    local = [spec for spec in specs if spec.repo is None or not is_url(spec.repo)]
    tasks = _plan(local, repositories, mistakes)
    if mistakes or len(local) == len(specs):
        return tasks, mistakes
    return _plan(specs, repositories, mistakes), mistakes


def _plan(specs: Iterable[TaskSpec], repositories: Repositories, mistakes: list[Mistake]) -> list[Task]:
    tasks: list[Task] = []
    commits: dict[tuple[str, str], str] = {}
    seen: Counter[str] = Counter()
    names: BranchNames | None = None
    for spec in specs:
        try:
            repository = repositories.find(spec.repo)
        except RepoError as error:
            mistakes.append(_mistake(spec, "repo", error))
            continue
        names = names or BranchNames(repository.git)
        where = (repository.key, spec.base)
        task_id = _id(spec, repository, seen)
        base = branch = ""
        try:
            base = commits[where] = commits.get(where) or repository.commit(spec.base)
        except RepoError as error:
            mistakes.append(_mistake(spec, "base", error))
        try:
            branch = names.name(spec, task_id)
        except ValueError as error:
            mistakes.append(_mistake(spec, "branch", error))
        if base and branch:
            tasks.append(Task(task_id, spec, repository, base, branch))
    mistakes += _clashes(tasks)
    return tasks


def _mistake(spec: TaskSpec, key: str, error: Exception | str) -> Mistake:
    return Mistake(spec.line_of(key), f"`{key}`: {error}")


def _id(spec: TaskSpec, repository: Repository, seen: Counter[str]) -> str:
    """Hash what the file says of the change. Tasks that say the same are told apart by their order.

    Flags are left out, so that a batch goes on with others; labels and reviewers do not decide what is changed.
    """
    keys = (spec.said.keys() | {"task"}) - {"repo", "labels", "reviewers"}
    said = {key: getattr(spec, key) for key in sorted(keys)}
    text = json.dumps([repository.key, said])
    seen[text] += 1
    return hashlib.sha256(f"{text}#{seen[text]}".encode()).hexdigest()[:16]


def _clashes(tasks: Iterable[Task]) -> list[Mistake]:
    """Return the branches that two tasks would both make, or of which one is a folder of the other."""
    mistakes: list[Mistake] = []
    lines: dict[tuple[str, str], int] = {}
    folders: dict[tuple[str, str], int] = {}
    for task in tasks:
        key, line = task.repository.key, task.spec.line_of("branch")
        above = [(key, folder) for folder in folders_of(task.branch)]
        earlier = lines.get((key, task.branch))
        if earlier is not None:
            mistakes.append(
                Mistake(
                    line,
                    f"`branch`: {quoted(task.branch)} is that of the task in line {earlier}, too; "
                    "a template with {number} tells them apart",
                )
            )
        elif inside := [lines[folder] for folder in above if folder in lines]:
            mistakes.append(Mistake(line, _inside(task.branch, inside[0])))
        elif (key, task.branch) in folders:
            mistakes.append(Mistake(line, _inside(task.branch, folders[key, task.branch])))
        lines.setdefault((key, task.branch), line)
        for folder in above:
            folders.setdefault(folder, line)
    return mistakes


def folders_of(branch: str) -> list[str]:
    """Return the names that no branch can have beside this one: `a` and `a/b` of `a/b/c`."""
    parts = branch.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _inside(branch: str, line: int) -> str:
    return f"`branch`: git has no room for {quoted(branch)} beside the branch of line {line}, one inside the other"
