from pathlib import Path

import pytest

from agent.batch.repositories import Repositories, cloned, is_url, open_local
from repo_index.errors import NotARepositoryError, RepoError
from tests.agent.cli.diffs import FILES
from tests.fakes.git_repo import Repo


@pytest.mark.parametrize(
    "text",
    [
        "https://a.b/c.git",
        "ssh://git@a.b/c",
        "file:///x",
        "git@a.b:c/d.git",
        "http://a.b/c",
        "ext::sh -c id",
        "git://a/b",
    ],
)
def test_addresses(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", [".", "../x", "/a/b", "a", "a/b", "./a:b", "-rf", "~/x"])
def test_paths(text: str) -> None:
    assert not is_url(text)


@pytest.mark.parametrize(
    ("url", "phrase"),
    [
        ("http://a.b/c", "https://, ssh://, file:// alone"),
        ("git://a.b/c", "https://, ssh://, file:// alone"),
        ("ext::sh -c touch% /tmp/x", "alone"),
        ("ext::https://a.b/c", "alone"),
        ("fd::17", "alone"),
        ("https://user:hunter2@a.b/c", "must hold no name, password or token"),
        ("https://hunter2@a.b/c", "must hold no name, password or token"),
        ("ssh://git:hunter2@a.b/c", "must hold no name, password or token"),
        ("https:///c", "names no host"),
        ("ssh://-oProxyCommand=x/c", "names no host"),
        ("ssh://git@-oProxyCommand=x/c", "names no host"),
        ("https://[/c", "no address"),
    ],
)
def test_addresses_that_are_refused(tmp_path: Path, url: str, phrase: str) -> None:
    with pytest.raises(RepoError) as raised:
        cloned(url, tmp_path / "cache")
    assert phrase in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert not (tmp_path / "cache").exists()


def test_a_clone_is_made_once_and_brought_up_to_date(repo: Repo, tmp_path: Path) -> None:
    url = f"file://{repo.root}"
    first = cloned(url, tmp_path / "cache")
    old = repo.run("rev-parse", "HEAD").decode().strip()
    assert (first.commit("HEAD"), first.commit("main"), first.commit(old)) == (old, old, old)
    assert Repo(first.git.root).files() == {}
    repo.write({"new.txt": (b"new\n", 0o644)})
    repo.commit()
    repo.run("branch", "topic", old)
    second = cloned(url, tmp_path / "cache")
    new = repo.run("rev-parse", "HEAD").decode().strip()
    assert second == first
    assert (second.commit("HEAD"), second.commit("main"), second.commit("topic")) == (new, new, old)
    assert second.key == url
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [
        second.git.root.name,
        f"{second.git.root.name}.lock",
    ]


def test_a_clone_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RepoError, match="does not"):
        cloned(f"file://{tmp_path}/nowhere", tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]


def test_the_work_trees_of_a_repository_are_one(repo: Repo, tmp_path: Path) -> None:
    repo.run("worktree", "add", "-q", "--detach", str(tmp_path / "other"))
    assert open_local(repo.root / "docs").key == open_local(tmp_path / "other").key


def test_none_is_found(repo: Repo, tmp_path: Path) -> None:
    repositories = Repositories(None, tmp_path, tmp_path / "cache")
    assert repositories.find("repo").git.root == repo.root
    for text in ("nowhere", "a" * 5000, "~nobody-at-all/x", "a\x1b[31m"):
        for _ in range(2):
            with pytest.raises(RepoError):
                repositories.find(text)
    with pytest.raises(NotARepositoryError, match="not started in a repository"):
        repositories.find(None)


@pytest.mark.parametrize(
    "base", ["nowhere", "-rf", "--all", "HEAD~5", "HEAD:calc.py", "a b", "", "HEAD^{tree}", "a\nb"]
)
def test_a_base_that_is_no_commit(repo: Repo, base: str) -> None:
    with pytest.raises(RepoError, match="names no commit"):
        open_local(repo.root).commit(base)


def test_nothing_committed_yet(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "empty", {})
    with pytest.raises(RepoError, match="nothing is committed"):
        open_local(repo.root).commit("HEAD")
    repo.write(FILES)
    repo.commit()
    assert open_local(repo.root).commit("HEAD") == repo.run("rev-parse", "HEAD").decode().strip()
