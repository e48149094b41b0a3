import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repo_index.git import Git
from repo_index.intake import take_snapshot
from repo_index.prompt import build_prompt
from repo_index.recency import commits_since, least_recent_first


@dataclass(frozen=True)
class _File:
    path: PurePosixPath


def _order(git: Git, *, max_commits: int = 5_000, timeout_s: float = 60.0) -> list[str]:
    files = take_snapshot(git, len).files
    return [str(file.path) for file in least_recent_first(git, files, max_commits=max_commits, timeout_s=timeout_s)]


def _ages(git: Git, *names: str, max_commits: int = 5_000) -> dict[str, int]:
    paths = [PurePosixPath(name) for name in names]
    return {str(path): age for path, age in commits_since(git, paths, max_commits=max_commits, timeout_s=60.0).items()}


def _commit(repo: Any, **files: str) -> None:
    for name, content in files.items():
        repo.write(name, content)
    repo.commit()


def _set_mtime(repo: Any, name: str, seconds: int) -> None:
    os.utime(repo.root / name, (seconds, seconds))


def test_the_latest_change_is_the_last_and_ties_are_in_order_of_path(repo: Any) -> None:
    _commit(repo, d="1", c="1", b="1", a="1")
    _commit(repo, c="2")
    _commit(repo, a="2", b="2")
    assert _order(repo.git) == ["d", "c", "a", "b"]
    assert _ages(repo.git, "a", "b", "c", "d", "missing") == {"a": 0, "b": 0, "c": 1, "d": 2}


def test_an_edit_moves_one_file_and_the_same_edit_again_moves_none(repo: Any) -> None:
    _commit(repo, a="1", b="1", c="1", d="1")
    _commit(repo, b="2")
    assert _order(repo.git) == ["a", "c", "d", "b"]
    repo.write("c", "2")
    _set_mtime(repo, "c", 2_000_000_000)
    assert _order(repo.git) == ["a", "d", "b", "c"]
    repo.write("c", "3")
    _set_mtime(repo, "c", 2_000_000_001)
    assert _order(repo.git) == ["a", "d", "b", "c"]
    repo.commit()
    assert _order(repo.git) == ["a", "d", "b", "c"]
    repo.write("c", "2")
    repo.commit()
    repo.write("d", "2")
    assert _order(repo.git) == ["a", "b", "c", "d"]


def test_what_is_not_committed_comes_last_in_the_order_of_writing(repo: Any) -> None:
    _commit(repo, a="1", b="1", z="1")
    for seconds, name in enumerate(("staged", "b", "untracked", "a", "x/y")):
        repo.write(name, "2")
        _set_mtime(repo, name, 1_000_000_000 + seconds)
    repo.run("add", "staged", "b")
    assert _order(repo.git) == ["z", "staged", "b", "untracked", "a", "x/y"]


def test_a_file_that_was_only_touched_stays_where_it_is(repo: Any) -> None:
    _commit(repo, a="1", b="1")
    _set_mtime(repo, "a", 2_000_000_000)
    assert _order(repo.git) == ["a", "b"]


def test_before_the_first_commit_the_order_is_that_of_writing(repo: Any) -> None:
    assert _order(repo.git) == []
    for seconds, name in enumerate(("b", "a", "c")):
        repo.write(name)
        _set_mtime(repo, name, 1_000_000_000 + seconds)
    _set_mtime(repo, "c", 1_000_000_001)
    repo.run("add", "b")
    assert _order(repo.git) == ["b", "a", "c"]
    assert _ages(repo.git, "a", "b") == {}


