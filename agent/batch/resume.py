"""What is left to do of a batch, given what earlier runs recorded and which branches are there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from agent.batch import commits
from agent.batch.cells import Mistake, quoted
from agent.batch.commits import Tip
from agent.batch.plan import Task, folders_of
from agent.batch.repositories import Repository
from agent.batch.results import Result
from agent.batch.state import Entry, State
from agent.commits import checked_out, identity, publish
from agent.errors import ConflictError, ExitCode
from repo_index.errors import RepoError

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(slots=True)
class Resumed:
    """`results` of earlier runs by the ids of tasks, and the tasks `todo`.

    `movable` has the commits from which branches are moved, by the ids of the tasks that they are for.
    """

    results: dict[str, Result] = field(default_factory=dict)
    todo: list[Task] = field(default_factory=list)
    movable: dict[str, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


def resume(tasks: Sequence[Task], state: State, file: str, *, retry_failed: bool) -> Resumed:
    """Tell what is done from what is not, and finish what only lacks its branch or its record.

    Raises:
        WriteError: the state file cannot be written.

    """
    resumed = Resumed()
    ids = {task.id for task in tasks}
    branches: dict[str, _Branches] = {}
    for task in tasks:
        key = task.repository.key
        if key not in branches:
            branches[key] = _Branches.of(task.repository)
        entry = state.entries.get(task.id)
        result = _known(task, entry, branches[key], state, retry_failed=retry_failed)
        if result is not None:
            resumed.results[task.id] = result
            continue
        why_not = branches[key].why_not(task, state, file, ids)
        if why_not is not None:
            resumed.mistakes.append(Mistake(task.spec.line_of("branch"), f"`branch`: {quoted(task.branch)} {why_not}"))
            continue
        if tip := branches[key].tips.get(task.branch):
            resumed.movable[task.id] = tip.commit
        resumed.todo.append(task)
    resumed.mistakes += _nameless(resumed.todo)
    return resumed


@dataclass(frozen=True, slots=True)
class _Branches:
    """The branches of one repository. `folders` are names that cannot be branches beside them."""

    tips: dict[str, Tip]
    checked_out: set[str]
    folders: dict[str, str]

    @classmethod
    def of(cls, repository: Repository) -> "_Branches":
        tips = commits.tips(repository)
        return cls(
            tips,
            checked_out(repository.git),
            {folder: name for name in tips for folder in folders_of(name)},
        )

    def why_not(self, task: Task, state: State, file: str, ids: set[str]) -> str | None:
        """Say what keeps a task from its branch; None where nothing does."""
        name = task.branch
        if name in self.checked_out:
            return "is checked out in a work tree; switch that one to another branch"
        inside = next((folder for folder in folders_of(name) if folder in self.tips), None) or self.folders.get(name)
        if inside is not None:
            return f"has no room beside the branch {quoted(inside)}, one inside the other"
        tip = self.tips.get(name)
        if tip is None:
            return None
        if tip.task_id is None or tip.task_id in ids or state.maker(tip.commit) != file:
            return "is there already, and not what this file's task made; choose another name, or delete it"
        return None


def _known(task: Task, entry: Entry | None, branches: _Branches, state: State, *, retry_failed: bool) -> Result | None:
    """Return what came of a task in an earlier run; None where it is to be done."""
    if entry is not None and entry.event == "done":
        return _result(task, entry)
    if entry is not None and entry.event == "committed" and _finished(task, entry, branches):
        state.add(task.id, "done")
        return _result(task, state.entries[task.id])
    tip = branches.tips.get(task.branch)
    if tip is not None and entry is not None and tip.commit == entry.data.get("commit"):  # only its request failed
        state.add(task.id, "done")
        return _result(task, state.entries[task.id])
    if tip is not None and tip.task_id == task.id:  # by a run whose record is lost
        outcome = {"diff": commits.diff_of(task.repository, tip.commit)}
        state.add(task.id, "done", commit=tip.commit, branch=task.branch, outcome=outcome)
        return _result(task, state.entries[task.id])
    if entry is not None and entry.event == "failed" and not retry_failed:
        return _result(task, entry)
    return None


def _finished(task: Task, entry: Entry, branches: _Branches) -> bool:
    """Let the branch end in a commit that a killed run had made but perhaps not published."""
    commit = str(entry.data.get("commit"))
    tip = branches.tips.get(task.branch)
    if tip is not None:
        return tip.commit == commit
    if not (_COMMIT.fullmatch(commit) and commits.exists(task.repository, commit)):
        return False
    try:
        publish(task.repository.git, task.branch, commit, None, reason="magicode batch")
    except ConflictError:
        return False
    branches.tips[task.branch] = Tip(commit, task.id)
    return True


def _result(task: Task, entry: Entry) -> Result:
    data = entry.data
    is_done = entry.event == "done"
    return Result(
        replace(task, base=str(data.get("base") or task.base)),  # HEAD may have moved since
        "done" if is_done else "failed",
        int(ExitCode.DONE if is_done else data.get("exit_code") or ExitCode.UNEXPECTED),
        None if is_done else str(data.get("reason")),
        branch=data.get("branch"),
        commit=data.get("commit"),
        pull_request=data.get("pull_request"),
        before=True,
        outcome=data.get("outcome") or {},
    )


def _nameless(tasks: Iterable[Task]) -> list[Mistake]:
    """Return a mistake for each repository in which git does not know who commits."""
    first = {task.repository.key: task for task in reversed(list(tasks))}
    mistakes: list[Mistake] = []
    for task in first.values():
        try:
            identity(task.repository.git, task.repository.name)
        except RepoError as error:
            mistakes.append(Mistake(task.spec.line, str(error)))
    return mistakes
