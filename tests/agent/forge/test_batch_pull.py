"""`magicode batch --pr`: branches on a remote over HTTP and requests on a forge, however often it is run."""

import io
import json
import os
import signal
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
from agent.batch.telling import JsonLines
from agent.batch.work import LocalWork
from agent.errors import ExitCode
from agent.forge.settings import PullSettings
from agent.markdown import escaped
from agent.options import JobOptions
from model.api import Query
from tests.agent.cli.diffs import FIX, NEW_FILE, WRONG
from tests.agent.cli.test_verify import PASSES
from tests.agent.forge.conftest import NAME
from tests.fakes.cli import Cli
from tests.fakes.forge.server import TOKEN, LocalForge
from tests.fakes.git_repo import Repo
from tests.fakes.scripted_model import Answer, ScriptedModel

SUBJECT = "Add the numbers instead of subtracting them"


def answer(query: Query) -> str:
    if "Write the commit message" in query.task:
        return "```\nWrite notes.\n```" if "notes" in query.task.split("\n")[0] else SUBJECT
    return NEW_FILE if query.task.startswith("notes") else FIX


ANSWERS: Sequence[Answer] = [answer] * 60


def run(cli: Cli, tasks: Sequence[dict[str, Any]], *args: str, answers: Sequence[Answer] = ANSWERS) -> Any:
    Path("../tasks.yaml").write_text(json.dumps({"tasks": list(tasks)}))
    result = cli("batch", "../tasks.yaml", "--pr", "--forge", "gitea", *args, answers=answers)
    assert TOKEN not in result.out.decode() + result.err
    return result


def summary(result: Any) -> dict[str, Any]:
    return json.loads(result.out.decode().splitlines()[-1])  # type: ignore[no-any-return]


