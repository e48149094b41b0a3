import pytest

from agent.errors import ExitCode
from tests.agent.cli.diffs import BROKEN, ESCAPE, FILES, FIX, FIXED, NEW_FILE, NOWHERE, SAME, WORKFLOW
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo

# Line numbers are wrong and blanks stand at the ends of lines: placed all the same.
FUZZY = "--- a/calc.py\n+++ b/calc.py\n@@ -90,2 +90,2 @@\n def add(a, b):  \n-    return a - b \n+    return a + b\n"


@pytest.mark.parametrize("diff", [FIX, FUZZY])
def test_a_file_or_standard_input(cli: Cli, repo: Repo, diff: str) -> None:
    (repo.root.parent / "x.diff").write_text(diff)
    assert cli("apply", "-y", "../x.diff").code == 0
    assert repo.files()["calc.py"][0] == FIXED
    assert cli.workspace.history()[0].task == "apply ../x.diff"
    assert cli("undo").code == 0
    assert repo.files() == FILES
    result = cli("apply", "-", "-y", stdin=diff.encode())
    assert (result.code, result.out, repo.files()["calc.py"][0]) == (0, b"", FIXED)
    assert "Changed calc.py. `magicode undo` takes it back.\n" in result.err
    assert cli.model.queries == []


@pytest.mark.parametrize("flags", [("--dry-run",), (), ("--dry-run", "-y")])
def test_without_a_yes_the_exact_diff_is_printed(cli: Cli, repo: Repo, flags: tuple[str, ...]) -> None:
    result = cli("apply", *flags, "-", stdin=FUZZY.encode())
    assert (result.code, repo.files()) == (0, FILES)
    assert b"@@ -1,5 +1,5 @@\n def add(a, b):\n-    return a - b\n+    return a + b\n" in result.out
    repo.run("apply", "--check", "-", stdin=result.out)


def test_files_that_swap_names_take_their_modes_along(cli: Cli, repo: Repo) -> None:
    repo.write({"run.sh": (b"echo\n", 0o755)})
    repo.commit()
    before = repo.files()
    swap = "diff --git a/{0} b/{1}\nrename from {0}\nrename to {1}\n"
    diff = swap.format("run.sh", "calc.py") + swap.format("calc.py", "run.sh")
    assert cli("apply", "-y", "--allow-syntax-errors", "-", stdin=diff.encode()).code == 0
    assert repo.files() == before | {"calc.py": before["run.sh"], "run.sh": before["calc.py"]}
    assert cli("undo").code == 0
    assert repo.files() == before


@pytest.mark.parametrize(
    ("diff", "code"),
    [
        ("", ExitCode.NO_CHANGE),
        (SAME, ExitCode.NO_CHANGE),
        (NOWHERE, ExitCode.BAD_DIFF),
        (BROKEN, ExitCode.BROKEN_SYNTAX),
        (ESCAPE, ExitCode.REFUSED),
        (WORKFLOW, ExitCode.REFUSED),
    ],
)
def test_a_diff_that_is_refused(cli: Cli, repo: Repo, diff: str, code: int) -> None:
    result = cli("apply", "-y", "-", stdin=diff.encode())
    assert (result.code, result.out, repo.files()) == (code, b"", FILES)
    assert result.err.count("magicode: ") == 1


def test_flags_that_allow_more(cli: Cli, repo: Repo) -> None:
    assert cli("apply", "-y", "--allow-syntax-errors", "-", stdin=BROKEN.encode()).code == 0
    cli("undo")
    repo.write({"calc.py": (FILES["calc.py"][0] + b"#\n", 0o644)})
    assert cli("apply", "-y", "-", stdin=FIX.encode()).code == ExitCode.CONFLICT
    assert cli("apply", "-y", "--allow-dirty", "-", stdin=FIX.encode()).code == 0


def test_uncommitted_work_is_merged_by_hunk_or_nothing_is_done(cli: Cli, repo: Repo) -> None:
    mine = b"# mine\n\n" + FILES["calc.py"][0].replace(b"a * 2", b"2 * a")
    repo.write({"calc.py": (mine, 0o644)})
    index = (repo.root / ".git/index").read_bytes()
    diff = FIX.replace("@@\n", "@@ -1,2 +1,2 @@\n", 1)
    result = cli("apply", "-y", "--allow-dirty", "-", stdin=diff.encode())
    assert (result.code, repo.files()["calc.py"][0]) == (0, mine.replace(b"a - b", b"a + b"))
    assert "calc.py, hunk 1: at line 3 (offset 2 lines)\n" in result.err
    overlapping = (
        "--- a/calc.py\n+++ b/calc.py\n@@ -5,2 +5,2 @@\n def double(a):\n-    return a * 2\n+    return a + a\n"
    )
    for both in (overlapping, NEW_FILE + overlapping):
        assert cli("apply", "-y", "--allow-dirty", "-", stdin=both.encode()).code == ExitCode.BAD_DIFF
    assert cli("undo").code == 0
    assert repo.files() == dict(FILES) | {"calc.py": (mine, 0o644)}
    assert (repo.root / ".git/index").read_bytes() == index


