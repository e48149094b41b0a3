"""A diff on top of another: both come to one that git applies to the files as they are, and makes the same of them."""

import random
from pathlib import Path

import pytest

from agent.errors import NoChangeError, PlacementError
from agent.proposal import Checker
from agent.render import patch_text
from repo_index.git import Git
from repo_index.intake import take_snapshot
from tests.agent.cli.diffs import FILES, FIX, NEW_FILE, NOWHERE
from tests.fakes.git_repo import Repo

RENAMED = "rename from calc.py\nrename to sums.py\n"
DELETED = "--- a/docs/use.md\n+++ /dev/null\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", FILES)


def checker(repo: Repo) -> Checker:
    return Checker(take_snapshot(Git(repo.root), len), lambda _file, _why: False)


def after(repo: Repo, *diffs: str) -> dict[str, bytes]:
    """Return the files as the diffs leave them, as git applies what they come to."""
    check = checker(repo)
    base = None
    for diff in diffs:
        base = check.on_top_of(base).check_text(diff)
    assert base is not None
    assert check.check_text(patch_text(base.patch)).render() == base.render()
    repo.run("apply", "--index", "-", stdin=base.render())
    files = {path: data for path, (data, _) in repo.files().items()}
    repo.run("reset", "--hard", "--quiet")
    repo.run("clean", "-fdq")
    return files


DOUBLED = "--- a/calc.py\n+++ b/calc.py\n@@\n def double(a):\n-    return a * 2\n+    return a + a\n"


def test_hunks_in_one_file(repo: Repo) -> None:
    assert after(repo, FIX, DOUBLED)["calc.py"] == (
        b"def add(a, b):\n    return a + b\n\n\ndef double(a):\n    return a + a\n"
    )


def test_the_same_line_again(repo: Repo) -> None:
    assert b"return b + a\n" in after(repo, FIX, FIX.replace("a + b", "b + a").replace("a - b", "a + b"))["calc.py"]


def test_another_file_and_a_new_one_that_is_changed(repo: Repo) -> None:
    more = "--- a/docs/new/notes.md\n+++ b/docs/new/notes.md\n@@\n notes\n+more\n"
    assert after(repo, FIX, NEW_FILE, more)["docs/new/notes.md"] == b"notes\nmore\n"


def test_a_renamed_file_is_changed_and_renamed_again(repo: Repo) -> None:
    files = after(
        repo, RENAMED, FIX.replace("calc.py", "sums.py"), RENAMED.replace("sums", "plus").replace("calc", "sums")
    )
    assert "calc.py" not in files
    assert "sums.py" not in files
    assert b"a + b" in files["plus.py"]


def test_a_new_file_that_is_deleted_again_is_none(repo: Repo) -> None:
    files = after(repo, FIX + NEW_FILE, "--- a/docs/new/notes.md\n+++ /dev/null\n")
    assert "docs/new/notes.md" not in files
    assert b"a + b" in files["calc.py"]


def test_a_deleted_file_that_is_there_again_is_changed(repo: Repo) -> None:
    files = after(repo, DELETED, NEW_FILE.replace("docs/new/notes.md", "docs/use.md"))
    assert files["docs/use.md"] == b"notes\n"


def test_a_renamed_file_that_is_deleted_is_deleted(repo: Repo) -> None:
    files = after(repo, RENAMED, "--- a/sums.py\n+++ /dev/null\n")
    assert {"calc.py", "sums.py"}.isdisjoint(files)


def test_a_diff_that_takes_the_first_back_is_no_change(repo: Repo) -> None:
    back = FIX.replace("a - b", "?").replace("a + b", "a - b").replace("?", "a + b")
    with pytest.raises(NoChangeError, match="takes back"):
        after(repo, FIX, back)


def test_a_diff_of_the_files_as_they_are_takes_the_place_of_the_first(repo: Repo) -> None:
    other = FIX.replace("a + b", "b + a")
    assert after(repo, FIX, other) == after(repo, other)


def test_a_diff_that_fits_neither_is_refused(repo: Repo) -> None:
    with pytest.raises(PlacementError, match="a / b"):
        after(repo, FIX, NOWHERE)


def test_many_small_edits_come_to_what_they_make_one_after_the_other(repo: Repo) -> None:
    rng = random.Random(0)
    for _ in range(20):
        lines = [f"line {n % 7}" for n in range(30)]
        repo.write({"a.txt": ("".join(f"{line}\n" for line in lines).encode(), 0o644)})
        repo.run("add", "-A")
        repo.run("commit", "-qm", "x", "--allow-empty")
        diffs = []
        for number in range(4):
            at = rng.randrange(len(lines))
            new = [f"new {number} {n}" for n in range(rng.randrange(3))]
            diffs.append(
                f"--- a/a.txt\n+++ b/a.txt\n@@ -1,{len(lines)} +1,{len(lines) - 1 + len(new)} @@\n"
                + "".join(f" {line}\n" for line in lines[:at])
                + f"-{lines[at]}\n"
                + "".join(f"+{line}\n" for line in new)
                + "".join(f" {line}\n" for line in lines[at + 1 :])
            )
            lines[at : at + 1] = new
        assert after(repo, *diffs)["a.txt"].decode().splitlines() == lines
