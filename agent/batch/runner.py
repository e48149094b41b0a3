"""Tasks one after another, or several at once, each from its work tree to its branch."""

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent import commits
from agent.batch.commits import TRAILER
from agent.batch.listening import Listener, TaskUi
from agent.batch.plan import Task
from agent.batch.results import Result, failure, outcome_of
from agent.batch.state import State
from agent.batch.work import Work
from agent.batch.worktrees import Worktrees
from agent.errors import ClusterError
from agent.forge.publishing import Publisher
from agent.forge.settings import PullSettings
from agent.forge.wording import Subject
from agent.interrupts import held_back
from agent.outcome import Record
from agent.treeio import Steps, no_step
from repo_index.errors import GitError
from repo_index.git import Git

_PATIENCE_S = 20.0  # for the threads' tasks to notice that all is to end
_PAUSE_S = 0.5  # for Ctrl-C to reach us, where git has ended from it
_GLANCE_S = 0.05
_TOLD = ("exit_code", "reason", "branch", "commit", "pull_request", "seconds")  # at the end of a task


@dataclass(frozen=True, slots=True)
class Settings:
    """What becomes of what is done, and of what was done before."""

    dry_run: bool = False
    signoff: bool = False
    retry_failed: bool = False
    pulls: PullSettings | None = None  # how pull requests are opened, if they are to be