def test_bytes_that_are_no_utf_8_reach_their_file(cli: Cli, repo: Repo) -> None:
    repo.write({"l.txt": ("größe\n".encode("latin-1"), 0o644)})
    repo.commit()
    diff = "--- a/l.txt\n+++ b/l.txt\n@@ -1 +1,2 @@\n größe\n+länge\n"
    cli("apply", "-y", "-", stdin=diff.encode())
    assert repo.files()["l.txt"][0] == "größe\nlänge\n".encode("latin-1")


def test_a_diff_may_hold_a_files_own_bytes(cli: Cli, repo: Repo) -> None:
    repo.write({"l.txt": ("größe\n".encode("latin-1"), 0o644)})
    repo.commit()
    diff = "--- a/l.txt\n+++ b/l.txt\n@@ -1 +1,2 @@\n größe\n+länge\n"
    assert cli("apply", "-y", "-", stdin=diff.encode("latin-1")).code == 0
    assert repo.files()["l.txt"][0] == "größe\nlänge\n".encode("latin-1")
    repo.run("checkout", "-q", "l.txt")
    given = cli("apply", "--dry-run", "-", stdin=diff.encode()).out
    assert cli("apply", "-y", "-", stdin=given).code == 0


def test_a_file_that_is_not_there(cli: Cli) -> None:
    result = cli("apply", "missing.diff")
    assert result.code == ExitCode.USAGE
    assert "missing.diff cannot be read: No such file or directory" in result.err


class TestUndo:
    def test_twice(self, cli: Cli) -> None:
        cli("apply", "-y", "-", stdin=NEW_FILE.encode())
        result = cli("undo")
        undo_id = cli.workspace.history()[0].undo_id
        assert (result.code, result.err) == (0, f"Took back {undo_id}: docs/new/notes.md.\n")
        again = cli("undo")
        assert (again.code, again.err) == (3, "magicode: no applied change is on record in this work tree\n")
        assert cli("undo", undo_id).err == f"magicode: {undo_id} was undone already\n"
        assert cli("undo", "000009-abcdef").code == ExitCode.NO_CHANGE

    def test_later_work_is_not_overwritten(self, cli: Cli, repo: Repo) -> None:
        cli("apply", "-y", "-", stdin=FIX.encode())
        repo.write({"calc.py": (b"mine\n", 0o644)})
        result = cli("undo")
        assert (result.code, repo.files()["calc.py"][0]) == (ExitCode.CONFLICT, b"mine\n")
        assert "nothing was undone" in result.err


class TestRecord:
    def test_nothing_yet(self, cli: Cli) -> None:
        result = cli("undo", "--list")
        assert (result.code, result.out) == (0, b"")
        assert "No change is on record" in result.err
        assert cli("diff").code == ExitCode.NO_CHANGE
        assert cli("undo", "--list", "000001-abcdef").code == ExitCode.USAGE

    def test_changes_are_listed_newest_first_and_shown_for_git(self, cli: Cli, repo: Repo) -> None:
        cli("-y", "first\nof two lines \x1b[2J", answers=[FIX])
        repo.commit()
        cli("-y", "second", answers=[NEW_FILE])
        rows = cli("undo", "--list").out.decode().splitlines()
        assert [row.split("  ")[2:] for row in rows] == [["1 file", "", "second"], ["1 file", "", "first"]]
        first = rows[1].split()[0]
        assert cli("diff", first).out == cli("-C", "docs", "diff", first).out
        assert b"+    return a + b\n" in cli("diff", first).out
        repo.run("apply", "--check", "--reverse", "-", stdin=cli("diff").out)
        assert b"docs/new/notes.md" in cli("diff").out

        cli("undo", first)
        assert "undone" in cli("undo", "--list").out.decode().splitlines()[0]
        repo.run("apply", "--check", "-", stdin=cli("diff", first).out)  # as it was made, not as it was taken back
        result = cli("diff", "nope")
        assert result.code == ExitCode.NO_CHANGE
        assert first in result.err

    def test_bytes_that_are_gone_are_named(self, cli: Cli, repo: Repo) -> None:
        cli("-y", "fix", answers=[FIX])
        for blob in (repo.root / ".git/magicode/undo").glob("*/*"):
            if blob.name != "manifest.json":
                blob.write_bytes(b"x")
        result = cli("diff")
        assert result.code == ExitCode.CONFLICT
        assert "missing or damaged" in result.err

    def test_what_a_repository_configures_does_not_change_the_diff(self, cli: Cli, repo: Repo) -> None:
        cli("-y", "fix", answers=[FIX])
        plain = cli("diff").out
        for name, value in {
            "diff.noprefix": "true",
            "color.ui": "always",
            "diff.external": "touch pwned",
            "core.autocrlf": "true",
        }.items():
            repo.run("config", name, value)
        assert cli("diff").out == plain
        assert not (repo.root / "pwned").exists()
