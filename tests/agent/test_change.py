from pathlib import Path, PurePosixPath

import pytest

from agent.change import Change, FileChange, change_of
from agent.errors import ConflictError
from agent.parse import parse_patch
from agent.place import place
from agent.treeio import FileState, Tree
from agent.validate import ValidatedPatch, validate
from repo_index.text import TextFile
from tests.fakes.git_repo import Files, Repo

FILES: Files = {"run.sh": (b"#!/bin/sh\r\necho\r\n", 0o755), "a.txt": (b"one\n", 0o644)}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", FILES)


def validated(diff: str) -> ValidatedPatch:
    texts = {PurePosixPath(path): TextFile.decode(data) for path, (data, _) in FILES.items()}
    return validate(place(parse_patch(diff), texts))


def change(repo: Repo, diff: str) -> dict[str, tuple[FileState | None, FileState | None]]:
    with Tree(repo.root) as tree:
        made = change_of(validated(diff), tree)
    assert made.diff.startswith(b"diff --git ")
    return {str(file.path): (file.before, file.after) for file in made.files}


SH = FileState(FILES["run.sh"][0], "100755")
TXT = FileState(FILES["a.txt"][0], "100644")


@pytest.mark.parametrize(
    ("diff", "expected"),
    [
        (
            "--- a/run.sh\n+++ b/run.sh\n@@\n-echo\n+echo hi\n",
            {"run.sh": (SH, FileState(b"#!/bin/sh\r\necho hi\r\n", "100755"))},
        ),
        ("diff --git a/run.sh b/run.sh\nold mode 100755\nnew mode 100644\n",
         {"run.sh": (SH, FileState(SH.data, "100644"))}),
        ("diff --git a/run.sh b/go.sh\nrename from run.sh\nrename to go.sh\n",
         {"run.sh": (SH, None), "go.sh": (None, SH)}),
        ("diff --git a/a.txt b/a.txt\ndeleted file mode 100644\n", {"a.txt": (TXT, None)}),
        ("--- /dev/null\n+++ b/n\n@@\n+n\n", {"n": (None, FileState(b"n\n", "100644"))}),
        ("diff --git a/n b/n\nnew file mode 100755\n--- /dev/null\n+++ b/n\n@@\n+n\n",
         {"n": (None, FileState(b"n\n", "100755"))}),
    ],
)  # fmt: skip
def test_bytes_and_modes(repo: Repo, diff: str, expected: dict[str, tuple[FileState | None, FileState | None]]) -> None:
    assert change(repo, diff) == expected


def test_a_validated_patch_is_what_the_workspace_takes(repo: Repo) -> None:
    done = repo.workspace().apply(validated("--- a/a.txt\n+++ b/a.txt\n@@\n-one\n+two\n"), task="t")
    assert [str(path) for path in done.paths] == ["a.txt"]
    assert repo.files() == dict(FILES) | {"a.txt": (b"two\n", 0o644)}
    repo.workspace().undo(done.undo_id)
    assert repo.files() == FILES


def test_nobody_else_makes_a_validated_patch() -> None:
    good = validated("--- a/a.txt\n+++ b/a.txt\n@@\n-one\n+two\n")
    with pytest.raises(TypeError, match="made by"):
        ValidatedPatch(good.patch, good.base, good.old_texts, good.new_texts, (), (), ())


def test_a_file_behind_a_link_is_not_read(repo: Repo, tmp_path: Path) -> None:
    (repo.root / "a.txt").rename(tmp_path / "a.txt")
    (repo.root / "a.txt").symlink_to(tmp_path / "a.txt")
    with pytest.raises(ConflictError, match=r"a\.txt is a symbolic link"):
        change(repo, "--- a/a.txt\n+++ b/a.txt\n@@\n-one\n+two\n")


def test_a_change_says_one_thing_about_a_path() -> None:
    file = FileChange(PurePosixPath("a"), None, TXT)
    with pytest.raises(ValueError, match="twice"):
        Change((file, file), b"")
    with pytest.raises(ValueError, match="neither before nor after"):
        Change((FileChange(PurePosixPath("a"), None, None),), b"")
