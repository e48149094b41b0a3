"""New paths against what the agent refuses when it applies a patch."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import AgentError
from agent.existing import Existing
from agent.patch import FilePatch, Patch
from agent.paths import check_path
from model.newpath import NewPaths
from repo_index.text import TextFile

EXISTING = (
    "readme.md",
    "src/a.py",
    "Docs/x",
    "docs/y",
    "UP/low/z",
    "caf\u00e9/m",
    "\u212aelvin",
    "stra\u00dfe",
    "a b/c",
)
NAMES = (
    "readme.md", "README.md", "src", "SRC", "Docs", "docs", "DOCS", "UP", "up", "low", "LOW", "a.py", "x", "kelvin",
    "strasse", "", ".", "..", "...", ".git", ".GIT", ".gitignore", ".github", "git~1", ".magicode.toml", "new", "a.",
)  # fmt: skip


def agent_accepts(path: str) -> bool:
    patch = Patch((FilePatch(None, PurePosixPath(path), ()),))
    try:
        check_path(path)
        Existing({PurePosixPath(each): TextFile((), ()) for each in EXISTING}, (), patch).check(patch.files[0])
    except AgentError:
        return False
    return True


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join))
def test_what_may_be_created_is_what_the_agent_accepts(path: str) -> None:
    if NewPaths(EXISTING).may_create(path):
        assert agent_accepts(path)
    elif agent_accepts(path):  # it is more generous with names that some file systems do not tell apart
        ends_in_period = any(part.endswith(".") for part in path.split("/"))
        assert ends_in_period or path.startswith(("up/", "UP/low", "docs/", "Docs/"))


@pytest.mark.parametrize("path", ["new.py", "src/b.py", "new/deep/file", ".gitignore", ".github/x", "docs/a", "Docs/a"])
def test_usual_paths_may_be_created(path: str) -> None:
    assert NewPaths(EXISTING).may_create(path)


def test_what_was_created_exists() -> None:
    paths = NewPaths(())
    assert paths.may_create("Dir/File")
    paths.add("Dir/File")
    for path in ("Dir/File", "dir/file", "Dir", "dir", "dir/other", "Dir/File/x", "DIR/FILE/x"):
        assert not paths.may_create(path)
    assert paths.may_create("Dir/other")
    assert paths.may_enter("Dir/other")
    assert not paths.may_enter("Dir/File")
    assert not paths.may_enter("dir")
