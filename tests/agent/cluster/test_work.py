"""A batch that workers elsewhere do comes out as one that is done here, also where workers are lost."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.batch.batch import opened
from agent.batch.repositories import open_local
from agent.batch.results import Result
from agent.batch.runner import Settings
from agent.batch.schema import TaskSpec
from agent.batch.taskfile import TaskFile
from agent.batch.work import LocalWork, OpenWork
from agent.cluster.work import ClusterWork
from agent.cluster.work import opened as opened_work
from agent.errors import ClusterError, ExitCode
from agent.options import JobOptions
from tests.agent.cli.diffs import FIX, FIXED, NEW_FILE, NOWHERE
from tests.fakes.cluster import NearCluster
from tests.fakes.git_repo import Repo
from tests.fakes.listeners import Noting
from tests.fakes.scripted_model import ScriptedModel

ANSWERS = {"fix add": FIX, "fail": NOWHERE, "write notes": NEW_FILE}
TASKS = [{"task": task} for task in ANSWERS]
OPTIONS = JobOptions()


def open_model(_name: str) -> ScriptedModel:
    return ScriptedModel([lambda query: ANSWERS[query.task]] * 9)


def run_batch(
    repo: Repo, work: OpenWork, tasks: Sequence[dict[str, Any]] = TASKS, listener: Noting | None = None
) -> list[Result]:
    file = TaskFile("tasks.yaml", json.dumps({"tasks": tasks}).encode(), "yaml", repo.root)
    template = TaskSpec(0, 0, "", model="scripted", max_repairs=0)
    with opened(file, template, Settings(), current=open_local(repo.root), cache=repo.root / "no") as batch:
        try:
            batch.run(work, listener or Noting())
        except ClusterError:
            assert [result.status for result in batch.results] == ["open"] * len(tasks)
            raise
        return batch.results


def on(cluster: NearCluster, options: JobOptions = OPTIONS, n_each: int = 1) -> OpenWork:
    return lambda _tasks: opened_work(ClusterWork(cluster, options, n_each))


def told(result: Result) -> list[Any]:
    """What of a result has to be the same wherever it comes from."""
    kept = {key: value for key, value in result.outcome.items() if key not in {"log", "seconds", "timings_s", "tests"}}
    return [result.status, result.exit_code, result.reason, result.branch, kept]


def trees(repo: Repo) -> dict[str, str]:
    """The tree of each branch."""
    lines = repo.run("for-each-ref", "--format=%(refname:lstrip=2) %(tree)", "refs/heads").decode().splitlines()
    return dict(line.split() for line in lines)


@pytest.mark.parametrize("n_each", [1, 3])
def test_results_are_those_of_a_batch_here(repo: Repo, tmp_path: Path, n_each: int) -> None:
    other = Repo.init(tmp_path / "other", {}).owned()
    other.run("pull", "-q", str(repo.root), "main")
    tasks = [*TASKS, {"task": "fix add", "test_cmd": "grep 'a + b' calc.py", "branch": "tested"}]
    here = run_batch(other, lambda todo: LocalWork(todo, open_model, OPTIONS), tasks)
    cluster = NearCluster(tmp_path / "cache", open_model)
    listener = Noting()
    there = run_batch(repo, on(cluster, n_each=n_each), tasks, listener)
    assert [told(each) for each in there] == [told(each) for each in here]
    assert trees(repo) == trees(other)
    assert repo.run("show", "tested:calc.py") == FIXED
    assert there[3].outcome["tests"]["exit_code"] == 0
    assert listener.of("write notes") == ["started", "sent", "answer", "done"]
    assert repo.run("status", "--porcelain") == b""
    assert not list((tmp_path / "cache/workers").glob("*/*"))


@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_the_task_of_a_worker_that_is_lost_is_done_again(repo: Repo, tmp_path: Path, dies_at: int) -> None:
    cluster = NearCluster(tmp_path / "cache", open_model, ["one"], [dies_at])
    listener = Noting()
    results = run_batch(repo, on(cluster), listener=listener)
    assert [result.status for result in results] == ["done", "failed", "done"]
    assert listener.of("fix add")[:4] == ["started", "sent", "lost", "sent"]
    assert results[0].outcome["log"][2]["reason"] == "the worker on one is gone: killed"
    assert set(trees(repo)) == {"main", "magicode/fix-add", "magicode/write-notes"}
    assert len(cluster.workers) == 2


def test_a_task_that_loses_all_its_workers_fails_and_the_others_go_on(repo: Repo, tmp_path: Path) -> None:
    cluster = NearCluster(tmp_path / "cache", open_model, [*"abcd"], [3, 3, 3])
    results = run_batch(repo, on(cluster))
    by_code = {result.task.title: result.exit_code for result in results}
    assert set(by_code.values()) <= {ExitCode.DONE, ExitCode.BAD_DIFF, ExitCode.MODEL_UNAVAILABLE}
    lost = [event for result in results for event in result.outcome["log"] if event["event"] == "lost"]
    assert len(lost) == 3


def test_where_nobody_is_left_tasks_stay_open(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"no worker of the cluster is left: the node is gone \(one, two\)"):
        run_batch(repo, on(NearCluster(tmp_path / "cache", open_model, deaths=[3, 3, 0, 0])))
    assert set(trees(repo)) == {"main"}
    results = run_batch(repo, on(NearCluster(tmp_path / "cache", open_model)))
    assert [result.status for result in results] == ["done", "failed", "done"]


def test_what_went_wrong_there_is_told_here(repo: Repo, tmp_path: Path) -> None:
    def fail(_query: object) -> str:
        raise ZeroDivisionError("oh")

    results = run_batch(repo, on(NearCluster(tmp_path / "cache", lambda _: ScriptedModel([fail]))), TASKS[:1])
    assert (results[0].exit_code, results[0].reason) == (ExitCode.UNEXPECTED, "ZeroDivisionError: oh")
    small = JobOptions(context_limit=100)
    results = run_batch(repo, on(NearCluster(tmp_path / "cache", open_model), small), [{"task": "write notes"}])
    assert results[0].exit_code == ExitCode.CONTEXT_TOO_LARGE


def test_a_parcel_is_packed_once_for_the_tasks_of_a_commit(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import agent.cluster.work as work  # noqa: PLC0415

    packed = []
    real = work.packed
    monkeypatch.setattr(work, "packed", lambda *args: packed.append(args) or real(*args))
    run_batch(repo, on(NearCluster(tmp_path / "cache", open_model)))
    assert len(packed) == 1
