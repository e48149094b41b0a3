"""What a parcel makes elsewhere: the same commit, with what came before it, and the same bytes in its work trees."""

from pathlib import Path

import pytest

from agent.batch.repositories import Repository, open_local
from agent.batch.worktrees import Worktrees
from agent.cluster.parcels import packed, unpacked
from repo_index.errors import GitError
from repo_index.past import read_past
from tests.fakes.git_repo import Repo


def history(repository: Repository, commit: str) -> list[bytes]:
    return repository.git.run("rev-list", commit).split()


@pytest.fixture
def old(repo: Repo) -> Repository:
    for number in range(5):
        repo.write({"calc.py": (f"n = {number}\n".encode(), 0o644)})
        repo.commit()
    repo.run("branch", "other", "HEAD~2")
    repo.run("merge", "-q", "-s", "ours", "--no-edit", "other")
    return open_local(repo.root)


def test_the_whole_history_travels(old: Repository, tmp_path: Path) -> None:
    head = old.commit("HEAD")
    parcel = packed(old, head)
    assert parcel.shallow == ()
    there = unpacked(parcel, tmp_path / "there")
    assert history(there, head) == history(old, head)
    assert there.git.run("fsck", "--no-dangling") == b""
    tree = Worktrees(there).add("x", head)
    assert (tree.root / "docs/use.md").read_bytes() == b"# Use\n\nadd and double\n"
    assert read_past(tree) == read_past(old.git)
    assert tree.run("status", "--porcelain") == b""


def test_a_long_history_is_cut(old: Repository, tmp_path: Path) -> None:
    head = old.commit("HEAD")
    parcel = packed(old, head, max_commits=3)
    there = unpacked(parcel, tmp_path / "there")
    assert history(there, head)[:3] == history(old, head)[:3]
    assert len(history(there, head)) < len(history(old, head))
    assert there.git.run("fsck", "--no-dangling") == b""
    assert len(parcel.pack) < len(packed(old, head).pack)


def test_a_history_that_is_cut_already_travels_as_it_is(old: Repository, tmp_path: Path) -> None:
    shallow = Repo(tmp_path / "shallow")
    old.git.run("clone", "-q", "--depth=2", f"file://{old.git.root}", str(shallow.root))
    here = open_local(shallow.root)
    head = here.commit("HEAD")
    there = unpacked(packed(here, head), tmp_path / "there")
    assert history(there, head) == history(here, head)
    assert there.git.run("fsck", "--no-dangling") == b""


def test_how_lines_end_in_work_trees_travels(repo: Repo, tmp_path: Path) -> None:
    repo.run("config", "core.autocrlf", "true")
    here = open_local(repo.root)
    there = unpacked(packed(here, here.commit("HEAD")), tmp_path / "there")
    tree = Worktrees(there).add("x", here.commit("HEAD"))
    assert (tree.root / "docs/use.md").read_bytes() == b"# Use\r\n\r\nadd and double\r\n"


def test_sha256_travels(tmp_path: Path) -> None:
    here = open_local(Repo.init(tmp_path / "here", {"a": (b"a\n", 0o644)}, "--object-format=sha256").root)
    head = here.commit("HEAD")
    assert history(unpacked(packed(here, head), tmp_path / "there"), head) == [head.encode()]


def test_a_damaged_pack_is_refused(old: Repository, tmp_path: Path) -> None:
    parcel = packed(old, old.commit("HEAD"))
    damaged = type(parcel)(parcel.key, parcel.commit, parcel.pack[:-30], parcel.shallow, parcel.settings)
    with pytest.raises(GitError, match="index-pack"):
        unpacked(damaged, tmp_path / "there")
