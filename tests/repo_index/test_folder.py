"""Directories in no repository."""

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from repo_index.errors import NoRepositoryError, NotARepositoryError, UnreadableError
from repo_index.folder import Folder, find_source, require_git
from repo_index.git import Git
from repo_index.intake import take_snapshot
from repo_index.listing import list_files
from repo_index.past import read_past
from repo_index.recency import least_recent_first


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "plain"
    root.mkdir()
    return root.resolve()


def _write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x\n")


def _listed(root: Path) -> dict[str, str]:
    return {str(path): listing for path, listing in list_files(Folder(root)).items()}


def test_a_place_is_a_work_tree_or_else_the_directory(repo: Any, root: Path) -> None:
    (repo.root / "sub").mkdir()
    assert find_source(repo.root / "sub") == Git(repo.root.resolve())
    assert find_source(root) == Folder(root)
    with pytest.raises(NoRepositoryError):
        Git.discover(root)


def test_a_repository_that_cannot_be_used_is_not_read_as_a_plain_directory(repo: Any, root: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", root / "bare"], check=True)
    (root / "lost").mkdir()
    (root / "lost" / ".git").write_text("gitdir: /nowhere\n")
    for directory in (root / "bare", root / "lost", repo.root / ".git", root / "missing"):
        with pytest.raises(NotARepositoryError) as caught:
            find_source(directory)
        assert not isinstance(caught.value, NoRepositoryError)
    with pytest.raises(NotARepositoryError, match="a bare repository has no files to read: clone it"):
        find_source(root / "bare")


def test_all_of_a_home_directory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "users" / "ada"
    (home / "project").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for directory in (Path("/"), home.parent, home):
        with pytest.raises(NotARepositoryError, match="go to the directory of a project"):
            find_source(directory)
    assert find_source(home / "project") == Folder((home / "project").resolve())


def test_what_needs_git_says_so(repo: Any, root: Path) -> None:
    assert require_git(repo.git, "to change files") == repo.git
    with pytest.raises(NotARepositoryError, match="which is needed to change files: run `git init` there first"):
        require_git(Folder(root), "to change files")


def test_gitignore_files_count_as_in_a_repository(root: Path, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*\n")  # outside: git would not see it either
    (root / ".gitignore").write_text("*.log\n/build/\n")
    (root / ".ignore").write_text("*.md\n")  # ripgrep's
    _write(root, "a.py", "b.log", "build/x", "sub/build/y", "sub/c.log", ".hidden/d", "e.md")
    (root / "sub" / ".gitignore").write_text("!c.log\n")
    plain = _listed(root)
    subprocess.run(["git", "init", "-q", root], check=True)
    assert plain == {str(path): listing for path, listing in list_files(Git(root)).items()}
    assert sorted(plain) == [
        ".gitignore", ".hidden/d", ".ignore", "a.py", "e.md", "sub/.gitignore", "sub/build/y", "sub/c.log",
    ]  # fmt: skip


def test_repositories_inside_are_named_and_not_entered(root: Path) -> None:
    _write(root, "a", "own/b", "deep/er/c")
    for name in ("own", "deep/er"):
        subprocess.run(["git", "init", "-q", root / name], check=True)
    subprocess.run(["git", "init", "-q", root / "own" / "inner"], check=True)
    assert _listed(root) == {"a": "file", "own": "nested", "deep/er": "nested"}


def test_what_was_installed_is_named_and_not_entered(root: Path) -> None:
    _write(root, "a.js", "node_modules/left-pad/index.js", "web/node_modules/x/y.js", "__pycache__/a.pyc", "venv.py")
    assert _listed(root) == {
        "a.js": "file",
        "venv.py": "file",
        "node_modules": "installed",
        "web/node_modules": "installed",
        "__pycache__": "installed",
    }
    skipped = take_snapshot(Folder(root), len).skipped
    assert {each.reason for each in skipped} == {"installed or cached, and no .gitignore says so"}
    (root / ".gitignore").write_text("node_modules\n__pycache__\n")
    assert sorted(_listed(root)) == [".gitignore", "a.js", "venv.py"]


def test_a_user_without_a_home_reads_a_directory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert find_source(root) == Folder(root)
    with pytest.raises(NotARepositoryError, match="go to the directory of a project"):
        find_source(Path("/"))


def test_odd_names_and_kinds_are_listed(root: Path) -> None:
    _write(root, "a b", 'q"', "new\nline", "größe", "empty/x")
    (root / "empty" / "x").unlink()
    (root / "link").symlink_to("a b")
    (root / "dangling").symlink_to("nowhere")
    (root / "directory link").symlink_to("empty")
    os.mkfifo(root / "fifo")
    Path(os.fsdecode(os.fsencode(root) + b"/latin-\xe9")).write_text("x")
    snapshot = take_snapshot(Folder(root), len)
    assert [str(file.path) for file in snapshot.files] == ["a b", "größe", "new\nline", 'q"']
    assert {os.fsencode(each.path): each.reason for each in snapshot.skipped} == {
        b"dangling": "symbolic link",
        b"directory link": "symbolic link",
        b"fifo": "FIFO",
        b"latin-\xe9": "file name is not UTF-8",
        b"link": "symbolic link",
    }


def test_the_same_files_are_read_with_and_without_git(repo: Any) -> None:
    for name in ("a.py", "sub/b.txt", "yarn.lock", ".env", "x.bin"):
        repo.write(name, b"\0" if name == "x.bin" else b"x\r\n")
    repo.write(".magicodeignore", "sub\n")
    inside = take_snapshot(repo.git, len)
    git = repo.git
    (repo.root / ".git").rename(repo.root.parent / "moved")
    outside = take_snapshot(find_source(repo.root), len)
    assert (outside.files, outside.skipped) == (inside.files, inside.skipped)
    assert (inside.source, outside.source) == (git, Folder(repo.root.resolve()))
    assert outside.head is None


_READER = """
import os, sys
from pathlib import Path
import ahocorasick_rs, ignore.overrides, pathspec
from repo_index.folder import Folder
from repo_index.intake import take_snapshot
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
snapshot = take_snapshot(Folder(Path(sys.argv[1])), len)
print([str(file.path) for file in snapshot.files], [(str(file.path), file.reason) for file in snapshot.skipped])
"""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="drops root's rights")
def test_a_directory_that_may_not_be_read_is_named(root: Path) -> None:
    _write(root, "a", "closed/b", "z")
    (root / "closed").chmod(0)
    for directory in (root, *root.parents[:-1]):
        directory.chmod(directory.stat().st_mode | 0o005)
    done = subprocess.run(
        [sys.executable, "-c", _READER, root], capture_output=True,
        text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout == "['a', 'z'] [('closed', 'unreadable directory')]\n"


def test_a_directory_that_is_gone_is_an_error(root: Path) -> None:
    root.rmdir()
    with pytest.raises(UnreadableError, match="cannot be read"):
        list_files(Folder(root))


def test_files_are_ordered_by_when_they_were_written(root: Path) -> None:
    _write(root, "a", "b", "c")
    for n, name in enumerate(("b", "c", "a")):
        os.utime(root / name, ns=(n, n))
    files = take_snapshot(Folder(root), len).files
    assert [str(file.path) for file in least_recent_first(Folder(root), files)] == ["b", "c", "a"]


def test_a_plain_directory_has_no_past(root: Path) -> None:
    assert read_past(Folder(root)) == ()


def test_a_deep_directory_is_walked(root: Path) -> None:
    deep = PurePosixPath(*"d" * 200, "leaf")
    (root / deep).parent.mkdir(parents=True)
    (root / deep).write_text("x\n")
    assert list_files(Folder(root)) == {deep: "file"}
