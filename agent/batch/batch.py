"""A batch from its file to its end: read, checked, locked, what is done left out, the rest run."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.batch.cells import Mistake, TaskFileError
from agent.batch.listening import Listener
from agent.batch.locks import hold
from agent.batch.plan import Task, plan
from agent.batch.repositories import Repositories, Repository, is_url
from agent.batch.requests import requested
from agent.batch.results import Result
from agent.batch.resume import Resumed, resume
from agent.batch.runner import Runner, Settings
from agent.batch.schema import TaskSpec, read_specs
from agent.batch.state import State, StateError
from agent.batch.taskfile import TaskFile
from agent.batch.work import OpenWork
from agent.batch.worktrees import LOCK, Worktrees
from agent.errors import ForgeSetupError
from agent.forge.publishing import Publisher
from agent.treeio import Steps, no_step

_STATE = "magicode/batch.jsonl"


@dataclass(slots=True)
class Batch:
    """Tasks whose repositories are locked for us. `results` are those of earlier runs until `run` adds its own."""

    tasks: Sequence[Task]
    settings: Settings
    _file: str
    _resumed: Resumed
    _state: State | None
    _steps: Steps
    _publisher: Publisher | None = None
    _started: float = field(default_factory=time.monotonic)
    _new: dict[str, Result] = field(default_factory=dict)

    @property
    def results(self) -> list[Result]:
        """What came of each task so far, in the order of the file."""
        known = self._resumed.results | self._new
        return [known.get(task.id) or Result(task, "open") for task in self.tasks]

    @property
    def n_todo(self) -> int:
        """How many tasks this run has to do."""
        return len(self._resumed.todo)

    @property
    def seconds(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._started

    def run(self, open_work: OpenWork, listener: Listener) -> None:
        """Do what is left to do; broken off by an error, `results` are those of the tasks that ended.

        Raises:
            KeyboardInterrupt: Ctrl-C. Everything is as if the tasks that were under way had not begun.
            ModelError: a model cannot be had; no task was begun.
            ClusterError: nobody is left to do them; so are those that were under way.
            WriteError: the state file cannot be written.

        """
        for task_id, known in self._resumed.results.items():
            result = known
            if self._publisher and self._state:
                result = self._resumed.results[task_id] = requested(known, self._publisher, self._state)
            event = f"{result.status}_before" if result.before else result.status
            listener.on_event(result.task, event, _told(result))
        todo = self._resumed.todo
        with open_work(todo) as work:
            worktrees = {task.repository.key: Worktrees(task.repository, self._steps) for task in self.tasks}
            for each in worktrees.values():
                each.sweep()
            runner = Runner(
                self.settings, work, worktrees, self._state, self._file, listener, self._steps, self._publisher
            )
            self._new = runner.results
            try:
                runner.run(todo, self._resumed.movable)
            finally:
                for each in worktrees.values():
                    each.sweep()


def _told(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"exit_code": result.exit_code}
    if result.pull_request:
        told["pull_request"] = result.pull_request
    return told if result.before else {**told, "reason": result.reason}


def _not_publishable(tasks: Sequence[Task], publisher: Publisher) -> list[Mistake]:
    """Return a mistake for each repository from which no pull request can be opened."""
    mistakes: list[Mistake] = []
    for task in {task.repository.key: task for task in reversed(tasks)}.values():
        try:
            publisher.check(task.repository)
        except ForgeSetupError as error:
            mistakes.append(Mistake(task.spec.line_of("repo"), f"`repo`: {error}"))
    return mistakes


@contextmanager
def opened(
    file: TaskFile,
    template: TaskSpec,
    settings: Settings,
    *,
    current: Repository | None,
    cache: Path,
    state_path: Path | None = None,
    steps: Steps = no_step,
) -> Iterator[Batch]:
    """Check a task file as far as that goes without a model, and hold the repositories until the block ends.

    Args:
        file: the tasks.
        template: what holds where the file says nothing.
        settings: how to run them.
        current: the repository of tasks that name none, in whose git directory the state is kept.
        cache: where repositories with an address are cloned.
        state_path: where the state is kept instead.
        steps: is told of each step just before it is done.

    Raises:
        TaskFileError: the file has mistakes; all of them are listed.
        StateError: there is no place for the state, or its file is damaged.
        ConflictError: another batch has the state file, or one of the repositories.

    """
    specs, mistakes = read_specs(file.read(), template)
    if mistakes:  # look on, but fetch nothing
        specs = [spec for spec in specs if spec.repo is None or not is_url(spec.repo)]
    tasks, more = plan(specs, Repositories(current, file.home, cache))
    publisher = Publisher(settings.pulls, steps=steps) if settings.pulls and not settings.dry_run else None
    if publisher and not mistakes and not more:
        more = _not_publishable(tasks, publisher)
    if mistakes or more:
        raise TaskFileError(file.name, mistakes + more)
    with ExitStack() as stack:
        for common in sorted({task.repository.common for task in tasks}):
            stack.enter_context(hold(common / LOCK, f"running a batch in {common}"))
        state: State | None = None
        if settings.dry_run:
            resumed = Resumed(todo=list(tasks))
        else:
            path = state_path or (current.common / _STATE if current else None)
            if path is None:
                raise StateError("not started in a repository: say with --state FILE where to keep what is done")
            state = stack.enter_context(State.open(path, steps))
            resumed = resume(tasks, state, file.origin, retry_failed=settings.retry_failed)
            if resumed.mistakes:
                raise TaskFileError(file.name, resumed.mistakes)
        yield Batch(tasks, settings, file.origin, resumed, state, steps, publisher)
