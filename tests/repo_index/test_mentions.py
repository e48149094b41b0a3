from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repo_index.mentions import Mentions, resolve_mentions


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = (tmp_path / "project").resolve()
    for name in ("src/app.py", "src/my file.py", "README.md", "a/b/c.txt", ".git/config", "données.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x\n")
    (tmp_path / "outside").write_text("x\n")
    return root


def _paths(*names: str) -> tuple[PurePosixPath, ...]:
    return tuple(map(PurePosixPath, names))


@pytest.mark.parametrize(
    ("task", "text", "paths"),
    [
        ("fix @src/app.py", "fix src/app.py", ["src/app.py"]),
        ("@README.md: shorten it.", "README.md: shorten it.", ["README.md"]),
        (
            "look at @src/app.py, then (@README.md).",
            "look at src/app.py, then (README.md).",
            ["src/app.py", "README.md"],
        ),
        ("all of @src/ and @a/b", "all of src and a/b", ["src", "a/b"]),
        ('fix @"src/my file.py" now', 'fix "src/my file.py" now', ["src/my file.py"]),
        ("@./src/../src/app.py", "src/app.py", ["src/app.py"]),
        ("@données.txt!", "données.txt!", ["données.txt"]),
        ("@src/app.py @src/app.py", "src/app.py src/app.py", ["src/app.py"]),
    ],
)
def test_what_is_there_is_named_by_its_path(root: Path, task: str, text: str, paths: list[str]) -> None:
    assert resolve_mentions(task, root) == Mentions(text, _paths(*paths), ())


@pytest.mark.parametrize(
    "task",
    [
        "mail ada@example.org",
        "add @property to it",
        "@../outside",
        "@/etc/passwd",
        "@.git/config and @.GIT/config",
        "@",
        "@.",
        "@ src/app.py",
        "git@host:src/app.py",
        "x/@src/app.py",
        "@" + "a" * 5_000,
        "@a\0b",
    ],
)
def test_what_names_nothing_inside_stays_as_it_is(root: Path, task: str) -> None:
    found = resolve_mentions(task, root)
    assert (found.text, found.paths) == (task, ())


def test_what_looks_like_a_path_and_is_none_is_told(root: Path) -> None:
    assert resolve_mentions("fix @src/ap.py and @main.go, @app.route @ada", root).unknown == ("src/ap.py", "main.go")


def test_the_directory_of_the_user_is_looked_at_first(root: Path) -> None:
    (root / "src" / "README.md").write_text("x\n")
    assert resolve_mentions("@README.md", root, root / "src").text == "src/README.md"
    assert resolve_mentions("@app.py @../README.md", root, root / "src").text == "src/app.py README.md"
    assert resolve_mentions("@a/b/c.txt", root, root / "src").text == "a/b/c.txt"
    assert resolve_mentions("@README.md", root, root.parent).text == "README.md"


def test_a_link_is_named_and_not_followed(root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to(tmp_path / "outside")
    assert resolve_mentions("@link", root).paths == _paths("link")


@given(st.text(st.sampled_from('@ab/."\\ \n\0é~-'), max_size=30))
def test_no_text_leads_out_of_the_root(root: Path, task: str) -> None:
    for path in resolve_mentions(task, root).paths:
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert (root / path).exists()
