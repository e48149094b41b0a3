"""The pull request of one task, outside of a batch."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Self

from agent.batch.branches import BranchNames, slug_tells
from agent.batch.plan import Task
from agent.batch.repositories import open_local
from agent.batch.schema import TaskSpec
from agent.commits import plain_subject
from agent.forge.api import Opened
from agent.forge.publishing import Publisher
from agent.forge.wording import Subject, write_subject
from agent.outcome import Record
from agent.protocols import LanguageModel
from repo_index.errors import RepoError
from repo_index.git import Git


@dataclass(frozen=True, slots=True)
class Single:
    """A task and what publishes it. Its branch is moved only from a commit that is recorded as made for it."""

    task: Task
    publisher: Publisher

    @classmethod
    def prepared(cls, git: Git, spec: TaskSpec, publisher: Publisher, *, branch: str | None) -> Self:
        """Find out where the request goes and what its branch is called; without `branch`, as the task says.

        A long task, or one in other letters, has its hash in the name: another one that begins alike is not its branch.

        Raises:
            RepoError: nothing is committed yet.
            ForgeSetupError: there is no remote, forge, token or client.

        """
        repository, head = open_local(git.root), git.head()
        if head is None:
            raise RepoError(f"nothing is committed in {git.root} yet, so nothing can branch off")
        publisher.check(repository)
        task_id = hashlib.sha256(f"{repository.key}\0{spec.task}".encode()).hexdigest()[:16]
        if not slug_tells(spec.task):
            spec = replace(spec, branch=f"{spec.branch}-{{id}}")
        return cls(Task(task_id, spec, repository, head, branch or BranchNames(git).name(spec, task_id)), publisher)

    def written_by(self, model: str) -> Self:
        """Return the same request, to say that this model wrote it."""
        return replace(self, task=replace(self.task, spec=replace(self.task.spec, model=model)))

    @property
    def moves_from(self) -> str | None:
        """The end of the branch, if there is one and it was made by an earlier run."""
        ref = f"refs/heads/{self.task.branch}"
        tip = self.task.repository.git.run("rev-parse", "--verify", "--quiet", ref, ok=(0, 1)).decode().strip()
        return tip if tip in self.publisher.recorded(self.task.repository, self.task.branch) else None

    def note(self, commit: str) -> None:
        """Record a commit as ours, before any branch ends in it."""
        self.publisher.note(self.task.repository, self.task.branch, commit)

    def subject(self, model: LanguageModel[Any, Any], record: Record) -> Subject:
        """Have the model word what it did."""
        return write_subject(model, self.task.spec.task, record.diff_text, plain_subject(self.task.spec.task))

    def open(self, record: Record) -> Opened | None:
        """Push what was delivered, and open or update the request; None where nothing was.

        Raises:
            ForgeError, ForeignCommitsError: see `Publisher.publish`; a note says where the commit is.

        """
        delivery = record.delivery
        if delivery is None or delivery.commit is None:
            return None
        try:
            opened = self.publisher.publish(self.task, self.task.branch, delivery.commit, record.report)
        except BaseException as error:  # Ctrl-C, too
            error.add_note(f"the change is on the branch {self.task.branch} of this repository")
            raise
        record.pull_request = opened.url
        return opened
