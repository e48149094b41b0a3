import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from agent.errors import ConflictError, PolicyError, WriteError
from agent.treeio import Found, Tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tree/d").mkdir(parents=True)
    (tmp_path / "tree/d/f").write_bytes(b"f")
    return tmp_path / "tree"


@pytest.fixture
def tree(root: Path) -> Iterator[Tree]:
    with Tree(root) as tree:
        yield tree


def test_what_is_no_file_reads_as_none(tree: Tree) -> None:
    for path in ("missing", "missing/below", "d", "d/f/below", "d/f/below/deeper"):
        assert tree.read(PurePosixPath(path)) is None
    found = tree.read(PurePosixPath("d/f"))
    assert found is not None
    assert (found.data, found.mode, found.n_links) == (b"f", "100644", 1)
    assert tree.directory_permissions(PurePosixPath("d")) == 0o755
    assert tree.directory_permissions(PurePosixPath("d/f")) is None


@pytest.mark.parametrize("target", ["..", "/", "d", "nowhere"])
def test_links_are_not_followed_in_any_component(root: Path, tree: Tree, target: str) -> None:
    (root / "link").symlink_to(target)
    for path in ("link", "link/f", "link/f/g"):
        with pytest.raises(ConflictError, match="link is a symbolic link"):
            tree.read(PurePosixPath(path))
    with pytest.raises(ConflictError, match="link is a symbolic link"):
        tree.write(PurePosixPath("link/new"), b"", "100644", None, None)
    with pytest.raises(ConflictError):
        tree.write(PurePosixPath("link"), b"", "100644", None, None)
    assert not (root.parent / "new").exists()


@pytest.mark.parametrize("path", ["..", "../x", "d/../../x", "/x", ".git", "d/.Git/x"])
def test_paths_outside_are_refused_for_every_operation(tree: Tree, path: str) -> None:
    bad, good = PurePosixPath(path), PurePosixPath("d/f")
    with pytest.raises(PolicyError, match="outside"):
        tree.read(bad)
    with pytest.raises(PolicyError):
        tree.write(bad, b"", "100644", None, None)
    for source, target in ((bad, good), (good, bad)):
        with pytest.raises(PolicyError):
            tree.rename(source, target)
    with pytest.raises(PolicyError):
        tree.unlink(bad)
    with pytest.raises(PolicyError):
        tree.make_directory(bad, None)
    with pytest.raises(PolicyError):
        tree.remove_directory(bad)


def test_permissions_follow_the_umask_or_what_is_asked(root: Path, tree: Tree) -> None:
    os.umask(0o027)
    for name, mode, permissions in (("a", "100644", None), ("b", "100755", None), ("c", "100644", 0o4666)):
        tree.write(PurePosixPath(name), b"x", mode, permissions, None)
    tree.make_directory(PurePosixPath("e"), None)
    tree.make_directory(PurePosixPath("g"), 0o777)
    got = [(root / name).stat().st_mode & 0o7777 for name in "abceg"]
    assert got == [0o640, 0o750, 0o4666, 0o750, 0o777]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_is_kept(root: Path, tree: Tree) -> None:
    tree.write(PurePosixPath("new"), b"", "100644", None, Found(b"", 0o644, (1234, 2345), 1))
    assert ((root / "new").stat().st_uid, (root / "new").stat().st_gid) == (1234, 2345)


def test_write_never_replaces(root: Path, tree: Tree) -> None:
    with pytest.raises(ConflictError, match="cannot write d/f: File exists"):
        tree.write(PurePosixPath("d/f"), b"new", "100644", None, None)
    assert (root / "d/f").read_bytes() == b"f"


def test_only_empty_directories_go_and_not_the_one_we_stand_in(
    root: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "e").mkdir()
    for name in ("d", "d/f", "missing", "e"):
        tree.remove_directory(PurePosixPath(name))
    assert sorted(path.name for path in root.iterdir()) == ["d"]
    (root / "e").mkdir()
    monkeypatch.chdir(root / "e")
    tree.remove_directory(PurePosixPath("e"))
    assert (root / "e").is_dir()


def test_refusals_of_the_system_name_the_path(root: Path) -> None:
    def full(step: str) -> None:
        raise OSError(28, "No space left on device")

    with Tree(root, full) as tree, pytest.raises(WriteError, match="cannot write d/g: No space left on device"):
        tree.write(PurePosixPath("d/g"), b"", "100644", None, None)
    assert not (root / "d/g").exists()


def test_no_descriptor_stays_open(root: Path) -> None:
    (root / "link").symlink_to("d")
    before = len(list(Path("/dev/fd").iterdir()))
    with Tree(root) as tree:
        for path in ("d/f", "missing/x", "d/f/x"):
            tree.read(PurePosixPath(path))
        with pytest.raises(ConflictError):
            tree.read(PurePosixPath("link/f"))
        tree.rename(PurePosixPath("d/f"), PurePosixPath("g"))
        tree.remove_directory(PurePosixPath("d"))
        tree.sync(PurePosixPath())
    assert len(list(Path("/dev/fd").iterdir())) == before
