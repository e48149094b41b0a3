"""`magicode batch`: a file of tasks becomes a branch for each, and nothing else changes."""

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.batch.locks import hold
from agent.errors import ExitCode
from model.api import Query
from model.errors import UnknownModelError
from tests.agent.cli.diffs import BROKEN, FILES, FIX, FIXED, NEW_FILE, NOWHERE, WORKFLOW, WRONG
from tests.agent.cli.test_verify import PASSES
from tests.fakes.cli import ROOT, Cli, Result
from tests.fakes.git_repo import Repo
from tests.fakes.person import person
from tests.fakes.scripted_model import Answer, ScriptedModel

FIX_TASK = "Fix `add`\n\nIt subtracts.\n"


def answering(**answers: str) -> list[Answer]:
    """What to answer to tasks by their first word, as often as they are asked."""
    return [lambda query: answers[query.task.split()[0].lower()]] * 40


class Batch:
    """Calls `magicode batch` on a file that it writes."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        self.cli = cli
        self.file = folder / "tasks.yaml"

    def __call__(
        self, tasks: Sequence[dict[str, Any]], *args: str | Path, answers: Sequence[Answer] = (), **defaults: Any
    ) -> Result:
        self.file.write_text(json.dumps({"defaults": defaults, "tasks": list(tasks)}))
        return self.cli("batch", self.file, *args, answers=answers)


@pytest.fixture
def repo(repo: Repo) -> Repo:
    return repo.owned()


@pytest.fixture
def batch(cli: Cli, repo: Repo, tmp_path: Path) -> Batch:
    return Batch(cli, tmp_path)


def events(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.out.decode().splitlines()]


def summary(result: Result) -> dict[str, Any]:
    value = events(result)[-1]
    assert (value["event"], value["exit_code"]) == ("summary", result.code)
    return value


def branches(repo: Repo) -> dict[str, bytes]:
    """What `calc.py` is on each branch but main."""
    names = repo.run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").decode().split()
    return {name: repo.run("show", f"{name}:calc.py") for name in names if name != "main"}


def of_user(repo: Repo) -> tuple[object, ...]:
    git = repo.root / ".git"
    return (repo.files(), (git / "index").read_bytes(), (git / "HEAD").read_bytes(), repo.run("stash", "list"))


def leftovers(repo: Repo) -> list[Path]:
    git = repo.root / ".git"
    return [*git.glob("worktrees"), *git.glob("magicode/worktrees"), *repo.root.rglob(".magicode-*")]


class TestBranches:
    def test_each_task_has_one_and_the_users_work_stays(self, batch: Batch, repo: Repo) -> None:
        repo.write({"calc.py": (b"stash\n", 0o644)})
        repo.run("stash", "-q")
        repo.write({"calc.py": (b"staged\n", 0o644)})
        repo.run("add", "calc.py")
        repo.write({"calc.py": (b"dirty\n", 0o755), "mine": (b"x", 0o600)})
        before = of_user(repo)
        result = batch(
            [{"task": FIX_TASK, "test_cmd": PASSES}, {"task": "notes please", "branch": "docs/{number:02}-{slug}"}],
            "--signoff",
            answers=answering(fix=FIX, notes=NEW_FILE),
        )
        assert (result.code, result.err) == (0, "")
        assert branches(repo) == {"magicode/fix-add-it-subtracts": FIXED, "docs/02-notes-please": FILES["calc.py"][0]}
        assert repo.run("show", "docs/02-notes-please:docs/new/notes.md") == b"notes\n"
        assert (of_user(repo), leftovers(repo)) == (before, [])
        one, two = summary(result)["tasks"]
        assert (one["status"], one["branch"], one["number"]) == ("done", "magicode/fix-add-it-subtracts", 1)
        assert two["commit"] == repo.run("rev-parse", "docs/02-notes-please").decode().strip()
        assert [event["event"] for event in events(result)] == [
            *("started", "answer", "tests", "tested", "done"),
            *("started", "answer", "done", "summary"),
        ]

        message = repo.run("log", "-1", "--format=%an <%ae>%n%B", "magicode/fix-add-it-subtracts").decode()
        head, _, rest = message.partition("passed in ")
        assert head == f"Ada <ada@example.org>\nFix `add`\n\n> Fix `add`\n>\n> It subtracts.\n\n`{PASSES}` "
        assert rest.endswith(f"\n\nSigned-off-by: Ada <ada@example.org>\nMagicode-Task: {one['id']}\n\n")

    def test_what_tests_write_is_not_committed(self, batch: Batch, repo: Repo) -> None:
        result = batch(
            [{"task": "fix", "test_cmd": f"touch rubbish; echo x >> docs/use.md; {PASSES}"}],
            "--no-sandbox",
            answers=[FIX],
        )
        assert result.code == 0
        assert repo.run("diff", "--name-only", "main", "magicode/fix") == b"calc.py\n"

    def test_the_worst_of_the_tasks_is_the_exit_code(self, batch: Batch, repo: Repo) -> None:
        result = batch(
            [{"task": word} for word in ("fix", "nothing", "nowhere", "broken", "workflow", "bug")],
            "--max-repairs",
            "0",
            answers=[FIX, "I would rather not.", NOWHERE, BROKEN, WORKFLOW, _bug],
        )
        codes = [task["exit_code"] for task in summary(result)["tasks"]]
        assert (codes, result.code) == ([0, 3, 4, 5, 9, 1], ExitCode.UNEXPECTED)
        assert "it runs in continuous integration" in summary(result)["tasks"][4]["reason"]
        assert "refused" in [event["event"] for event in events(result)]
        assert (list(branches(repo)), leftovers(repo)) == (["magicode/fix"], [])
        result = batch([{"task": "fix"}, {"task": "wrong", "test_cmd": PASSES}], answers=[WRONG, WRONG])
        assert (result.code, summary(result)["n_done_before"]) == (ExitCode.TESTS_FAILED, 1)

    def test_tests_that_fail_are_repaired_as_often_as_the_task_says(self, batch: Batch) -> None:
        result = batch([{"task": "fix", "test_cmd": PASSES, "max_repairs": 1}], "--no-sandbox", answers=[WRONG, FIX])
        assert result.code == 0
        assert "rejected" in [event["event"] for event in events(result)]
        result = batch([{"task": "fix it", "attempts": 2}], answers=[[WRONG, FIX]])
        assert (result.code, batch.cli.model.samplings[0].n_attempts) == (0, 2)

    def test_a_base_other_than_head(self, batch: Batch, repo: Repo) -> None:
        old = repo.run("rev-parse", "HEAD").decode().strip()
        repo.write({"calc.py": (b"new = 1\n", 0o644)})
        repo.commit()
        result = batch([{"task": "fix", "base": "HEAD~1"}], answers=[FIX])
        assert (result.code, branches(repo)) == (0, {"magicode/fix": FIXED})
        assert summary(result)["tasks"][0]["base"] == old

    def test_a_hostile_task_cannot_sign_or_steer(self, batch: Batch, repo: Repo) -> None:
        task = "\n fix \x1b[2J<b>\r\nSigned-off-by: Eve <e@x>\n\nMagicode-Task: 0000\nSigned-off-by: Eve <e@x>\n"
        result = batch([{"task": task}], "--report", "../report", answers=[FIX])
        assert result.code == 0
        (name,) = branches(repo)
        trailers = repo.run("log", "-1", "--format=%(trailers)", name).decode().split("\n")
        assert [line for line in trailers if line] == [f"Magicode-Task: {summary(result)['tasks'][0]['id']}"]
        message = repo.run("log", "-1", "--format=%B", name)
        assert message.startswith("fix ␛[2J<b>\n\n> ".encode())
        assert b"\x1b" not in message + result.out + Path("../report/report.md").read_bytes()

    def test_in_the_subdirectory_of_a_linked_work_tree(self, batch: Batch, repo: Repo, tmp_path: Path) -> None:
        repo.run("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
        batch.cli.monkeypatch.chdir(tmp_path / "linked/docs")
        assert batch([{"task": "fix"}], answers=[FIX]).code == 0
        assert list(branches(repo)) == ["magicode/fix"]
        batch.cli.monkeypatch.chdir(repo.root)
        assert summary(batch([{"task": "fix"}]))["n_done_before"] == 1
        assert (tmp_path / "linked/calc.py").read_bytes() == FILES["calc.py"][0]


def _bug(_: Query) -> str:
    raise ZeroDivisionError("one / zero")


class TestMistakes:
    @pytest.mark.parametrize(
        ("task", "phrase"),
        [
            ({"tsk": "x"}, "unknown key 'tsk'; did you mean 'task'?"),
            ({"task": "x", "repo": "nowhere"}, "`repo`: "),
            ({"task": "x", "repo": "http://a.b/c"}, "`repo`: addresses may begin with "),
            ({"task": "x", "repo": "https://hunter2@a.b/c"}, "`repo`: an address must hold no name"),
            ({"task": "x", "base": "nowhere"}, "`base`: 'nowhere' names no commit"),
            ({"task": "x", "base": "--all"}, "`base`: '--all' names no commit"),
            ({"task": "x", "branch": "../x"}, "`branch`: '../x' is no name"),
            ({"task": "x", "branch": "-rf"}, "`branch`: '-rf' begins with '-'"),
            ({"task": "x", "branch": "refs/heads/x"}, "`branch`: 'refs/heads/x' begins with 'refs/'"),
            ({"task": "x", "branch": "{nmber}"}, "did you mean '{number}'?"),
            ({"task": "x", "branch": "main"}, "`branch`: 'main' is checked out"),
            ({"task": "x", "branch": "main/x"}, "has no room beside the branch 'main'"),
            ({"task": "x", "branch": "topic"}, "`branch`: 'topic' has no room beside the branch 'topic/a'"),
            ({"task": "x", "branch": "topic/a"}, "`branch`: 'topic/a' is there already"),
            ({"task": "fix", "base": "main"}, "`branch`: 'magicode/fix' is that of the task in line 2, too"),
            ({"task": "x", "branch": "magicode/fix/x"}, "no room for 'magicode/fix/x' beside the branch of line 2"),
            ({"task": "x", "branch": "magicode"}, "no room for 'magicode' beside the branch of line 2"),
        ],
    )
    def test_nothing_is_started(self, batch: Batch, repo: Repo, task: dict[str, Any], phrase: str) -> None:
        repo.run("branch", "topic/a")
        before = of_user(repo), branches(repo)
        batch.file.write_text(f"tasks:\n- task: fix\n\n- {json.dumps(task)}\n")
        result = batch.cli("batch", batch.file, answers=[FIX])
        assert (result.code, result.out) == (ExitCode.USAGE, b"")
        assert f"{batch.file}:4: " in result.err
        assert phrase in result.err
        assert "hunter2" not in result.err
        assert (of_user(repo), branches(repo)) == before
        assert batch.cli.model.queries == []

    def test_all_are_listed(self, batch: Batch) -> None:
        batch.file.write_text("tasks:\n- tsk: x\n- task: y\n  base: nowhere\n- task: z\n  repo: https://a.invalid/b\n")
        result = batch.cli("batch", batch.file)
        assert "has 2 mistakes; nothing was started" in result.err
        assert [line.split(": ")[0].rpartition(":")[2] for line in result.err.splitlines()[1:]] == ["2", "4"]

    def test_what_is_wrong_with_defaults_is_said_once(self, batch: Batch) -> None:
        tasks = "tasks:\n- task: a\n- task: b\n- task: a\n"
        batch.file.write_text("defaults:\n  base: nowhere\n  branch: x/{slug}\n" + tasks)
        lines = batch.cli("batch", batch.file).err.splitlines()[1:]
        assert [line.split(": ")[0].rpartition(":")[2] for line in lines] == ["2"]
        batch.file.write_text("defaults:\n  branch: x/{slug}\n" + tasks)
        (line,) = batch.cli("batch", batch.file).err.splitlines()[1:]
        assert ":6: `branch`: 'x/a' is that of the task in line 4, too" in line

    def test_nobody_commits(self, batch: Batch, repo: Repo) -> None:
        repo.run("config", "--unset", "user.name")
        result = batch([{"task": "fix"}], answers=[FIX])
        assert result.code == ExitCode.USAGE
        assert "git config --global user.name" in result.err
        assert batch([{"task": "fix"}], "--dry-run", answers=[FIX]).code == 0

    def test_a_file_that_is_not_there(self, batch: Batch, tmp_path: Path) -> None:
        for name in ("nowhere.yaml", tmp_path):
            assert batch.cli("batch", name, "--format", "yaml").code == ExitCode.USAGE
        result = batch.cli("batch", "tasks.txt")
        assert (result.code, "Say --format" in result.err) == (ExitCode.USAGE, True)

    def test_dry_runs_make_no_patches_and_files_are_no_folders(self, batch: Batch) -> None:
        for args in (("--dry-run", "--format-patch", "x"), ("--report", "calc.py"), ("--format-patch", "calc.py")):
            assert batch([{"task": "fix"}], *args).code == ExitCode.USAGE
        assert not Path("x").exists()

    def test_outside_of_a_repository(self, batch: Batch, repo: Repo, tmp_path: Path) -> None:
        batch.cli.monkeypatch.chdir(tmp_path)
        result = batch([{"task": "fix"}])
        assert (result.code, "say which is meant" in result.err) == (ExitCode.USAGE, True)
        result = batch([{"task": "fix", "repo": "repo"}])
        assert (result.code, "--state FILE" in result.err) == (ExitCode.USAGE, True)
        assert batch([{"task": "fix", "repo": "repo"}], "--state", "my.jsonl", answers=[FIX]).code == 0
        assert summary(batch([{"task": "fix", "repo": "repo"}], "--state", "my.jsonl"))["n_done_before"] == 1
        assert not (repo.root / ".git/magicode/batch.jsonl").exists()
        assert batch.cli("batch", batch.file, "-C", tmp_path).code == ExitCode.USAGE

    def test_a_state_file_that_is_something_else(self, batch: Batch, repo: Repo) -> None:
        result = batch([{"task": "fix"}], "--state", "calc.py")
        assert (result.code, repo.files()) == (ExitCode.USAGE, FILES)
        assert "is no state file" in result.err

    def test_ten_thousand_tasks_are_checked_in_seconds(self, batch: Batch) -> None:
        started = time.perf_counter()
        result = batch(
            [*({"task": f"task {i}", "labels": ["a"]} for i in range(9_999)), {"task": "last", "base": "no"}]
        )
        assert time.perf_counter() - started < 20
        assert (result.code, "a mistake" in result.err) == (ExitCode.USAGE, True)

    def test_an_unknown_model_is_noticed_before_anything_starts(self, batch: Batch, repo: Repo) -> None:
        def unknown(_self: Cli, name: str, **_: Any) -> ScriptedModel:
            if name == "gpt-9":
                raise UnknownModelError("no model 'gpt-9'")
            return batch.cli.model

        batch.cli.monkeypatch.setattr(Cli, "_open_model", unknown)
        result = batch([{"task": "fix"}, {"task": "x", "model": "gpt-9"}], answers=[FIX])
        assert (result.code, branches(repo)) == (ExitCode.MODEL_UNAVAILABLE, {})
        assert summary(result)["n_open"] == 2


class TestFormats:
    @pytest.mark.parametrize(
        ("args", "text"),
        [
            (("-",), "tasks:\n- task: fix\n  branch: x/{number}\n"),
            (("-", "--format", "jsonl"), '{"task": "fix", "branch": "x/{number}"}\n'),
            (("-", "--format", "csv"), "\ufefftask,branch\r\nfix,x/{number}\r\n"),
        ],
    )
    def test_standard_input(self, cli: Cli, repo: Repo, args: tuple[str, ...], text: str) -> None:
        assert cli("batch", *args, answers=[FIX], stdin=text.encode()).code == 0
        assert branches(repo) == {"x/1": FIXED}
        assert summary(cli("batch", *args, stdin=text.encode()))["n_done_before"] == 1

    def test_the_example_is_right(self, cli: Cli, repo: Repo) -> None:
        for file in (ROOT / "examples/batch").iterdir():
            result = cli("batch", file, "--dry-run", "--no-sandbox", "--test-cmd", "true", answers=[NEW_FILE] * 9)
            assert summary(result)["n_tasks"] == 3

    def test_flags_are_for_tasks_that_say_nothing(self, batch: Batch) -> None:
        flags = ("-n", "3", "--max-new-tokens", "99", "--seed", "5", "--temperature", "0.5")
        batch([{"task": "fix"}, {"task": "fix it", "attempts": 1}], *flags, answers=[FIX] * 2)
        one, two = batch.cli.model.samplings
        assert (one.n_attempts, one.max_new_tokens, one.seed, one.temperature) == (3, 99, 5, 0.5)
        assert two.n_attempts == 1


class TestAgain:
    def test_done_tasks_are_not_done_again_and_failed_ones_if_asked(self, batch: Batch, repo: Repo) -> None:
        tasks = [{"task": "fix"}, {"task": "notes"}]
        first = batch(tasks, "--max-repairs", "0", answers=answering(fix=FIX, notes=NOWHERE))
        assert first.code == ExitCode.BAD_DIFF
        again = batch(tasks, "--max-repairs", "0", answers=answering(fix=FIX, notes=NEW_FILE))
        assert (again.code, batch.cli.model.queries) == (ExitCode.BAD_DIFF, [])
        assert [event["event"] for event in events(again)] == ["done_before", "failed_before", "summary"]
        assert summary(again)["tasks"][0]["commit"] == summary(first)["tasks"][0]["commit"]
        assert summary(again)["tasks"][1]["reason"] == summary(first)["tasks"][1]["reason"]
        last = batch(tasks, "--max-repairs", "0", "--retry-failed", answers=answering(notes=NEW_FILE))
        assert (last.code, len(batch.cli.model.queries)) == (0, 1)
        assert list(branches(repo)) == ["magicode/fix", "magicode/notes"]

    def test_head_moves_on_labels_change_and_tasks_are_added(self, batch: Batch, repo: Repo) -> None:
        first = batch([{"task": "fix"}], answers=[FIX])
        repo.write({"x": (b"x", 0o644)})
        repo.commit()
        result = batch([{"task": "notes"}, {"task": "fix", "labels": ["new"]}], answers=[NEW_FILE])
        assert [task["before"] for task in summary(result)["tasks"]] == [False, True]
        assert summary(result)["tasks"][1]["base"] == summary(first)["tasks"][0]["base"]

    def test_a_branch_that_is_gone_stays_gone(self, batch: Batch, repo: Repo) -> None:
        batch([{"task": "fix"}], answers=[FIX])
        repo.run("branch", "-D", "magicode/fix")
        assert (summary(batch([{"task": "fix"}]))["n_done_before"], branches(repo)) == (1, {})

    def test_a_task_that_was_reworded_moves_its_own_branch(self, batch: Batch, repo: Repo) -> None:
        batch([{"task": "fix", "branch": "x"}], answers=[WRONG])
        result = batch([{"task": "fix it", "branch": "x"}], answers=[FIX])
        assert (result.code, branches(repo)) == (0, {"x": FIXED})
        assert repo.run("rev-list", "--count", "main..x") == b"1\n"

    def test_but_not_where_somebody_added_to_it(self, batch: Batch, repo: Repo) -> None:
        batch([{"task": "fix", "branch": "x"}], answers=[WRONG])
        for commit in ("x^{tree}",):
            mine = repo.run("commit-tree", commit, "-p", "x", "-m", "mine\n\nMagicode-Task: 0").decode().strip()
        repo.run("update-ref", "refs/heads/x", mine)
        result = batch([{"task": "fix it", "branch": "x"}], answers=[FIX])
        assert (result.code, repo.run("rev-parse", "x").decode().strip()) == (ExitCode.USAGE, mine)
        assert "is there already" in result.err

    def test_nor_where_it_is_checked_out(self, batch: Batch, repo: Repo) -> None:
        batch([{"task": "fix", "branch": "x"}], answers=[WRONG])
        repo.run("checkout", "-q", "x")
        before = of_user(repo)
        result = batch([{"task": "fix it", "branch": "x", "base": "main"}], answers=[FIX])
        assert (result.code, of_user(repo)) == (ExitCode.USAGE, before)
        assert "is checked out" in result.err

    def test_nor_where_another_file_or_task_made_it(self, batch: Batch, repo: Repo, tmp_path: Path) -> None:
        batch([{"task": "fix", "branch": "x"}], answers=[WRONG])
        result = batch([{"task": "fix", "branch": "x"}, {"task": "fix", "branch": "y"}], answers=[FIX])
        assert (result.code, branches(repo)["y"]) == (0, FIXED)
        batch.file = tmp_path / "other.yaml"
        assert batch([{"task": "fix it", "branch": "x"}], answers=[FIX]).code == ExitCode.USAGE
        batch.file = tmp_path / "tasks.yaml"
        result = batch(
            [{"task": "new", "branch": "x-{number}"}, {"task": "old", "branch": "x-{number}"}], answers=[FIX] * 2
        )
        assert result.code == 0
        result = batch([{"task": "old", "branch": "x-{number}"}, {"task": "new", "branch": "x-{number}"}])
        assert summary(result)["n_done_before"] == 2  # under the names that they had

    def test_a_branch_that_appears_meanwhile_is_not_overwritten(self, batch: Batch, repo: Repo) -> None:
        def interfere(_: Query) -> str:
            repo.run("branch", "magicode/fix")
            return FIX

        result = batch([{"task": "fix"}], answers=[interfere])
        assert result.code == ExitCode.CONFLICT
        assert "was changed by somebody else; nothing was overwritten" in summary(result)["tasks"][0]["reason"]
        assert branches(repo) == {"magicode/fix": FILES["calc.py"][0]}

    def test_or_is_checked_out_meanwhile(self, batch: Batch, repo: Repo) -> None:
        def interfere(_: Query) -> str:
            repo.run("checkout", "-q", "--orphan", "magicode/fix")
            return FIX

        result = batch([{"task": "fix"}], answers=[interfere])
        assert (result.code, branches(repo)) == (ExitCode.CONFLICT, {})

    def test_two_at_once(self, batch: Batch, repo: Repo) -> None:
        with hold(repo.root / ".git/magicode/batch.lock", "x"):
            result = batch([{"task": "fix"}], answers=[FIX])
        assert (result.code, branches(repo)) == (ExitCode.CONFLICT, {})
        assert f"another magicode is running a batch in {repo.root}/.git (process {os.getpid()}, since " in result.err
        assert batch([{"task": "fix"}], answers=[FIX]).code == 0

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_ctrl_c(self, batch: Batch, repo: Repo, jobs: str) -> None:
        def interrupt(_: Query) -> str:
            os.kill(os.getpid(), signal.SIGINT)
            if jobs == "2":  # a second time while this answer is waited for
                threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            time.sleep(1)
            return FIX

        tasks = [{"task": "notes"}, {"task": "fix"}, {"task": "more"}]
        before = of_user(repo)
        result = batch(tasks, "--jobs", jobs, "--report", "../report", answers=[NEW_FILE, interrupt, interrupt])
        assert result.code == ExitCode.INTERRUPTED
        assert "interrupted; the same command goes on where this one stopped" in result.err
        # one that a further interrupt left alone would remove the work tree of the next run's task
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("batch-")] == []
        assert (of_user(repo), leftovers(repo)) == (before, [])
        assert summary(result)["n_open"] + summary(result)["n_done"] == 3
        assert summary(result)["n_open"] > 0
        assert json.loads(Path("../report/report.json").read_text())["n_open"] == summary(result)["n_open"]
        result = batch(tasks, "--jobs", jobs, answers=answering(notes=NEW_FILE, fix=FIX, more=FIX))
        assert (result.code, len(branches(repo)), leftovers(repo)) == (0, 3, [])


class TestManyRepositories:
    def test_tasks_are_grouped_and_each_model_is_opened_once(self, batch: Batch, tmp_path: Path) -> None:
        for name in ("a", "b"):
            Repo.init(tmp_path / name, FILES).owned()
        opened: list[str] = []

        def open_model(_self: Cli, name: str, **_: Any) -> ScriptedModel:
            opened.append(name)
            return batch.cli.model

        batch.cli.monkeypatch.setattr(Cli, "_open_model", open_model)
        rows = [("a", "big"), ("b", "small"), ("a", "small"), ("a", "big"), ("b", "big"), ("b", "small")]
        tasks = [{"task": f"t{i}", "repo": repo, "model": model} for i, (repo, model) in enumerate(rows)]
        result = batch(tasks, answers=[FIX] * 6)
        assert (result.code, opened) == (0, ["big", "small"])
        assert [query.task for query in batch.cli.model.queries] == ["t0", "t3", "t4", "t1", "t5", "t2"]
        assert [task["task"] for task in summary(result)["tasks"]] == [f"t{i}" for i in range(6)]
        assert sorted(branches(Repo(tmp_path / "a"))) == ["magicode/t0", "magicode/t2", "magicode/t3"]

    def test_several_at_once(self, batch: Batch, repo: Repo) -> None:
        busy: list[str] = []

        def answer(query: Query) -> str:
            busy.append(query.task)
            assert busy == [query.task]  # one decodes at a time
            time.sleep(0.05)
            busy.clear()
            return FIX

        tasks = [{"task": f"fix {i}", "test_cmd": PASSES} for i in range(8)]
        result = batch(tasks, "--jobs", "4", "--no-sandbox", answers=[answer] * 8)
        assert (result.code, len(branches(repo)), leftovers(repo)) == (0, 8, [])
        assert repo.run("fsck", "--no-dangling") == b""

    def test_an_address_is_cloned_and_its_branches_are_patches(self, batch: Batch, repo: Repo, tmp_path: Path) -> None:
        batch.cli.monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
        batch.cli.monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@example.org")
        batch.cli.monkeypatch.setenv("GIT_COMMITTER_NAME", "Ada")
        batch.cli.monkeypatch.setenv("GIT_COMMITTER_EMAIL", "ada@example.org")
        before = of_user(repo)
        task = {"task": "fix", "repo": f"file://{repo.root}", "base": "main"}
        result = batch([task], "--format-patch", "../patches", answers=[FIX])
        assert (result.code, branches(repo), of_user(repo)) == (0, {}, before)
        (clone,) = (path for path in (tmp_path / "cache/repositories").iterdir() if path.is_dir())
        assert branches(Repo(clone)) == {"magicode/fix": FIXED}
        repo.run("am", "-q", str(tmp_path / "patches/0001-magicode-fix.patch"))
        assert repo.files()["calc.py"][0] == FIXED
        assert summary(batch([task]))["n_done_before"] == 1


class TestReports:
    def test_dry_run_has_the_diffs_and_the_tests_and_makes_nothing(self, batch: Batch, repo: Repo) -> None:
        tasks = [{"task": "fix", "test_cmd": PASSES}]
        for _ in range(2):
            result = batch(tasks, "--dry-run", "--report", "../report", answers=[FIX])
            assert (result.code, branches(repo), leftovers(repo)) == (0, {}, [])
        assert not (repo.root / ".git/magicode/batch.jsonl").exists()
        (task,) = json.loads(Path("../report/report.json").read_text())["tasks"]
        assert (task["branch"], task["commit"], task["tests"]["exit_code"]) == (None, None, 0)
        repo.run("apply", "--check", "-", stdin=task["diff"].encode())
        assert batch(tasks, answers=[FIX]).code == 0

    def test_everything_is_escaped(self, batch: Batch, repo: Repo) -> None:
        evil = "<script>alert(1)</script> \"' & \x1b[31m\u202e | `` `` [x](javascript:1) {{ 7*7 }}"
        diff = NEW_FILE.replace("+notes", f"+{evil}\n+````")
        result = batch(
            [{"task": f"notes {evil}\n# more", "labels": [evil], "reviewers": [evil], "test_cmd": "echo '<i>'; false"}],
            *("--report", "../report", "--no-sandbox"),
            answers=[diff, diff, f"{evil} no diff"],
            max_repairs=2,
        )
        assert result.code == ExitCode.NO_CHANGE
        html = Path("../report/report.html").read_text()
        assert "<script" not in html
        assert "<i>" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "{{ 7*7 }}" in html
        for text in (html, Path("../report/report.md").read_text()):
            assert not {"\x1b", "\u202e"} & set(text)
        markdown = Path("../report/report.md").read_text()
        assert "\n# more" not in markdown.split("```")[0]
        assert "\\<script\\>" in markdown
        assert "\n`````diff\n" not in markdown  # what was not taken is in the page alone
        assert json.loads(Path("../report/report.json").read_text())["tasks"][0]["rejected"]

    def test_a_report_is_of_all_tasks_also_those_done_before(self, batch: Batch) -> None:
        tasks = [{"task": "fix", "test_cmd": f"echo it is fine; {PASSES}"}, {"task": "notes"}]
        batch(tasks[:1], answers=[FIX])
        assert batch(tasks, "--report", "../report", answers=[NEW_FILE]).code == 0
        html, markdown = (Path(f"../report/report.{kind}").read_text() for kind in ("html", "md"))
        for text in (html, markdown):
            assert "it is fine" in text
            assert "+    return a + b" in text
            assert "+notes" in text
        assert "done before" in markdown
        assert sorted(path.name for path in Path("../report").iterdir()) == ["report.html", "report.json", "report.md"]

    def test_patches_have_reviewers_in_copy_and_ignore_the_repositorys_format(self, batch: Batch, repo: Repo) -> None:
        for key, value in {
            "format.attach": "x", "format.to": "eve@x.y", "format.headers": "X-Evil: 1", "diff.noprefix": "true",
            "diff.external": "touch ../ran", "format.subjectPrefix": "EVIL", "format.outputDirectory": "../out",
        }.items():  # fmt: skip
            repo.run("config", key, value)
        result = batch([{"task": "fix", "reviewers": ["bob@x.y", "carol"]}], "--format-patch", "../p", answers=[FIX])
        assert result.code == 0
        text = Path("../p/0001-magicode-fix.patch").read_text()
        assert "\nCc: bob@x.y\n" in text
        assert "\nSubject: [PATCH] fix\n" in text
        assert "--- a/calc.py\n" in text
        assert not [word for word in ("eve@", "X-Evil", "carol", "EVIL") if word in text]
        assert not Path("../ran").exists()

    def test_a_report_that_cannot_be_written(self, batch: Batch) -> None:
        Path("../report/report.html").mkdir(parents=True)
        result = batch([{"task": "fix"}], "--report", "../report", answers=[FIX])
        assert (result.code, "report.html cannot be written" in result.err) == (ExitCode.UNEXPECTED, True)


def test_on_a_terminal_there_is_a_table(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "tasks.csv").write_text("task\nfix \x1b[2J add\nnotes\n")
    answers = [FIX, NOWHERE, NOWHERE]
    with person(repo.root, tmp_path / "script", answers, "batch", str(tmp_path / "tasks.csv")) as user:
        user.waits_for("2 tasks: 1 done, 1 failed; ")
        assert user.leaves() == ExitCode.BAD_DIFF
    assert "magicode/fix-2j-add" in user.shown
    assert "fix ␛[2J add" in user.shown
    assert "{" not in user.shown


def test_a_reader_that_goes_away_does_not_stop_it(batch: Batch, repo: Repo) -> None:
    from agent.batch.telling import JsonLines  # noqa: PLC0415

    with (repo.root.parent / "out").open("w") as out:
        lines = JsonLines(out)
    lines.write({"event": "x"})
    lines.write({"event": "y"})


def test_the_repository_is_as_small_as_before(batch: Batch, repo: Repo, tmp_path: Path) -> None:
    """Nothing of a batch stays but its branches, its state and its lock."""
    shutil.copytree(repo.root / ".git", tmp_path / "before")
    batch([{"task": "fix"}], answers=[FIX])
    old, new = (
        {str(path.relative_to(root)) for path in root.rglob("*")} for root in (tmp_path / "before", repo.root / ".git")
    )
    more = {path for path in new - old if not path.startswith("objects/")}
    assert more == {
        "magicode", "magicode/batch.jsonl", "magicode/batch.lock",
        "refs/heads/magicode", "refs/heads/magicode/fix", "logs/refs/heads/magicode", "logs/refs/heads/magicode/fix",
    }  # fmt: skip
