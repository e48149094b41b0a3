"""A batch is killed at each of its steps; the next one finishes it: no task lost, none twice, nothing else touched."""

import os
import re
import shutil
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from agent.batch.batch import opened
from agent.batch.repositories import open_local
from agent.batch.results import Result
from agent.batch.runner import Settings
from agent.batch.schema import TaskSpec
from agent.batch.taskfile import TaskFile
from agent.batch.work import LocalWork
from agent.options import JobOptions
from tests.agent.cli.diffs import FIX, NEW_FILE, NOWHERE
from tests.fakes.cli import in_process
from tests.fakes.git_repo import Repo
from tests.fakes.listeners import Silent
from tests.fakes.scripted_model import ScriptedModel

TASKS = b"tasks:\n- task: fix add\n- task: fail\n- task: write notes\n"
ANSWERS = {"fix add": FIX, "fail": NOWHERE, "write notes": NEW_FILE}
BRANCHES = {"magicode/fix-add", "magicode/write-notes"}


def run_batch(
    repo: Repo, steps: Callable[[str], None] = lambda _: None, **settings: bool
) -> tuple[list[Result], list[str]]:
    """Run the tasks; return what came of them and what the model was asked."""
    model = ScriptedModel([lambda query: ANSWERS[query.task]] * 9)
    file = TaskFile("tasks.yaml", TASKS, "yaml", repo.root)
    template = TaskSpec(0, 0, "", model="scripted", max_repairs=0)
    with opened(
        file,
        template,
        Settings(**settings),
        current=open_local(repo.root),
        cache=repo.root / "no",
        steps=steps,
    ) as batch:
        batch.run(lambda tasks: LocalWork(tasks, lambda _: model, JobOptions()), Silent())
        return batch.results, [query.task for query in model.queries]


def killed(repo: Repo, stops: Callable[[str], bool]) -> bool:
    """Run it in a process that is killed at a step; say whether it came so far."""
    child = os.fork()
    if child == 0:
        try:
            run_batch(repo, lambda step: os.kill(os.getpid(), signal.SIGKILL) if stops(step) else None)
        finally:
            os._exit(0)
    status = os.waitpid(child, 0)[1]
    return os.WIFSIGNALED(status)


def nth(n: int) -> Callable[[str], bool]:
    seen = count()
    return lambda _: next(seen) == n


@pytest.fixture
def template(repo: Repo) -> Repo:
    """A repository with work of every kind that is not committed."""
    repo.write({"staged.txt": (b"staged\n", 0o644), "docs/use.md": (b"stashed\n", 0o644)})
    repo.run("stash", "-q")
    repo.write({"staged.txt": (b"staged\n", 0o644)})
    repo.run("add", "staged.txt")
    repo.write(
        {"staged.txt": (b"dirty\n", 0o644), "calc.py": (b"def add(a, b): ...\n", 0o755), "new.txt": (b"\0", 0o600)}
    )
    return repo


def of_user(repo: Repo) -> tuple[object, ...]:
    """Everything that is the user's."""
    git = repo.root / ".git"
    refs = [line for line in repo.run("for-each-ref").decode().splitlines() if "refs/heads/magicode/" not in line]
    return (
        repo.files(),
        (git / "index").read_bytes(),
        (git / "HEAD").read_bytes(),
        (git / "config").read_bytes(),
        refs,
    )


def check_done(repo: Repo, results: list[Result]) -> None:
    assert [result.status for result in results] == ["done", "failed", "done"]
    heads = repo.run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").decode().split()
    assert set(heads) == BRANCHES | {"main"}
    for branch in BRANCHES:
        assert repo.run("rev-list", "--count", f"main..{branch}") == b"1\n"
    for result in results[::2]:
        assert repo.run("rev-parse", result.task.branch).decode().strip() == result.commit
        assert result.outcome["diff"].startswith("diff --git ")
    git = repo.root / ".git"
    assert [*git.glob("worktrees/*"), *git.glob("magicode/worktrees*")] == []
    assert repo.run("fsck", "--no-dangling") == b""