def test_a_branch_and_a_request_for_each(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    before = repo.files(), (repo.root / ".git/config").read_bytes()
    people = {"labels": ["bug"], "reviewers": ["bob", "a@b.c"]}
    tasks = [{"task": "fix add for @everyone, closes #1", "test_cmd": PASSES, **people}, {"task": "notes"}]
    result = run(cli, tasks, "--signoff", "--report", "../report")
    assert (result.code, result.err) == (0, "")
    one, two = summary(result)["tasks"]
    assert one["pull_request"] == f"{forge.url}/team/calc/pulls/1"
    assert forge.tip(NAME, one["branch"]) == one["commit"]
    assert forge.tip(NAME, two["branch"]) == two["commit"]
    first, second = forge.pulls
    assert (first.title, first.base, first.labels, first.reviewers) == (SUBJECT, "main", ["bug"], ["bob"])
    assert second.title == "Write notes"
    outside = first.body.split("```")[::2]
    assert not [text for text in outside if "@everyone" in text or "#1" in text]
    for said in ("closes #1", "`calc.py` +1 −1", f"`{PASSES}` passed in ", "git switch --detach"):  # noqa: RUF001
        assert said in first.body
    assert first.body.endswith(f"<!-- magicode: task {one['id']}, pushed {one['commit']} -->")
    message = forge.git(NAME, "log", "-1", "--format=%B", one["branch"])
    assert message.startswith(f"{SUBJECT}\n\n> fix add for @everyone")
    assert "Signed-off-by: Ada <ada@example.org>" in message
    assert (repo.files(), (repo.root / ".git/config").read_bytes()) == before
    assert f"pull request: {escaped(one['pull_request'])}" in Path("../report/report.md").read_text()
    assert f'<a href="{one["pull_request"]}">' in Path("../report/report.html").read_text()


def test_the_base_is_what_the_remote_calls_it(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    forge.git(NAME, "branch", "develop", "main")
    repo.run("update-ref", "refs/remotes/origin/develop", "HEAD")
    repo.run("branch", "local")
    result = run(cli, [{"task": "fix", "base": "origin/develop"}, {"task": "notes", "base": "local"}])
    assert (result.code, [pull.base for pull in forge.pulls]) == (0, ["develop", "main"])
    assert "into main: 127.0.0.1" in result.out.decode()
    assert "has no branch local" in result.out.decode()


def test_again_nothing_is_asked_twice(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    run(cli, [{"task": "fix"}])
    n_requests = len(forge.requests)
    result = run(cli, [{"task": "fix"}])
    assert (result.code, summary(result)["n_done_before"], len(forge.pulls)) == (0, 1, 1)
    assert (len(forge.requests), cli.model.queries) == (n_requests, [])
    assert summary(result)["tasks"][0]["pull_request"] == f"{forge.url}/team/calc/pulls/1"


def test_what_was_done_without_is_published_later(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    Path("../tasks.yaml").write_text(json.dumps({"tasks": [{"task": "fix", "test_cmd": PASSES}]}))
    assert cli("batch", "../tasks.yaml", answers=[FIX]).code == 0
    result = run(cli, [{"task": "fix", "test_cmd": PASSES}])
    assert (result.code, cli.model.queries, [pull.title for pull in forge.pulls]) == (0, [], ["fix"])
    assert f"`{PASSES}` passed" in forge.pulls[0].body


def test_a_reworded_task_updates_its_own_branch_and_request(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    run(cli, [{"task": "fix", "branch": "x"}], answers=[WRONG, "Subtract the other way round"])
    old = forge.tip(NAME, "x")
    result = run(cli, [{"task": "fix it", "branch": "x"}])
    assert result.code == 0
    (pull,) = forge.pulls
    assert (pull.title, forge.git(NAME, "rev-list", "--count", "main..x")) == (SUBJECT, "1")
    assert forge.tip(NAME, "x") not in {old, None}


def somebody_pushes(forge: LocalForge, branch: str, parent: str) -> str:
    who = ["-c", "user.name=Eve", "-c", "user.email=eve@x"]
    commit = forge.git(NAME, *who, "commit-tree", f"{parent}^{{tree}}", "-p", parent, "-m", "mine")
    forge.git(NAME, "update-ref", f"refs/heads/{branch}", commit)
    return commit


def test_what_others_have_pushed_is_never_overwritten(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    run(cli, [{"task": "fix", "branch": "x"}])
    theirs = somebody_pushes(forge, "x", "x")
    result = run(cli, [{"task": "fix it", "branch": "x"}, {"task": "notes"}])
    assert (result.code, forge.tip(NAME, "x")) == (ExitCode.CONFLICT, theirs)
    one, two = summary(result)["tasks"]
    assert "holds commits that magicode has not pushed; nothing was overwritten" in one["reason"]
    assert two["status"] == "done"
    somebody_pushes(forge, "y", "main")
    result = run(cli, [{"task": "more", "branch": "y"}])
    assert result.code == ExitCode.CONFLICT


def test_nor_what_they_push_at_the_very_moment(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    theirs: list[str] = []

    def interfere(operation: str) -> None:
        if operation == "list" and not theirs:  # after we have looked at the branch, before we push
            theirs.append(somebody_pushes(forge, "magicode/fix", "main"))

    forge.on_operation = interfere
    result = run(cli, [{"task": "fix"}])
    assert (result.code, forge.tip(NAME, "magicode/fix")) == (ExitCode.CONFLICT, theirs[0])


def test_a_forge_that_is_out_of_order_is_asked_again_next_time(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    forge.fail["create"] = (500, {"message": "out of order"})
    result = run(cli, [{"task": "fix", "test_cmd": PASSES}])
    assert (result.code, forge.pulls) == (ExitCode.FORGE, [])
    assert "out of order" in summary(result)["tasks"][0]["reason"]
    result = run(cli, [{"task": "fix", "test_cmd": PASSES}])
    assert (result.code, cli.model.queries, len(forge.pulls)) == (0, [], 1)
    assert f"`{PASSES}` passed" in forge.pulls[0].body


def test_a_runner_that_has_never_seen_the_branch(cli: Cli, repo: Repo, forge: LocalForge, tmp_path: Path) -> None:
    run(cli, [{"task": "fix", "branch": "x"}])
    repo.run("clone", "-q", "--depth=1", "--branch=main", f"file://{forge.root / NAME}.git", str(tmp_path / "fresh"))
    fresh = Repo(tmp_path / "fresh")
    fresh.run("remote", "set-url", "origin", f"{forge.url}/{NAME}.git")
    for key, value in {"user.name": "Bot", "user.email": "bot@example.org"}.items():
        fresh.run("config", key, value)
    cli.monkeypatch.chdir(fresh.root)
    result = run(cli, [{"task": "fix it", "branch": "x"}])
    assert (result.code, len(forge.pulls)) == (0, 1)
    assert forge.git(NAME, "log", "-1", "--format=%an", "x") == "Bot"
    somebody_pushes(forge, "x", "x")
    repo.run("-C", str(fresh.root), "update-ref", "-d", "refs/heads/x")
    assert run(cli, [{"task": "fix it so", "branch": "x"}]).code == ExitCode.CONFLICT


def test_one_that_was_merged_or_closed_stays_so(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    run(cli, [{"task": "fix"}])
    forge.pulls[0].state = "closed"
    (repo.root / ".git/magicode/batch.jsonl").unlink()
    result = run(cli, [{"task": "fix"}])
    assert (result.code, len(forge.pulls)) == (0, 1)


def test_begun_at_a_branch_it_is_to_be_merged_there(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    repo.run("checkout", "-q", "-b", "develop")
    forge.git(NAME, "branch", "develop", "main")
    run(cli, [{"task": "fix"}, {"task": "notes", "base": "main"}])
    assert [pull.base for pull in forge.pulls] == ["develop", "main"]
    repo.run("checkout", "-q", "-b", "nowhere-else")
    run(cli, [{"task": "fix again"}])
    assert forge.pulls[-1].base == "main"


@pytest.mark.parametrize(
    ("url", "phrase"),
    [
        ("/some/folder", "is a folder of this machine, and no forge"),
        ("file:///some/folder", "where no forge is"),
        ("http://example.org/a/b", "a token would travel in the clear"),
        ("https://example.org/a", "names no repository"),
        ("https://gitlab.com/a/b", "there is no token for gitlab.com: set $GITLAB_TOKEN, or let git's credential"),
        (None, "has no remote called origin"),
    ],
)
def test_nothing_is_started_where_nothing_could_be_opened(
    cli: Cli, repo: Repo, forge: LocalForge, url: str | None, phrase: str
) -> None:
    if url is None:
        repo.run("remote", "remove", "origin")
    else:
        repo.run("remote", "set-url", "origin", url)
    result = run(cli, [{"task": "fix"}])
    assert (result.code, cli.model.queries) == (ExitCode.USAGE, [])
    assert phrase in result.err


def test_an_unknown_host_is_asked_about(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    Path("../tasks.yaml").write_text("tasks: [{task: fix}]")
    result = cli("batch", "../tasks.yaml", "--pr")
    assert (result.code, "which forge is 127.0.0.1:" in result.err) == (ExitCode.USAGE, True)


def test_a_hostile_configuration_gets_no_token(cli: Cli, repo: Repo, forge: LocalForge, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    for key, value in {
        "credential.helper": f"!f() {{ cat > {trap}; }}; f",
        f"credential.{forge.url}.helper": f"!f() {{ cat > {trap}; }}; f",
        "url.http://127.0.0.1:9/.insteadOf": f"{forge.url}/",
        "http.proxy": "http://127.0.0.1:9",
        "http.extraHeader": "X-Evil: 1",
        "remote.origin.receivepack": f"touch {trap}; git-receive-pack",
        "core.askPass": f"touch {trap}",
        "core.hooksPath": "hooks",
    }.items():  # fmt: skip
        repo.run("config", key, value)
    # where the remote leads is the repository's own say, and what an unknown host is taken for is the user's
    result = run(cli, [{"task": "fix"}])
    assert result.code == ExitCode.FORGE
    assert not trap.exists()
    repo.run("config", "--unset", "url.http://127.0.0.1:9/.insteadOf")
    assert run(cli, [{"task": "fix"}]).code == 0
    assert not trap.exists()
    assert not [headers for _, _, headers in forge.requests if "X-Evil" in headers]


def test_no_argument_and_no_variable_of_a_test_holds_the_token(
    cli: Cli, repo: Repo, forge: LocalForge, tmp_path: Path
) -> None:
    real = os.environ["PATH"]
    spy = tmp_path / "bin/git"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/arguments\nPATH={real} exec git "$@"\n')
    spy.chmod(0o755)
    cli.monkeypatch.setenv("PATH", f"{spy.parent}:{real}")
    leaks = f"env > {tmp_path}/seen; {PASSES}"
    assert run(cli, [{"task": "fix", "test_cmd": leaks}], "--no-sandbox").code == 0
    arguments = (tmp_path / "arguments").read_text()
    assert "push\n" in arguments
    assert TOKEN not in arguments
    assert TOKEN not in (tmp_path / "seen").read_text()
    for path in repo.root.joinpath(".git").rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes(), path


class TestKilled:
    """Killed at each step of publishing, and run again: one branch, one request, and nothing lost."""

    TASKS = b"tasks: [{task: fix}, {task: notes}]"

    def batch(self, repo: Repo, steps: Any = lambda _: None) -> list[Result]:
        file = TaskFile("tasks.yaml", self.TASKS, "yaml", repo.root)
        settings = Settings(pulls=PullSettings("gitea"))
        template = TaskSpec(0, 0, "", model="scripted")
        current = open_local(repo.root)
        with opened(file, template, settings, current=current, cache=repo.root / "c", steps=steps) as batch:
            batch.run(
                lambda tasks: LocalWork(tasks, lambda _: ScriptedModel(ANSWERS), JobOptions(), words_subjects=True),
                JsonLines(io.StringIO()),
            )
            return batch.results

    @pytest.mark.parametrize("step", ["find request", "push", "create request", "state done"])
    @pytest.mark.parametrize("nth", [0, 1])
    def test_at(self, repo: Repo, forge: LocalForge, step: str, nth: int) -> None:
        pid = os.fork()
        if not pid:
            n = 0

            def kill(at: str) -> None:
                nonlocal n
                n += at == step
                if n == nth + 1:
                    os.kill(os.getpid(), signal.SIGKILL)

            self.batch(repo, kill)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status)
        results = self.batch(repo)
        assert [result.status for result in results] == ["done", "done"]
        assert sorted(pull.head for pull in forge.pulls) == ["magicode/fix", "magicode/notes"]
        for result in results:
            assert forge.tip(NAME, str(result.branch)) == result.commit
            assert result.pull_request
