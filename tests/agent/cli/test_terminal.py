"""At a real terminal: questions are asked, and the keys that answer them reach the right tree."""

from pathlib import Path

import pytest

from tests.agent.cli.diffs import BOTH_HUNKS, FILES, FIX, FIXED, NEW_FILE, WORKFLOW
from tests.fakes.git_repo import Repo
from tests.fakes.person import person

# Far enough apart for two hunks.
LONG = b"def add(a, b):\n    return a - b\n" + b"\n# far\n" * 10 + b"\ndef double(a):\n    return a * 2\n"


def test_each_hunk_is_asked_about(repo: Repo, tmp_path: Path) -> None:
    repo.write({"calc.py": (LONG, 0o644)})
    repo.commit()
    with person(repo.root, tmp_path / "script", [BOTH_HUNKS + NEW_FILE], "fix") as user:
        user.waits_for("(2 left in calc.py) Take this hunk [y,n,a,d,A,e,o,q,?]? ")
        user.presses("n")
        user.waits_for("(1 left in calc.py) Take this hunk")
        user.presses("y")
        user.waits_for("Take this new file")
        user.presses("n")
        assert user.leaves() == 0
    assert repo.files() == dict(FILES) | {"calc.py": (LONG.replace(b"a * 2", b"a + a"), 0o644)}
    assert "Changed calc.py. `magicode undo` takes it back." in user.shown


@pytest.mark.parametrize(("key", "code", "said"), [("q", 0, "Nothing was taken"), ("\x03", 130, "nothing was changed")])
def test_to_quit_changes_nothing(repo: Repo, tmp_path: Path, key: str, code: int, said: str) -> None:
    with person(repo.root, tmp_path / "script", [FIX], "fix") as user:
        user.waits_for("Take this hunk")
        user.presses(key)
        assert user.leaves() == code
    assert said in user.shown
    assert repo.files() == FILES


def test_a_file_that_runs_on_its_own_is_shown_and_asked_about_once(repo: Repo, tmp_path: Path) -> None:
    with person(repo.root, tmp_path / "script", [FIX + WORKFLOW], "--review", "all", "fix") as user:
        user.waits_for("May the change touch it [y/n]? ")
        assert "+notes" in user.shown
        assert "it runs in continuous integration" in user.shown
        user.presses("y")
        user.waits_for("Take this change [y,n,q,?]? ")
        user.presses("y")
        assert user.leaves() == 0
    assert repo.files() == dict(FILES) | {"calc.py": (FIXED, 0o644), ".github/workflows/x.yml": (b"notes\n", 0o644)}
    assert user.shown.count("May the change") == 1


def test_no_to_a_file_that_runs_on_its_own_refuses_the_change(repo: Repo, tmp_path: Path) -> None:
    with person(repo.root, tmp_path / "script", [FIX + WORKFLOW], "-y", "fix") as user:
        user.waits_for("May the change touch it [y/n]? ")
        user.presses("n")
        assert user.leaves() == 9
    assert repo.files() == FILES


ASKED = "Run it for each change, now and later [y/n]? "


def test_a_test_command_that_is_found_is_asked_about_once(repo: Repo, tmp_path: Path) -> None:
    """And what was answered holds off a terminal, too; that it was not answered does not."""
    repo.write({"GNUmakefile": (b"test:\n\t@echo tested; false\n", 0o644)})
    repo.commit()
    with person(repo.root, tmp_path / "script", [FIX], "--no-sandbox", "--max-repairs", "0", "fix") as user:
        user.waits_for(ASKED)
        assert "`make test` seems to run the tests here (GNUmakefile)" in user.shown
        user.presses("y")
        user.waits_for("Take this hunk")
        user.presses("y")
        assert user.leaves() == 6
    assert "tested" in user.shown
    with person(repo.root, tmp_path / "script", [FIX], "--no-sandbox", "--max-repairs", "0", "fix") as user:
        user.waits_for("Take this hunk")
        assert ASKED not in user.shown
        user.presses("q")
        assert user.leaves() == 0
    with person(repo.root, tmp_path / "script", [FIX], "--test-cmd", "", "fix") as user:
        user.waits_for("Take this hunk")
        user.presses("y")
        assert user.leaves() == 0


def test_no_is_remembered_too(repo: Repo, tmp_path: Path) -> None:
    repo.write({"GNUmakefile": (b"test:\n\tfalse\n", 0o644)})
    repo.commit()
    with person(repo.root, tmp_path / "script", [FIX], "fix") as user:
        user.waits_for(ASKED)
        user.presses("n")
        user.waits_for("Take this hunk")
        user.presses("q")
        assert user.leaves() == 0
    with person(repo.root, tmp_path / "script", [FIX], "fix") as user:
        user.waits_for("Take this hunk")
        assert ASKED not in user.shown
        user.presses("q")
        assert user.leaves() == 0