def test_killed_anywhere_it_goes_on(template: Repo, tmp_path: Path) -> None:
    asked = set()
    before = of_user(template)
    for stop in count():
        root = tmp_path / "copy"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(template.root, root, symlinks=True)
        repo = Repo(root)
        died = killed(repo, nth(stop))
        assert of_user(repo) == before
        heads = repo.run("for-each-ref", "--format=%(objectname)", "refs/heads/magicode").decode().split()
        results, tasks = run_batch(repo)
        check_done(repo, results)
        assert of_user(repo) == before
        now = repo.run("for-each-ref", "--format=%(objectname)", "refs/heads/magicode").decode().split()
        assert set(heads) <= set(now)  # what had its branch was not done again
        assert len(tasks) == len(set(tasks))
        asked.add(len(tasks))
        results, tasks = run_batch(repo)
        check_done(repo, results)
        assert (tasks, [result.before for result in results]) == ([], [True] * 3)
        if not died:
            break
    assert stop > 20
    assert asked == {0, 1, 2, 3}


def test_killed_again_and_again_it_ends(template: Repo) -> None:
    before = of_user(template)
    for stop in range(1, 30):
        if not killed(template, nth(stop)):
            break
        assert of_user(template) == before
    results, _ = run_batch(template)
    check_done(template, results)
    assert of_user(template) == before


def test_a_commit_that_lacks_its_branch_is_not_made_again(repo: Repo) -> None:
    assert killed(repo, lambda step: step == "update-ref")
    assert repo_heads(repo) == ["main"]
    results, tasks = run_batch(repo)
    check_done(repo, results)
    assert tasks == ["fail", "write notes"]


def test_a_branch_whose_record_is_lost_is_known_by_its_trailer(repo: Repo) -> None:
    first, _ = run_batch(repo)
    (repo.root / ".git/magicode/batch.jsonl").unlink()
    results, tasks = run_batch(repo)
    check_done(repo, results)
    assert tasks == ["fail"]
    assert [result.commit for result in results] == [result.commit for result in first]


def test_an_error_is_no_kill_and_waits_to_be_retried(repo: Repo) -> None:
    def refuse(step: str) -> None:
        if step == "update-ref":
            raise OSError(28, "No space left on device")

    results, _ = run_batch(repo, refuse)
    assert [(result.status, result.exit_code) for result in results] == [("failed", 1), ("failed", 4), ("failed", 1)]
    results, tasks = run_batch(repo)
    assert ([result.status for result in results], tasks) == (["failed"] * 3, [])
    results, _ = run_batch(repo, retry_failed=True)
    check_done(repo, results)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(
        "import os, signal, sys\n"
        "from agent.cli.app import main\n"
        "from agent.cli.services import Services\n"
        "from tests.agent.batch.test_kills import ANSWERS\n"
        "from tests.fakes.scripted_model import ScriptedModel\n"
        "asked = []\n"
        "def answer(query):\n"
        "    asked.append(query)\n"
        "    if len(asked) == int(sys.argv[1]):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return ANSWERS[query.task]\n"
        "main(sys.argv[2:], Services(lambda *_, **__: ScriptedModel([answer] * 9)))\n"
    )
    return path


def test_the_command_killed_in_the_middle_of_an_answer(template: Repo, script: Path, tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_bytes(TASKS)
    before = of_user(template)
    command = ("batch", tmp_path / "tasks.yaml", "--max-repairs", "0", "--jobs", "2")
    for n_asked in ("1", "2"):  # of two at once, either may be the first to ask
        assert in_process(script, n_asked, *map(str, command), cwd=template.root).returncode == -signal.SIGKILL
        assert of_user(template) == before
    done = in_process(script, "0", *map(str, command), cwd=template.root)
    assert (done.returncode, done.stderr) == (4, "")
    assert re.search(r'"n_open": 0', done.stdout)
    assert set(repo_heads(template)) == BRANCHES | {"main"}
    assert of_user(template) == before


def repo_heads(repo: Repo) -> list[str]:
    return repo.run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").decode().split()
