"""Earlier changes: messages, paths, and where their lines are now."""

from pathlib import Path

from repo_index.git import Git
from repo_index.past import read_past
from tests.fakes.git_repo import Repo


def commit(repo: Repo, message: str, **files: str) -> None:
    for name, content in files.items():
        (repo.root / name.replace("_", ".")).write_text(content)
    repo.run("add", "-A")
    repo.run("commit", "-qm", message)


def test_lines_are_followed_to_where_they_are_now(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo", {"a.py": (b"one\ntwo\nthree\n", 0o644)})
    commit(repo, "Change three\n\nIt was wrong.", a_py="one\ntwo\nTHREE\n", b_py="b\n")
    commit(repo, "Add in front", a_py="zero\nnull\none\ntwo\nTHREE\n")
    commit(repo, "Drop two", a_py="zero\nnull\none\nTHREE\n")
    changes = read_past(Git(repo.root))
    assert [change.message.partition("\n")[0] for change in changes[:3]] == ["Drop two", "Add in front", "Change three"]
    assert "It was wrong." in changes[2].message
    assert changes[2].paths == ("a.py", "b.py")
    assert [change.spans for change in changes[:3]] == [
        {"a.py": [(3, 3)]},  # between `one` and `THREE`
        {"a.py": [(0, 2)]},
        {"a.py": [(3, 4)], "b.py": [(0, 1)]},
    ]
    assert [change.paths for change in read_past(Git(repo.root), max_commits=1)] == [("a.py",)]
    assert read_past(Git(repo.root), max_patches=1)[1].spans == {}


def test_files_that_are_deleted_or_moved_say_nothing_of_others(tmp_path: Path) -> None:
    long = "".join(f"{n}\n" for n in range(40))
    files = {"a.py": (long.encode(), 0o644), "b.py": (long.encode(), 0o644), "c.py": (b"c\n", 0o644)}
    repo = Repo.init(tmp_path / "repo", files)
    commit(repo, "Change 30", a_py=long.replace("30\n", "thirty\n"))
    (repo.root / "b.py").unlink()
    commit(repo, "Change 5 and delete b", a_py=long.replace("30\n", "thirty\n").replace("5\n", "five\n", 1))
    (repo.root / "c.py").rename(repo.root / 'd"\n.py')
    commit(repo, "Move c")
    assert [change.spans for change in read_past(Git(repo.root))[:3]] == [
        {}, {"a.py": [(5, 6)]}, {"a.py": [(30, 31)]},
    ]  # fmt: skip


def test_lines_that_look_like_a_diff_and_odd_names(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo", {"a.txt": (b"x\n", 0o644)})
    (repo.root / "b c\u00e4.txt").write_text("++ b/a.txt\n@@ -1 +1 @@\n\x01deadbeef\n-- a/x")
    repo.run("add", "-A")
    repo.run("commit", "-qm", "\u00c4nderung \x02 mit Zeichen")
    [change, *_] = read_past(Git(repo.root))
    assert change.paths == ("b c\u00e4.txt",) or "mit Zeichen" in "".join(change.paths)
    assert change.spans == {"b c\u00e4.txt": [(0, 4)]}


def test_no_history_is_no_past(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    repo = Repo.init(tmp_path / "repo", {})
    assert all(not change.paths for change in read_past(Git(repo.root)))
    assert read_past(Git(repo.root), "no-such-revision") == []
