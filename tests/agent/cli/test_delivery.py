"""`--commit`, `--branch` and `--worktree`: where a change goes, and what stays as it was."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from agent.commits import commit
from agent.errors import ExitCode
from model.api import Query
from tests.agent.cli.diffs import BROKEN, FILES, FIX, FIXED, NEW_FILE, NOWHERE
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo

FAILS = ("--no-sandbox", "--max-repairs", "0", "--test-cmd", "false")


@pytest.fixture(autouse=True)
def _identity(repo: Repo) -> None:
    repo.owned()


def refs(repo: Repo) -> bytes:
    return repo.run("for-each-ref", "--format=%(refname) %(objectname)") + repo.run("symbolic-ref", "-q", "HEAD")


def shown(repo: Repo, commit: str = "HEAD") -> list[str]:
    """Names of the files that a commit changes."""
    return repo.run("show", "--name-only", "--format=", commit).decode().split()


class TestCommit:
    def test_the_change_alone_is_committed_and_all_else_stays(self, cli: Cli, repo: Repo) -> None:
        repo.write({"staged": (b"1\n", 0o644), "docs/use.md": (b"staged\n", 0o644)})
        repo.run("add", "-A")
        repo.write({"staged": (b"2\n", 0o644), "docs/use.md": (b"dirty\n", 0o644), "untracked": (b"", 0o644)})
        before = repo.run("diff", "--cached"), repo.run("diff")
        result = cli("-y", "--commit", "fix add, please", answers=[FIX + NEW_FILE])
        assert result.code == 0
        assert shown(repo) == ["calc.py", "docs/new/notes.md"]
        assert (repo.run("diff", "--cached"), repo.run("diff")) == before
        assert repo.run("show", "HEAD:calc.py") == FIXED
        message = repo.run("log", "-1", "--format=%an%n%B").decode()
        assert message.startswith("Ada\nfix add, please\n\nNot tested: no test command was given.\nWritten by ")
        commit = repo.run("rev-parse", "HEAD").decode().strip()
        assert f"Committed calc.py, docs/new/notes.md as {commit[:10]} on main" in result.err

    def test_the_message_may_be_given_and_tests_are_told(self, cli: Cli, repo: Repo) -> None:
        passes = ("--no-sandbox", "--test-cmd", "echo all well")
        cli("-y", "--commit", *passes, "fix", answers=[FIX])
        assert "`echo all well` passed in " in repo.run("log", "-1", "--format=%B").decode()
        cli("-y", "--commit", "--message", "Mine\n\nAll of it", "notes", answers=[NEW_FILE])
        assert repo.run("log", "-1", "--format=%B") == b"Mine\n\nAll of it\n\n"

    def test_apply_commits_too(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        (tmp_path / "fix.diff").write_text(FIX, encoding="utf-8")
        assert cli("apply", "-y", "--commit", tmp_path / "fix.diff").code == 0
        assert repo.run("log", "-1", "--format=%s").decode().strip() == f"Apply {tmp_path}/fix.diff"
        assert repo.run("status", "--porcelain") == b""

    def test_a_first_commit_and_a_detached_head(self, cli: Cli, tmp_path: Path, repo: Repo) -> None:
        repo.run("checkout", "-q", "--detach")
        assert cli("-y", "--commit", "fix", answers=[FIX]).code == 0
        assert repo.run("log", "--format=%s").split() == [b"fix", b"change"]

        empty = Repo.init(tmp_path / "empty", {})
        empty.write({"mine": (b"", 0o644)})
        empty.run("add", "mine")
        cli.monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
        for who in ("AUTHOR", "COMMITTER"):
            cli.monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
            cli.monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")
        assert cli("-C", empty.root, "-y", "--commit", "notes", answers=[NEW_FILE]).code == 0
        assert shown(empty) == ["docs/new/notes.md"]
        assert empty.run("status", "--porcelain") == b"A  mine\n"

    def test_where_nothing_is_made_nothing_is_committed(self, cli: Cli, repo: Repo) -> None:
        before = refs(repo)
        for answer, flags in ((NOWHERE, ("--max-repairs", "0")), (FIX, FAILS)):
            assert cli("-y", "--commit", *flags, "fix", answers=[answer]).code in (4, 6)
            assert (refs(repo), repo.files(), repo.run("status", "--porcelain")) == (before, FILES, b"")

    def test_a_commit_that_cannot_be_made_takes_the_change_back(self, cli: Cli, repo: Repo) -> None:
        before = refs(repo)

        def lock(_: Query) -> str:
            (repo.root / ".git/index.lock").touch()
            return FIX

        def lock_ref(_: Query) -> str:
            (repo.root / ".git/refs/heads/main.lock").touch()
            return NEW_FILE

        for answer, name in ((lock, "index.lock"), (lock_ref, "refs/heads/main.lock")):
            result = cli("-y", "--commit", "fix", answers=[answer])
            (repo.root / ".git" / name).unlink()
            assert result.code == ExitCode.CONFLICT
            assert "the change was rolled back" in result.err
            assert (refs(repo), repo.files(), repo.run("status", "--porcelain")) == (before, FILES, b"")

    def test_what_is_refused_before_the_model_is_asked(self, cli: Cli, repo: Repo) -> None:
        repo.run("config", "--unset", "user.email")
        assert "git config --global user.name" in cli("-y", "--commit", "fix").err
        repo.run("config", "user.email", "ada@example.org")
        (repo.root / ".git/MERGE_HEAD").write_bytes(repo.run("rev-parse", "HEAD"))
        result = cli("-y", "--commit", "fix")
        assert (result.code, "a merge is under way" in result.err) == (ExitCode.CONFLICT, True)
        for flags in (
            ("--commit",),
            ("-y", "--dry-run", "--commit"),
            ("-y", "--message", "x"),
            ("-y", "--commit", "--message", " "),
            ("-y", "--commit", "--allow-dirty"),
        ):
            assert cli(*flags, "fix").code == ExitCode.USAGE
        assert cli.model.queries == []

    def test_json_names_the_commit(self, cli: Cli, repo: Repo) -> None:
        value = json.loads(cli("-y", "--commit", "--output-format", "json", "fix", answers=[FIX]).out)
        assert value["commit"] == repo.run("rev-parse", "HEAD").decode().strip()
        assert (value["branch"], value["worktree"]) == ("main", None)
        assert cli("undo", value["undo_id"]).code == 0  # the files, not the commit
        assert repo.run("status", "--porcelain") == b" M calc.py\n"

    def test_ctrl_c_meanwhile_does_not_unmake_a_commit(self, cli: Cli, repo: Repo) -> None:
        def interrupted(*args: Any, **env: Any) -> str:
            made = commit(*args, **env)
            signal.raise_signal(signal.SIGINT)
            return made

        cli.monkeypatch.setattr("agent.destination.commit", interrupted)
        result = cli("-y", "--commit", "fix", answers=[FIX])
        assert result.code == ExitCode.INTERRUPTED
        assert (repo.files()["calc.py"][0], repo.run("status", "--porcelain")) == (FIXED, b"")
        assert "Committed calc.py as " in result.err
        assert "the change was in place by then" in result.err
        assert "rolled back" not in result.err


class TestHostile:
    """What a repository configures to run at a commit, a checkout or a change of the index, does not."""

    @pytest.mark.parametrize("flags", [("--commit",), ("--branch", "x"), ("--worktree", "../tree", "--branch", "x")])
    def test_nothing_of_the_repositorys_runs(self, cli: Cli, repo: Repo, flags: tuple[str, ...]) -> None:
        pwned = repo.root.parent / "pwned"
        for name in ("pre-commit", "commit-msg", "post-commit", "post-checkout", "post-index-change"):
            hook = repo.root / ".git/hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f"#!/bin/sh\necho {name} >> {pwned}\n")
            hook.chmod(0o755)
        (repo.root / ".git/hooks/reference-transaction").write_bytes((repo.root / ".git/hooks/pre-commit").read_bytes())
        (repo.root / ".git/hooks/reference-transaction").chmod(0o755)
        (repo.root / ".git/info").mkdir(exist_ok=True)
        (repo.root / ".git/info/attributes").write_text("* filter=evil\n")
        for side in ("clean", "smudge", "process"):
            repo.run("config", f"filter.evil.{side}", f"sh -c 'echo {side} >> {pwned}; cat'")
        repo.run("config", "core.fsmonitor", f"echo fsmonitor >> {pwned}")
        repo.run("config", "gpg.program", f"echo gpg >> {pwned}")
        repo.run("config", "commit.gpgSign", "true")
        pwned.unlink(missing_ok=True)  # of this setup itself
        assert cli("-y", *flags, "fix", answers=[FIX]).code == 0
        assert not pwned.exists()

    @pytest.mark.parametrize("flags", [("--branch", "x"), ("--worktree", "../tree")])
    def test_nor_does_anything_of_a_submodule(self, cli: Cli, repo: Repo, flags: tuple[str, ...]) -> None:
        pwned = repo.root.parent / "pwned"
        sub = Repo.init(repo.root / "sub", {"a.txt": (b"a\n", 0o644)})
        repo.run("add", "sub")
        repo.commit()
        (sub.root / ".git/info/attributes").write_text("* filter=evil\n")
        sub.run("config", "filter.evil.clean", f"sh -c 'echo clean >> {pwned}; cat'")
        (sub.root / "a.txt").write_text("b\n")
        pwned.unlink(missing_ok=True)
        assert cli("-y", *flags, "fix", answers=[FIX]).code == 0
        assert not pwned.exists()

    def test_an_index_of_ours_leaves_nothing_in_the_git_directory(self, cli: Cli, repo: Repo) -> None:
        repo.run("config", "core.splitIndex", "true")
        repo.run("update-index", "--split-index")
        before = set((repo.root / ".git").iterdir())
        assert cli("-y", "--commit", "fix", answers=[FIX]).code == 0
        new = {path.name for path in set((repo.root / ".git").iterdir()) - before}
        users_own = Path(repo.run("rev-parse", "--shared-index-path").decode().strip()).name
        assert new <= {"magicode", "logs", users_own}
        assert repo.run("status", "--porcelain") == b""


class TestBranch:
    def test_the_users_tree_and_index_stay_to_the_byte(self, cli: Cli, repo: Repo) -> None:
        repo.write({"calc.py": (b"staged\n", 0o644)})
        repo.run("add", "calc.py")
        repo.write({"calc.py": (b"dirty\n", 0o644)})
        before = repo.files(), (repo.root / ".git/index").read_bytes(), repo.run("rev-parse", "HEAD")
        result = cli("-y", "--branch", "fix/add", "fix", answers=[FIX])
        assert result.code == 0
        assert (repo.files(), (repo.root / ".git/index").read_bytes(), repo.run("rev-parse", "HEAD")) == before
        assert repo.run("show", "fix/add:calc.py") == FIXED
        assert shown(repo, "fix/add") == ["calc.py"]
        assert "Your uncommitted work stays where it is" in result.err
        assert repo.run("worktree", "list").count(b"\n") == 1
        assert cli("undo").code == ExitCode.NO_CHANGE
        assert cli("sessions").out.count(b"\n") == 1

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("main", ExitCode.CONFLICT),
            ("main/x", ExitCode.CONFLICT),
            ("a/b", ExitCode.CONFLICT),
            ("-x", ExitCode.USAGE),
            ("a..b", ExitCode.USAGE),
            ("refs/heads/x", ExitCode.USAGE),
            ("HEAD", ExitCode.USAGE),
        ],
    )
    def test_names_that_cannot_be_used(self, cli: Cli, repo: Repo, name: str, code: int) -> None:
        repo.run("branch", "a/b/c")
        before = refs(repo)
        assert cli("-y", f"--branch={name}", "fix", answers=[FIX]).code == code
        assert (refs(repo), cli.model.queries) == (before, [])

    def test_a_failure_leaves_no_branch(self, cli: Cli, repo: Repo) -> None:
        before = refs(repo)
        for answer, flags in ((BROKEN, ("--max-repairs", "0")), (FIX, FAILS)):
            assert cli("-y", "--branch", "x", *flags, "fix", answers=[answer]).code in (5, 6)
            assert (refs(repo), repo.run("worktree", "list").count(b"\n")) == (before, 1)

    def test_json(self, cli: Cli, repo: Repo) -> None:
        value = json.loads(cli("-y", "--branch", "x", "--output-format", "json", "fix", answers=[FIX]).out)
        assert (value["branch"], value["worktree"], value["undo_id"]) == ("x", None, None)
        assert value["commit"] == repo.run("rev-parse", "x").decode().strip()


class TestWorktree:
    def test_the_change_is_there_and_nowhere_else(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        target = tmp_path / "of its own"
        result = cli("-y", "--worktree", target, "fix", answers=[FIX])
        assert (result.code, result.err.count("takes it back")) == (0, 1)
        assert (repo.files(), (target / "calc.py").read_bytes()) == (FILES, FIXED)
        assert Repo(target).run("status", "--porcelain") == b" M calc.py\n"
        assert cli("-C", target, "undo").code == 0
        assert (target / "calc.py").read_bytes() == FILES["calc.py"][0]

    def test_with_a_branch_it_stands_on_that(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        target = tmp_path / "tree"
        result = cli("-y", "--worktree", target, "--branch", "x", "--output-format", "json", "fix", answers=[FIX])
        value = json.loads(result.out)
        assert (value["branch"], value["worktree"]) == ("x", str(target))
        assert Repo(target).run("status", "--porcelain", "--branch") == b"## x\n"
        assert shown(Repo(target)) == ["calc.py"]
        assert repo.run("rev-parse", "--abbrev-ref", "HEAD") == b"main\n"

    def test_tests_that_need_what_git_does_not_track_are_refused_before_the_model_writes(
        self, cli: Cli, repo: Repo, tmp_path: Path
    ) -> None:
        repo.write({".venv/bin/python": (b"#!/bin/sh\n", 0o755), ".gitignore": (b".venv\n", 0o644)})
        result = cli("-y", "--branch", "x", "--test-cmd", ".venv/bin/python -m pytest", "fix", answers=[FIX])
        assert (result.code, cli.model.queries) == (ExitCode.USAGE, [])
        assert "in a new checkout, which has no .venv/bin/python" in result.err

    def test_what_came_to_nothing_is_removed(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        target = tmp_path / "tree"
        assert cli("-y", "--worktree", target, "--max-repairs", "0", "fix", answers=[NOWHERE]).code == 4
        assert not target.exists()
        assert repo.run("worktree", "list").count(b"\n") == 1

    def test_what_is_there_already_is_not_touched(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        (tmp_path / "full").mkdir()
        (tmp_path / "full/mine").touch()
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        for target in (tmp_path / "full", tmp_path / "link", tmp_path / "full/mine"):
            assert cli("-y", "--worktree", target, "fix").code == ExitCode.CONFLICT
        assert cli("-y", "--worktree", repo.root / ".git/x", "fix").code == ExitCode.REFUSED
        assert (cli.model.queries, (tmp_path / "full/mine").exists()) == ([], True)
