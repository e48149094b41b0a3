import os
import signal
import threading
import time

import pytest

from agent.batch.listening import TaskUi
from agent.batch.plan import Task
from agent.batch.repositories import open_local
from agent.batch.runner import Runner, Settings
from agent.batch.schema import TaskSpec
from agent.batch.worktrees import Worktrees
from agent.outcome import Record
from repo_index.git import Git
from tests.fakes.git_repo import Repo
from tests.fakes.listeners import Silent


class InterruptedWork:
    """Two tasks at once. Once both are under way Ctrl-C is pressed many times, and the first goes on for a while."""

    n_at_once = 2

    def __init__(self) -> None:
        self.both = threading.Barrier(2)
        self.ended: list[str] = []

    def change(self, task: Task, git: Git, ui: TaskUi, record: Record) -> None:
        self.both.wait(10)
        if threading.current_thread().name == "batch-0":
            time.sleep(1)
        else:
            for _ in range(50):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.001)
        ui.on_text("")

    def done(self, task: Task) -> None:
        self.ended.append(task.id)


def test_threads_are_waited_for_however_often_ctrl_c_is_pressed(repo: Repo) -> None:
    repository = open_local(repo.root)
    head = repository.commit("HEAD")
    tasks = [Task(name, TaskSpec(1, 1, name), repository, head, f"magicode/{name}") for name in ("a", "b")]
    work, worktrees = InterruptedWork(), Worktrees(repository)
    runner = Runner(Settings(), work, {repository.key: worktrees}, None, "tasks.yaml", Silent())
    with pytest.raises(KeyboardInterrupt):
        runner.run(tasks, {})
    assert sorted(work.ended) == ["a", "b"]
    assert runner.results == {}
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("batch-")] == []
    assert not list(worktrees.folder.iterdir())
