import os
import resource
import socket
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repo_index.errors import PatternError, StaleSnapshotError
from repo_index.frame import frame_file
from repo_index.git import Git
from repo_index.intake import take_snapshot
from repo_index.reader import TreeReader
from repo_index.snapshot import RepoSnapshot, blob_id


def _take(repo: Any, **options: Any) -> RepoSnapshot:
    return take_snapshot(repo.git, len, **options)


def _paths(snapshot: RepoSnapshot) -> list[str]:
    return [str(file.path) for file in snapshot.files]


def _reasons(snapshot: RepoSnapshot) -> dict[str, str]:
    return {str(file.path): file.reason for file in snapshot.skipped}


def _n_open() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_tracked_and_untracked_files_are_read_and_ignored_ones_are_not(repo: Any) -> None:
    repo.write(".gitignore", "*.log\n")
    repo.write("b/tracked.py")
    repo.write("kept.log")
    repo.run("add", "-f", ".")
    repo.write("a.py")
    repo.write("new.log")
    assert _paths(_take(repo)) == [".gitignore", "a.py", "b/tracked.py", "kept.log"]


def test_a_file_is_described(repo: Any) -> None:
    data = "a = 'é'\r\nb = 1\r\n".encode()
    repo.write("src/a.py", data)
    (file,) = _take(repo).files
    expected = repo.git.run("hash-object", "--no-filters", "src/a.py").decode().strip()
    assert file.blob == expected == blob_id(data)
    assert (file.size_bytes, file.encoding, file.language) == (len(data), "utf-8", "python")
    assert file.read() == "a = 'é'\nb = 1\n"
    assert file.read_file().encode() == data
    assert file.n_tokens == len(frame_file(file.path, file.read()))


def test_each_file_is_counted_once(repo: Any) -> None:
    for name in ("a", "b", "c"):
        repo.write(name)
    counted: list[str] = []
    take_snapshot(repo.git, lambda text: counted.append(text) or 1)
    assert counted == [frame_file(PurePosixPath(name), "x\n") for name in ("a", "b", "c")]


def test_an_empty_repository_has_no_head_and_no_files(repo: Any) -> None:
    assert _take(repo) == RepoSnapshot(repo.root.resolve(), None, (), ())


def test_two_snapshots_of_one_tree_are_equal_and_an_edit_shows(repo: Any) -> None:
    repo.write("a")
    repo.write("b.bin", b"\0")
    repo.commit()
    before = _take(repo)
    assert _take(repo) == before
    repo.write("a", "y\n")
    after = _take(repo)
    assert after != before
    assert after.head == before.head is not None


def test_deleted_files_are_absent_without_a_word(repo: Any) -> None:
    repo.write("a")
    repo.write("d/b")
    repo.commit()
    (repo.root / "a").unlink()
    (repo.root / "d" / "b").unlink()
    (repo.root / "d").rmdir()
    repo.write("d", "now a file\n")
    assert _paths(_take(repo)) == ["d"]


def test_a_conflict_is_listed_once(repo: Any) -> None:
    repo.write("a", "1\n")
    repo.commit()
    repo.run("checkout", "-q", "-b", "side")
    repo.write("a", "2\n")
    repo.commit()
    repo.run("checkout", "-q", "main")
    repo.write("a", "3\n")
    repo.commit()
    subprocess.run(["git", "merge", "side"], cwd=repo.root, capture_output=True, check=False)
    (file,) = _take(repo).files
    assert "<<<<<<<" in file.read()


def test_the_whole_tree_is_read_from_a_subdirectory_and_a_linked_worktree(repo: Any, tmp_path: Path) -> None:
    repo.write("a")
    repo.write("sub/b")
    repo.commit()
    repo.run("worktree", "add", "-q", str(tmp_path / "linked"))
    for directory in (repo.root / "sub", tmp_path / "linked"):
        snapshot = take_snapshot(Git.discover(directory), len)
        assert _paths(snapshot) == ["a", "sub/b"]
        assert snapshot.files[1].read() == "x\n"


_NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"], max_codepoint=0x2FFF), min_size=1, max_size=12
).filter(lambda name: name not in {".", ".."} and not name.lower().startswith(".git"))


@settings(max_examples=15)
@given(names=st.sets(_NAMES, min_size=1, max_size=5))
def test_every_name_is_found_or_skipped_with_a_reason(repo: Any, names: set[str]) -> None:
    for name in names:
        repo.write(f"dir {name}/{name}", name)
    snapshot = _take(repo)
    seen = {*_paths(snapshot), *_reasons(snapshot)}
    assert {f"dir {name}/{name}" for name in names} <= seen
    assert all(file.read() == file.path.name for file in snapshot.files)


def test_names_that_are_not_utf8_are_skipped(repo: Any) -> None:
    Path(os.fsdecode(os.fsencode(repo.root) + b"/latin-\xe9")).write_text("x")
    assert list(_reasons(_take(repo)).values()) == ["file name is not UTF-8"]


