import os
from pathlib import Path

import pytest

from agent.batch.repositories import Repository, open_local
from agent.batch.worktrees import Worktrees
from agent.errors import PolicyError
from tests.agent.cli.diffs import FILES
from tests.fakes.git_repo import Repo


@pytest.fixture
def repository(repo: Repo) -> Repository:
    return open_local(repo.root)


def listed(repo: Repo) -> list[str]:
    out = repo.run("worktree", "list", "--porcelain").decode()
    return [line for line in out.splitlines() if line.startswith("worktree ")][1:]


def leftovers(repo: Repo) -> list[Path]:
    git = repo.root / ".git"
    return [*git.glob("worktrees/*"), *git.glob("magicode/worktrees/*")]


def test_a_work_tree_is_made_and_removed(repo: Repo, repository: Repository) -> None:
    head = repository.commit("HEAD")
    worktrees = Worktrees(repository)
    git = worktrees.add("one", head)
    assert Repo(git.root).files() == FILES
    assert git.run("rev-parse", "--abbrev-ref", "HEAD") == b"HEAD\n"
    assert open_local(git.root).key == repository.key
    worktrees.add("one", head)  # over what is left of an earlier one
    worktrees.remove("one")
    worktrees.remove("one")
    assert (listed(repo), leftovers(repo)) == ([], [])


def test_what_tests_leave_behind_goes_too(repo: Repo, repository: Repository, tmp_path: Path) -> None:
    worktrees = Worktrees(repository)
    root = worktrees.add("one", repository.commit("HEAD")).root
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    (root / "link").symlink_to(outside)
    (root / "closed/deep").mkdir(parents=True)
    (root / "closed/deep/file").write_text("x")
    (root / "closed/deep").chmod(0)
    (root / "closed").chmod(0o100)
    os.mkfifo(root / "pipe")
    worktrees.remove("one")
    assert (listed(repo), leftovers(repo)) == ([], [])
    assert (outside / "file").read_text() == "mine"


@pytest.mark.parametrize("torn", ["", ".git", "all", "admin gitdir", "admin"])
def test_what_a_kill_left_is_swept(repo: Repo, repository: Repository, torn: str) -> None:
    worktrees = Worktrees(repository)
    root = worktrees.add("one", repository.commit("HEAD")).root
    admin = repo.root / ".git/worktrees/magicode-one"
    if torn == ".git":
        (root / ".git").unlink()
    elif torn == "all":
        for path in [*root.rglob("*")][::-1]:
            path.rmdir() if path.is_dir() else path.unlink()
        (root / ".git").unlink(missing_ok=True)
        root.rmdir()
    elif torn == "admin gitdir":
        (admin / "gitdir").unlink()
        (admin / "locked").write_text("initializing")
    elif torn == "admin":
        for path in [*admin.rglob("*")][::-1]:
            path.rmdir() if path.is_dir() else path.unlink()
    Worktrees(repository).sweep()
    assert (listed(repo), leftovers(repo)) == ([], [])
    Worktrees(repository).add("one", repository.commit("HEAD"))


def test_the_users_work_trees_stay_even_where_their_disk_is_not_there(
    repo: Repo, repository: Repository, tmp_path: Path
) -> None:
    repo.run("worktree", "add", "-q", str(tmp_path / "mine"), "-b", "mine")
    repo.run("worktree", "add", "-q", str(tmp_path / "magicode-away"), "-b", "away")
    (tmp_path / "magicode-away").rename(tmp_path / "unplugged")
    worktrees = Worktrees(repository)
    worktrees.add("one", repository.commit("HEAD"))
    worktrees.remove("one")
    worktrees.sweep()
    assert len(listed(repo)) == 2


def test_hooks_filters_and_drivers_of_the_repository_do_not_run(
    repo: Repo, repository: Repository, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    hook = repo.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    repo.run("config", "filter.evil.smudge", f"touch {mark}; cat")
    repo.run("config", "filter.evil.clean", f"touch {mark}; cat")
    repo.run("config", "core.fsmonitor", f"touch {mark}; false")
    repo.write({".gitattributes": (b"*.py filter=evil\n", 0o644)})
    repo.run("add", ".gitattributes")
    repo.run("commit", "-q", "-m", "attributes")
    mark.unlink(missing_ok=True)
    worktrees = Worktrees(repository)
    worktrees.add("one", repository.commit("HEAD"))
    worktrees.remove("one")
    assert not mark.exists()


def test_a_planted_link_is_not_followed(repo: Repo, repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/magicode-one").mkdir()
    (repo.root / ".git/magicode").mkdir()
    (repo.root / ".git/magicode/worktrees").symlink_to(tmp_path / "elsewhere")
    worktrees = Worktrees(repository)
    with pytest.raises(PolicyError, match="symbolic link"):
        worktrees.add("one", repository.commit("HEAD"))
    worktrees.sweep()
    assert (tmp_path / "elsewhere/magicode-one").is_dir()
