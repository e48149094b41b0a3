"""What happens to a task between its work tree and its commit, here or elsewhere."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from agent import commits
from agent.batch.listening import TaskUi
from agent.batch.models import Model, Models
from agent.batch.plan import Task
from agent.batch.schema import TaskSpec
from agent.errors import NoChangeError
from agent.forge.wording import Subject, write_subject
from agent.loop import Job
from agent.options import JobOptions
from agent.outcome import Record
from agent.testcommands import named_test_command
from repo_index.git import Git


class Work(Protocol):
    """Does tasks. Several threads may ask at once."""

    @property
    def n_at_once(self) -> int:
        """Tasks that may be under way at the same time."""
        ...

    def change(self, task: Task, git: Git, ui: TaskUi, record: Record) -> Subject | None:
        """Let a model change the task's work tree, and word the commit's subject if that is wanted of it.

        Raises:
            AgentError, RepoError, ModelError: the task failed; `record` has what there is to tell of it.
            ClusterError: nobody is left to do anything; the task was not done.

        """
        ...

    def done(self, task: Task) -> None:
        """Hear that a task has ended, one way or the other."""
        ...


# From the tasks that are to be done: what does them, ready once the block is entered.
OpenWork = Callable[[Sequence[Task]], AbstractContextManager[Work]]


def carry_out(
    spec: TaskSpec, options: JobOptions, git: Git, model: Model, ui: TaskUi, record: Record, *, words_subject: bool
) -> Subject | None:
    """Let a model change a work tree.

    Args:
        spec: the task.
        options: what holds for each task but for what its author says of it.
        git: the work tree.
        model: it writes the change.
        ui: is told of everything.
        record: is filled in.
        words_subject: whether the model is to word the commit's subject, too.

    Raises:
        NoChangeError: the change came to nothing.
        AgentError, RepoError, ModelError: see `Job.run`.

    """
    options = replace(
        options,
        sampling=replace(options.sampling, n_attempts=spec.attempts),
        test_command=spec.test_cmd and named_test_command(spec.test_cmd, git),
        max_repairs=spec.max_repairs,
    )
    Job(git, model, options, ui, record).run(spec.task)
    if record.change is None:
        raise NoChangeError("the model's change came to nothing")
    if not words_subject:
        return None
    return write_subject(model, spec.task, record.diff_text, commits.plain_subject(spec.task))


class LocalWork(AbstractContextManager["LocalWork"]):
    """Does tasks in this process: each model is loaded once."""

    def __init__(
        self,
        tasks: Sequence[Task],
        open_model: Callable[[str], Model],
        options: JobOptions,
        n_at_once: int = 1,
        *,
        words_subjects: bool = False,
    ) -> None:
        """Open the models of the tasks.

        Raises:
            ModelError: one of them cannot be had.

        """
        self._models = Models((task.spec.model for task in tasks), open_model)
        self._options = options
        self._words_subjects = words_subjects
        self.n_at_once = n_at_once

    def __exit__(self, *_error: object) -> None:
        pass

    def change(self, task: Task, git: Git, ui: TaskUi, record: Record) -> Subject | None:
        """Let the task's model change its work tree."""
        model = self._models.get(task.spec.model)
        return carry_out(task.spec, self._options, git, model, ui, record, words_subject=self._words_subjects)

    def done(self, task: Task) -> None:
        """Let go of the model if no other task needs it."""
        self._models.done(task.spec.model)