class Runner:
    """Runs tasks that are to be done. Whoever uses it holds the locks of their repositories."""

    def __init__(
        self,
        settings: Settings,
        work: Work,
        worktrees: Mapping[str, Worktrees],
        state: State | None,
        file: str,
        listener: Listener,
        steps: Steps = no_step,
        publisher: Publisher | None = None,
    ) -> None:
        """Take what does tasks, and what that works with: `worktrees` by the key of their repository.

        A dry run has no `state`.

        With a `publisher` each branch is pushed and a pull request opened for it.

        `file` is where the tasks come from: what they made is recorded as its.
        """
        self._settings, self._work, self._worktrees, self._file = settings, work, worktrees, file
        self._state, self._listener, self._steps, self._publisher = state, listener, steps, publisher
        self._stop = threading.Event()
        self._publishing = threading.Lock()
        self.results: dict[str, Result] = {}

    def run(self, tasks: Sequence[Task], movable: Mapping[str, str]) -> None:
        """Do the tasks; `results` fills up meanwhile, and has what is done if this is broken off.

        Args:
            tasks: those to be done.
            movable: by the id of a task whose branch is there and ours: the commit that it is moved from.

        Raises:
            KeyboardInterrupt: Ctrl-C; the tasks that were under way are open again.
            ClusterError: nobody is left to do them; so are theirs.
            WriteError: the state file cannot be written.

        """
        todo = queue.SimpleQueue[Task]()
        for task in in_order(tasks):
            todo.put(task)
        n_threads = min(self._work.n_at_once, len(tasks))
        if n_threads <= 1:
            self._do_all(todo, movable)
        else:
            self._do_side_by_side(n_threads, todo, movable)

    def _do_all(self, todo: "queue.SimpleQueue[Task]", movable: Mapping[str, str]) -> None:
        while not self._stop.is_set():
            try:
                task = todo.get_nowait()
            except queue.Empty:
                return
            self.results[task.id] = self._do(task, movable.get(task.id))

    def _do_side_by_side(self, n: int, todo: "queue.SimpleQueue[Task]", movable: Mapping[str, str]) -> None:
        errors: list[BaseException] = []

        def work() -> None:
            try:
                self._do_all(todo, movable)
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
                errors.append(error)
                self._stop.set()

        # daemons: a test command that says nothing for an hour does not keep an interrupted batch from ending
        threads = [threading.Thread(target=work, name=f"batch-{i}", daemon=True) for i in range(n)]
        # However often Ctrl-C is pressed: threads that are left alone would go on in work trees that are swept away.
        # Nor may it raise inside `join`, which takes a thread for ended then that is not (CPython 3.11 and 3.12).
        with held_back() as arrived:
            for thread in threads:
                thread.start()
            while not arrived and any(thread.is_alive() for thread in threads):
                time.sleep(_GLANCE_S)
            self._stop.set()
            deadline_s = time.monotonic() + _PATIENCE_S
            for thread in threads:
                thread.join(max(0.0, deadline_s - time.monotonic()))
        if errors:
            raise errors[0]

    def _do(self, task: Task, moves_from: str | None) -> Result:
        ui = TaskUi(task, self._listener, self._stop)
        record = Record()
        commit = opened = None
        worktrees = self._worktrees[task.repository.key]
        ui.say("started", branch=task.branch, base=task.base)
        if self._state:
            self._state.add(task.id, "started", file=self._file, base=task.base)
        try:
            git = worktrees.add(task.id, task.base)
            self._steps("job")
            subject = self._work.change(task, git, ui, record)
            outcome = outcome_of(record, None, ui.log, ui.seconds)
            if not self._settings.dry_run:
                commit = self._commit(git, task, record, subject, outcome, moves_from)
            if commit and self._publisher:
                ui.say("pushing", branch=task.branch)
                opened = self._publisher.publish(task, task.branch, commit, record.report)
        except ClusterError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other tasks are not to suffer from it
            self._require_going_on(error)
            result = self._failed(task, error, outcome_of(record, error, ui.log, ui.seconds))
        else:
            url = opened.url if opened else None
            if self._state:
                self._state.add(task.id, "done", **({"pull_request": url} if url else {}))
            if opened and opened.notes:
                ui.say("noted", reason="; ".join(opened.notes))
                outcome["log"] = list(ui.log)
            branch = task.branch if commit else None
            result = Result(task, "done", branch=branch, commit=commit, pull_request=url, outcome=outcome)
        finally:
            self._work.done(task)
            worktrees.remove(task.id)
        summary = result.summary()
        ui.say(result.status, **{key: summary[key] for key in _TOLD})
        return result

    def _commit(
        self,
        git: Git,
        task: Task,
        record: Record,
        subject: Subject | None,
        outcome: Mapping[str, Any],
        moves_from: str | None,
    ) -> str | None:
        """Commit the change, and let the task's branch end in it."""
        trailers = [f"{TRAILER}: {task.id}"]
        if self._settings.signoff:
            trailers.insert(0, f"Signed-off-by: {commits.identity(git, task.repository.name)}")
        text = commits.message(
            task.spec.task,
            record.report,
            model=task.spec.model,
            by="magicode batch",
            trailers=trailers,
            subject=subject,
        )
        self._steps("commit")
        commits.stage(git, record.change.paths if record.change else ())
        commit = commits.commit(git, task.base, text)
        if self._state:  # before the branch moves: whoever finds its tip can tell that it is ours
            self._state.add(task.id, "committed", commit=commit, branch=task.branch, outcome=outcome)
        self._steps("update-ref")
        with self._publishing:
            commits.publish(task.repository.git, task.branch, commit, moves_from, reason="magicode batch")
        return commit

    def _require_going_on(self, error: Exception) -> None:
        """Raise KeyboardInterrupt if an error comes of Ctrl-C, which the terminal sends to git, too."""
        is_main = threading.current_thread() is threading.main_thread()
        if self._stop.wait(_PAUSE_S if isinstance(error, GitError) and not is_main else 0):
            raise KeyboardInterrupt from error

    def _failed(self, task: Task, error: Exception, outcome: Mapping[str, Any]) -> Result:
        code, reason = failure(error)
        if self._state:
            self._state.add(task.id, "failed", exit_code=code, reason=reason, outcome=outcome)
        return Result(task, "failed", code, reason, outcome=outcome)


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """Put tasks that share a model, and of those the ones that share a repository and commit, after each other.

    What the model has read of a repository then serves all of them, and one model is in memory at a time.
    """
    models: dict[str, int] = {}
    groups: dict[tuple[str, str, str], int] = {}
    for task in tasks:
        models.setdefault(task.spec.model, len(models))
        groups.setdefault((task.spec.model, task.repository.key, task.base), len(groups))
    return sorted(
        tasks,
        key=lambda task: (
            models[task.spec.model],
            groups[task.spec.model, task.repository.key, task.base],
            task.spec.number,
        ),
    )
