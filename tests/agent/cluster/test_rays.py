"""`magicode batch --ray` on a cluster of two nodes, both on this machine."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cluster.rays import _places
from agent.errors import ExitCode
from tests.agent.cli.diffs import FIX, FIXED
from tests.fakes.cli import ROOT
from tests.fakes.git_repo import Repo

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # of workers, too
    cluster = cluster_utils.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}, shutdown_at_exit=True
    )
    try:
        yield cluster
    finally:
        cluster.shutdown()


class Running:
    """A batch in a process of its own; each answer takes some seconds."""

    def __init__(self, repo: Repo, folder: Path, *args: str, delay_s: float = 0.0, n_tasks: int = 4) -> None:
        script, tasks = folder / "script.json", folder / "tasks.yaml"
        script.write_text(json.dumps({"answers": [FIX] * 9, "delay_s": delay_s}))
        tasks.write_text(json.dumps({"tasks": [{"task": "fix it", "branch": f"fix/{n}"} for n in range(n_tasks)]}))
        self.out, self.err = folder / "out", folder / "err"
        command = [sys.executable, ROOT / "tests/fakes/scripted_cli.py", script, "batch", tasks, *args]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "MAGICODE_CACHE_DIR": str(folder / "cache")}
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(command, cwd=repo.root, env=environment, stdout=out, stderr=err)

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = self.out.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def wait_for(self, event: str, n: int) -> None:
        while sum(each["event"] == event for each in self.events) < n:
            assert self.process.poll() is None, self.err.read_text()
            time.sleep(0.05)

    def end(self) -> dict[str, Any]:
        code = self.process.wait(timeout=120)
        summary = self.events[-1]
        assert (summary["event"], summary["exit_code"]) == ("summary", code), self.err.read_text()
        return summary


def branches(repo: Repo) -> dict[str, bytes]:
    names = repo.run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/fix").decode().split()
    return {name: repo.run("show", f"{name}:calc.py") for name in names}


@pytest.mark.timeout(180)
def test_two_nodes_share_the_tasks_and_one_that_is_killed_loses_none(repo: Repo, tmp_path: Path, cluster: Any) -> None:
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    running = Running(repo, tmp_path, "--ray", cluster.address, delay_s=0.05)
    running.wait_for("answer", 2)
    assert len({event["worker"] for event in running.events if event["event"] == "sent"}) == 2
    cluster.remove_node(node, allow_graceful=False)
    summary = running.end()
    assert [task["status"] for task in summary["tasks"]] == ["done"] * 4
    events = [event["event"] for event in running.events]
    assert (events.count("lost"), events.count("done")) == (1, 4)
    assert branches(repo) == {f"fix/{n}": FIXED for n in range(4)}
    assert repo.run("worktree", "list").count(b"\n") == 1


@pytest.mark.timeout(180)
def test_a_worker_that_is_killed_is_started_again(repo: Repo, tmp_path: Path, cluster: Any) -> None:
    running = Running(repo, tmp_path, "--ray", cluster.address, delay_s=0.05, n_tasks=2)
    running.wait_for("done", 1)
    running.wait_for("answer", 2)
    for worker in _workers(cluster.head_node):
        os.kill(worker, 9)
    assert [task["status"] for task in running.end()["tasks"]] == ["done", "done"]
    assert Running(repo, tmp_path, n_tasks=2).end()["n_done_before"] == 2


def test_an_address_where_nobody_answers_is_said_at_once(repo: Repo, tmp_path: Path) -> None:
    for address, said in (
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1"),
        ("nonsense", "'nonsense' is no address of a Ray cluster; write auto, or HOST:PORT of its head"),
        ("ray://127.0.0.1:10001", "is no address of a Ray cluster"),
    ):
        running = Running(repo, tmp_path, "--ray", address)
        assert (running.end()["exit_code"], running.events[-1]["n_open"]) == (ExitCode.MODEL_UNAVAILABLE, 4)
        assert said in running.err.read_text()


def test_a_server_and_a_cluster_are_not_used_together(repo: Repo, tmp_path: Path) -> None:
    running = Running(repo, tmp_path, "--ray", "auto", "--base-url", "http://127.0.0.1:9/v1", "--model", "m")
    assert running.process.wait(timeout=60) == ExitCode.USAGE
    assert "--jobs says how many" in running.err.read_text()


def test_there_is_a_place_on_each_node_or_for_each_gpu() -> None:
    def node(name: str, *, alive: bool = True, **resources: float) -> dict[str, Any]:
        return {"NodeName": name, "NodeID": name * 10, "Alive": alive, "Resources": resources}

    nodes = [node("b", CPU=8.0, GPU=2.0), node("a", CPU=4.0), node("c", CPU=2.0, alive=False), node("d", memory=9.0)]
    places = _places(nodes, uses_gpus=True)
    assert list(places) == ["a (aaaaaaaa)", "b (bbbbbbbb), GPU 0", "b (bbbbbbbb), GPU 1"]
    assert [(place.n_cpus, place.n_gpus) for place in places.values()] == [(4, 0), (4, 1), (4, 1)]
    assert list(_places(nodes, uses_gpus=False)) == ["a (aaaaaaaa)", "b (bbbbbbbb)"]


def _workers(node: Any) -> list[int]:
    """The processes of a node's actors."""
    raylet = node.all_processes["raylet"][0].process.pid
    command = ["pgrep", "-P", str(raylet), "-f", "ray::_Actor"]
    return [int(each) for each in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]
