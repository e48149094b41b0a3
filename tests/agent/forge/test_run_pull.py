"""`magicode run --pr`: one task, a branch on the remote and a request; the work tree stays as it is."""

import json
import re
from typing import Any

from agent.batch.schema import TaskSpec
from agent.errors import ExitCode
from agent.forge.publishing import Publisher
from agent.forge.settings import PullSettings
from agent.forge.single import Single
from repo_index.git import Git
from tests.agent.cli.diffs import FIX, FIXED, NOWHERE, WRONG
from tests.agent.cli.test_verify import PASSES
from tests.agent.forge.conftest import NAME
from tests.agent.forge.test_batch_pull import ANSWERS, SUBJECT, somebody_pushes
from tests.fakes.cli import Cli
from tests.fakes.forge.server import TOKEN, LocalForge
from tests.fakes.git_repo import Repo


def run(cli: Cli, task: str, *args: str, answers: Any = ANSWERS) -> Any:
    result = cli("run", "--pr", "--forge", "gitea", "-y", "--output-format", "json", task, *args, answers=answers)
    assert TOKEN not in result.out.decode() + result.err
    return result


def test_opened_and_the_users_work_stays(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    repo.write({"calc.py": (b"dirty\n", 0o644)})
    before = repo.files(), repo.run("status", "--porcelain=v2", "--branch")
    result = run(cli, "fix add", "--signoff", "--test-cmd", PASSES)
    assert result.code == 0, result.err
    assert (repo.files(), repo.run("status", "--porcelain=v2", "--branch")) == before
    said = json.loads(result.out)
    url = f"{forge.url}/team/calc/pulls/1"
    assert (said["pull_request"], said["branch"]) == (url, "magicode/fix-add")
    assert f"The pull request is {url}" in result.err
    (pull,) = forge.pulls
    assert (pull.title, pull.head, pull.base) == (SUBJECT, "magicode/fix-add", "main")
    assert f"`{PASSES}` passed in" in pull.body
    assert forge.git(NAME, "show", "magicode/fix-add:calc.py") == FIXED.decode().strip()
    message = forge.git(NAME, "log", "-1", "--format=%B", "magicode/fix-add")
    assert message.startswith(f"{SUBJECT}\n\n> fix add\n\n")
    assert message.endswith("\n\nSigned-off-by: Ada <ada@example.org>")


def test_again_it_updates_its_own(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    assert run(cli, "fix add", answers=[WRONG, "Subtract the other way round"]).code == 0
    old = forge.tip(NAME, "magicode/fix-add")
    assert run(cli, "fix add").code == 0
    (pull,) = forge.pulls
    assert (pull.title, forge.tip(NAME, "magicode/fix-add") != old) == (SUBJECT, True)
    assert forge.git(NAME, "rev-list", "--count", "main..magicode/fix-add") == "1"


def test_but_nothing_of_others(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    repo.run("branch", "magicode/fix-add")
    result = run(cli, "fix add")
    assert (result.code, cli.model.queries, forge.pulls) == (ExitCode.CONFLICT, [], [])
    assert "is there already" in result.err
    theirs = somebody_pushes(forge, "mine", "main")
    result = run(cli, "fix add", "--branch", "mine")
    assert (result.code, forge.tip(NAME, "mine")) == (ExitCode.CONFLICT, theirs)
    assert "nothing was overwritten" in result.err
    assert "the change is on the branch mine of this repository" in result.err


def test_tasks_that_begin_alike_have_branches_of_their_own(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    long = "fix the function add, which subtracts, in the module called"
    for task in (f"{long} calc", f"{long} calc2", "修复 add", "修复 sub"):
        assert run(cli, task).code == 0
    heads = [pull.head for pull in forge.pulls]
    assert len(set(heads)) == 4
    assert all(re.search(r"-[0-9a-f]{8}$", head) for head in heads)
    assert run(cli, f"{long} calc").code == 0
    assert len(forge.pulls) == 4


def test_of_a_merged_request_whose_branch_is_gone_nothing_is_pushed(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    assert run(cli, "fix add").code == 0
    commit = forge.tip(NAME, "magicode/fix-add")
    forge.git(NAME, "branch", "-D", "magicode/fix-add")
    forge.pulls[0].state = "merged"
    git = Git.discover(repo.root)
    spec = TaskSpec(1, 0, "fix add", model="scripted", attempts=1)
    single = Single.prepared(git, spec, Publisher(PullSettings("gitea")), branch=None)
    assert commit is not None
    opened = single.publisher.publish(single.task, single.task.branch, commit, None)
    assert (opened.number, len(forge.pulls), forge.tip(NAME, "magicode/fix-add")) == (1, 1, None)


def test_a_task_that_fails_pushes_nothing(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    assert run(cli, "fix add", "--max-repairs", "0", answers=[NOWHERE]).code == ExitCode.BAD_DIFF
    assert (forge.pulls, repo.run("branch", "--list", "magicode/*")) == ([], b"")


def test_a_message_of_ones_own(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    assert run(cli, "fix add", "--message", "Mend it\n\nSo.", "--signoff", answers=[FIX]).code == 0
    assert forge.pulls[0].title == "Mend it"
    message = forge.git(NAME, "log", "-1", "--format=%B", "magicode/fix-add")
    assert message == "Mend it\n\nSo.\n\nSigned-off-by: Ada <ada@example.org>"


def test_flags_that_do_not_go_together(cli: Cli, repo: Repo, forge: LocalForge) -> None:
    assert cli("run", "--pr", "--commit", "-y", "x").code == ExitCode.USAGE
    assert cli("run", "--pr", "--dry-run", "x").code == ExitCode.USAGE
    assert cli("run", "--signoff", "-y", "x").code == ExitCode.USAGE
    result = cli("run", "--pr", "-y", "x")
    assert (result.code, "which forge is" in result.err) == (ExitCode.USAGE, True)