def test_what_is_no_plain_text_file_is_skipped_and_never_opened(repo: Any, tmp_path: Path) -> None:
    for name in ("fifo", "socket", "unreadable", "linked-dir/inner"):
        repo.write(name)
    repo.commit()
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "inner").write_text("outside\n")
    for name in ("fifo", "socket", "linked-dir/inner"):
        (repo.root / name).unlink()
    os.mkfifo(repo.root / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(repo.root / "socket"))
    (repo.root / "linked-dir").rmdir()
    (repo.root / "linked-dir").symlink_to(secret)
    (repo.root / "link").symlink_to(secret / "inner")
    (repo.root / "dangling").symlink_to("nowhere")
    repo.write("image.png", b"\x89PNG\0")
    repo.write("claims.txt", b"\xff\xfea")
    repo.write("large.txt", "x" * 101)
    snapshot = _take(repo, max_file_bytes=100)
    assert _reasons(snapshot) == {
        "claims.txt": "not utf-16-le, though its byte-order mark says so",
        "dangling": "symbolic link",
        "fifo": "FIFO",
        "image.png": "binary",
        "large.txt": "too large (101 bytes; the limit is 100)",
        "link": "symbolic link",
        "linked-dir": "symbolic link",
        "linked-dir/inner": "beyond a symbolic link",
        "socket": "socket",
    }
    assert _paths(snapshot) == ["unreadable"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_skipped(repo: Any) -> None:
    repo.write("a").chmod(0)
    assert _reasons(_take(repo)) == {"a": "unreadable: Permission denied"}


def test_submodules_and_nested_repositories_are_skipped(repo: Any) -> None:
    for name in ("module", "nested"):
        repo.write(f"{name}/a")
        subprocess.run(["git", "init", "-q", repo.root / name], check=True)
    subprocess.run(["git", "-C", repo.root / "module", "add", "."], check=True)
    subprocess.run(["git", "-C", repo.root / "module", "commit", "-qm", "x"], check=True)
    repo.run("add", "module")
    snapshot = _take(repo)
    assert _paths(snapshot) == []
    assert _reasons(snapshot) == {"module": "submodule", "nested": "nested repository"}


def test_files_outside_a_sparse_checkout_are_named(repo: Any) -> None:
    repo.write("in/a")
    repo.write("out/b")
    repo.commit()
    repo.run("sparse-checkout", "set", "in")
    snapshot = _take(repo)
    assert _paths(snapshot) == ["in/a"]
    assert _reasons(snapshot) == {"out/b": "not checked out (sparse checkout)"}


def test_a_deep_tree_needs_few_descriptors(tmp_path: Path) -> None:
    path = PurePosixPath(*"d" * 120, "leaf")
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(b"x")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_n_open() + 20, limits[1]))
    try:
        with TreeReader(tmp_path) as reader:
            assert reader.read(path, 10) == b"x"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_no_descriptor_is_left_open(repo: Any, tmp_path: Path) -> None:
    for name in ("a/b/c", "a/d", "gone/x", "replaced/y/z"):
        repo.write(name)
    repo.commit()
    (repo.root / "replaced").rename(tmp_path / "elsewhere")
    (repo.root / "replaced").symlink_to(tmp_path / "elsewhere")
    (repo.root / "gone" / "x").unlink()
    before = _n_open()
    assert _paths(_take(repo)) == ["a/b/c", "a/d"]
    assert _n_open() == before


@pytest.mark.parametrize("change", ["edit", "grow", "delete", "link"])
def test_a_file_that_changed_later_is_never_passed_off_as_the_old_one(repo: Any, change: str) -> None:
    path = repo.write("a", "old\n")
    (file,) = _take(repo).files
    match change:
        case "edit":
            path.write_text("new\n")
        case "grow":
            path.write_text("old\nmore\n")
        case _:
            path.unlink()
    if change == "link":
        repo.write("other", "old\n")
        path.symlink_to("other")
    for read in (file.read, file.read_file):
        with pytest.raises(StaleSnapshotError, match="a changed after it was read"):
            read()


def test_patterns_leave_files_out_and_say_which_did(repo: Any) -> None:
    for name in ("src/a.py", "src/b.js", "docs/a.md", "docs/keep.md", "data/x.csv", "data/y.csv"):
        repo.write(name)
    repo.write(".magicodeignore", "# data\n\n*.csv\n!y.csv\n")
    assert _reasons(_take(repo)) == {"data/x.csv": ".magicodeignore line 3: *.csv"}
    snapshot = _take(repo, include=["src", "/docs/*"], exclude=["*.js", "a.md"])
    assert _paths(snapshot) == ["docs/keep.md", "src/a.py"]
    assert _reasons(snapshot) == {
        ".magicodeignore": "not matched by --include",
        "data/x.csv": ".magicodeignore line 3: *.csv",
        "data/y.csv": "not matched by --include",
        "docs/a.md": "--exclude a.md",
        "src/b.js": "--exclude *.js",
    }


def test_a_broken_pattern_is_an_error_that_names_it(repo: Any) -> None:
    with pytest.raises(PatternError, match=r"--exclude: pattern 2, '!'"):
        _take(repo, exclude=["ok", "!"])
    repo.write(".magicodeignore", "*.a\n!\n")
    with pytest.raises(PatternError, match=r"\.magicodeignore: pattern 2"):
        _take(repo)


@pytest.mark.parametrize("kind", ["link", "directory", "binary", "fifo"])
def test_an_ignore_file_that_cannot_be_read_is_not_passed_over(repo: Any, kind: str) -> None:
    path = repo.root / ".magicodeignore"
    match kind:
        case "link":
            path.symlink_to("other")
        case "directory":
            path.mkdir()
        case "binary":
            path.write_bytes(b"\0")
        case _:
            os.mkfifo(path)
    with pytest.raises(PatternError, match="plain text file"):
        _take(repo)