def test_the_clocks_of_authors_do_not_matter(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, year in (("b", 2030), ("a", 1990), ("c", 2010)):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{year}-01-01T00:00:00Z")
        monkeypatch.setenv("GIT_AUTHOR_DATE", f"{year}-01-01T00:00:00Z")
        _commit(repo, **{name: "1"})
    assert _order(repo.git) == ["b", "a", "c"]


def test_a_merge_is_one_change_and_what_it_left_alone_keeps_its_place(repo: Any) -> None:
    _commit(repo, a="1", b="1", c="1", d="1")
    repo.run("checkout", "-q", "-b", "side")
    _commit(repo, c="2")
    _commit(repo, a="2")
    repo.run("checkout", "-q", "main")
    _commit(repo, d="2")
    repo.run("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert _ages(repo.git, "a", "b", "c", "d") == {"a": 0, "b": 2, "c": 0, "d": 1}
    assert _order(repo.git) == ["b", "d", "a", "c"]
    repo.run("checkout", "-q", "side")
    assert _order(repo.git) == ["b", "d", "c", "a"]


def test_a_resolved_conflict_and_one_that_is_not(repo: Any) -> None:
    _commit(repo, a="1\n", b="1\n")
    repo.run("checkout", "-q", "-b", "side")
    _commit(repo, a="2\n")
    repo.run("checkout", "-q", "main")
    _commit(repo, a="3\n")
    subprocess.run(["git", "merge", "side"], cwd=repo.root, capture_output=True, check=False)
    assert _order(repo.git) == ["b", "a"]
    repo.write("a", "4\n")
    repo.commit()
    _commit(repo, b="2\n")
    assert _ages(repo.git, "a", "b") == {"a": 1, "b": 0}


def test_a_rename_is_a_change(repo: Any) -> None:
    _commit(repo, a="same\n" * 50, b="1")
    _commit(repo, b="2")
    repo.run("mv", "a", "c")
    assert _order(repo.git) == ["b", "c"]
    repo.commit()
    assert _ages(repo.git, "a", "b", "c") == {"a": 0, "b": 1, "c": 0}


def test_a_file_that_was_deleted_and_came_back_is_as_old_as_its_return(repo: Any) -> None:
    _commit(repo, a="1", b="1")
    (repo.root / "a").unlink()
    repo.commit()
    _commit(repo, b="2")
    _commit(repo, a="1")
    assert _ages(repo.git, "a", "b") == {"a": 0, "b": 1}


_NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"], max_codepoint=0x2FFF), min_size=1, max_size=12
).filter(lambda name: name not in {".", ".."} and not name.lower().startswith(".git"))


@settings(max_examples=10)
@given(names=st.lists(_NAMES, min_size=1, max_size=5, unique_by=str.casefold))
def test_any_file_name_is_found(repo: Any, names: list[str]) -> None:
    shutil.rmtree(repo.root)
    type(repo).init(repo.root)
    for name in names:
        _commit(repo, **{name: "1"})
    assert _ages(repo.git, *names) == {name: age for age, name in enumerate(reversed(names))}
    files = [_File(PurePosixPath(name)) for name in sorted(names)]
    assert [str(file.path) for file in least_recent_first(repo.git, files, timeout_s=60.0)] == names


def test_names_that_look_like_the_output_around_them(repo: Any) -> None:
    names = ["\n:100644 100644 a b M", ":100644", "\x01", '"q"', "\n", "tab\t", "é", "x/\x01"]
    for name in names:
        _commit(repo, **{name: "1"})
    assert _ages(repo.git, *names) == {name: age for age, name in enumerate(reversed(names))}
    for seconds, name in enumerate(names):
        repo.write(name, "2")
        _set_mtime(repo, name, 1_000_000_000 - seconds)
    files = [_File(PurePosixPath(name)) for name in names]
    assert [str(file.path) for file in least_recent_first(repo.git, files)] == names[::-1]


def test_a_detached_head_a_worktree_and_a_clone_agree(repo: Any, tmp_path: Path) -> None:
    _commit(repo, a="1", b="1", c="1")
    _commit(repo, b="2")
    _commit(repo, a="2")
    repo.run("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    subprocess.run(["git", "clone", "-q", repo.root, tmp_path / "clone"], check=True)
    repo.run("checkout", "-q", "--detach")
    for root in (repo.root, tmp_path / "linked", tmp_path / "clone"):
        assert _order(Git.discover(root)) == ["c", "b", "a"]


def test_a_shallow_clone_takes_its_first_commit_for_the_beginning(repo: Any, tmp_path: Path) -> None:
    _commit(repo, c="1")
    _commit(repo, b="1")
    _commit(repo, a="1")
    _commit(repo, b="2")
    subprocess.run(["git", "clone", "-q", "--depth", "2", repo.root.as_uri(), tmp_path / "clone"], check=True)
    git = Git.discover(tmp_path / "clone")
    assert _ages(git, "a", "b", "c") == {"a": 1, "b": 0, "c": 1}
    assert _order(git) == ["a", "c", "b"]


def test_a_clone_without_old_trees_fetches_none(repo: Any, tmp_path: Path) -> None:
    _commit(repo, **{"b/x": "1", "a/x": "1"})
    _commit(repo, **{"b/x": "2"})
    repo.run("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--filter=tree:0", repo.root.as_uri(), clone], check=True)
    before = sorted((clone / ".git" / "objects").rglob("*"))
    assert sorted(_order(Git.discover(clone))) == ["a/x", "b/x"]
    assert sorted((clone / ".git" / "objects").rglob("*")) == before


def test_older_than_what_is_read_is_oldest(repo: Any) -> None:
    _commit(repo, e="1", d="1")
    _commit(repo, c="1")
    _commit(repo, b="1")
    _commit(repo, a="1")
    assert _order(repo.git, max_commits=2) == ["c", "d", "e", "b", "a"]
    assert _ages(repo.git, *"abcde", max_commits=2) == {"a": 0, "b": 1}
    assert _order(repo.git, max_commits=4) == ["d", "e", "c", "b", "a"]


def test_the_beginning_of_what_is_read_stays_for_many_commits(repo: Any) -> None:
    """With a history of one file a commit, the front of the order changes once in `max_commits // 2` commits."""
    names = [f"f{number:02}" for number in range(40)]
    fronts = []
    for n_commits, name in enumerate(names, start=1):
        _commit(repo, **{name: "1"})
        known = _ages(repo.git, *names, max_commits=8)
        assert len(known) == n_commits if n_commits <= 8 else 4 < len(known) <= 8
        fronts.append(min(known))
    assert [fronts.count(front) for front in dict.fromkeys(fronts)] == [8, *[4] * 8]


def test_without_time_or_git_there_is_still_an_order(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _commit(repo, b="1")
    _commit(repo, a="1")
    files = take_snapshot(repo.git, len).files
    git = repo.git
    assert [str(file.path) for file in least_recent_first(git, files, timeout_s=0.0)] == ["a", "b"]
    monkeypatch.setenv("PATH", "")
    assert [str(file.path) for file in least_recent_first(git, files)] == ["a", "b"]


def test_configuration_cannot_change_the_order(repo: Any) -> None:
    _commit(repo, **{"sub/c": "same\n" * 50, "b": "1"})
    _commit(repo, b="2")
    repo.run("mv", "sub/c", "a")
    repo.commit()
    expected = _ages(repo.git, "a", "b")
    settings_ = {
        "diff.noprefix": "true",
        "diff.orderFile": "missing",
        "diff.relative": "true",
        "diff.renames": "copies",
        "log.decorate": "full",
        "log.diffMerges": "off",
        "log.follow": "true",
        "log.showRoot": "false",
        "log.showSignature": "true",
        "format.pretty": "fuller",
        "status.showUntrackedFiles": "no",
        "status.branch": "true",
    }
    for key, value in settings_.items():
        repo.run("config", key, value)
    repo.write("new")
    assert _ages(repo.git, "a", "b", "new") == expected == {"a": 0, "b": 1}
    assert _order(repo.git) == ["b", "a", "new"]


def test_the_walk_ends_when_all_is_seen(repo: Any) -> None:
    """Damage behind the last commit that is needed is not reached."""
    for number in range(3):
        _commit(repo, a=str(number), b="1")
    first = repo.git.run("rev-parse", "HEAD~2").decode().strip()
    (repo.root / ".git" / "objects" / first[:2] / first[2:]).unlink()
    assert _ages(repo.git, "a") == _ages(repo.git, "a", "b") == {"a": 0}


def test_documents_stand_in_this_order(repo: Any) -> None:
    class Frame:
        def count_frame(self, *_: Any) -> int:
            return 0

    _commit(repo, **{"AGENTS.md": "x\n", "a": "1", "b": "1", "c": "1"})
    _commit(repo, a="2")
    repo.write("b", "2")
    snapshot = take_snapshot(repo.git, len)
    documents = build_prompt(snapshot, (), "task", Frame()).documents
    assert [str(document.path) for document in documents] == ["c", "a", "b"]
    assert [str(file.path) for file in snapshot.files] == ["AGENTS.md", "a", "b", "c"]


def test_a_long_history_is_left_when_the_time_is_up(repo: Any) -> None:
    _commit(repo, a="1")
    began_s = time.monotonic()
    assert commits_since(repo.git, [PurePosixPath("missing")], timeout_s=0.0) == {}
    assert time.monotonic() - began_s < 5
