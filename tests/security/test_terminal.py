"""Escape sequences in contents and in names of files reach no terminal, whatever command shows them."""

import re
import unicodedata
from pathlib import Path

import pytest

from tests.agent.cli.diffs import FIX
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo
from tests.fakes.person import person

STEERING = "\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\x9b31m\u202e\r"
NAME = "a\x1b]0;owned\x07b\u202ec.txt"
DIFF = f"--- a/evil.txt\n+++ b/evil.txt\n@@ -1,2 +1,2 @@\n {STEERING}\n-two\n+{STEERING}2\n"
# What a terminal may be told: colours and styles, the cursor and the line of a progress bar, bracketed paste.
OURS = re.compile(r"\x1b\[[0-9;]*[mKABCDGHJ]|\x1b\[\?[0-9;]*[hl]|\r\n|\r")


def steering(shown: str) -> list[str]:
    """The characters that could do something to a terminal, colours and the like left out."""
    rest = OURS.sub("", shown)
    return sorted({c for c in rest if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}})


@pytest.fixture
def evil(repo: Repo) -> Repo:
    repo.write({"evil.txt": (f"{STEERING}\ntwo\n".encode(), 0o644), NAME: (b"x\n", 0o644)})
    repo.commit()
    return repo


@pytest.mark.parametrize("keys", ["y", "n", "?s", "q"])
def test_a_review_shows_pictures(evil: Repo, tmp_path: Path, keys: str) -> None:
    with person(evil.root, tmp_path / "script", [DIFF], "x") as user:
        user.waits_for("Take this hunk")
        for key in keys:
            user.presses(key)
        user.presses("q")
        user.leaves()
    assert steering(user.shown) == []
    assert "␛]52;c;" in user.shown


@pytest.mark.parametrize("command", [["--dry-run", "x"], ["-y", "x"]])
def test_a_diff_printed_on_a_terminal_is_made_safe(evil: Repo, tmp_path: Path, command: list[str]) -> None:
    with person(evil.root, tmp_path / "script", [DIFF], *command) as user:
        assert user.leaves() == 0
    assert steering(user.shown) == []
    assert "␛]52;c;" in user.shown


def test_programs_are_given_the_very_bytes(evil: Repo, cli: Cli) -> None:
    out = cli("--dry-run", "x", answers=[DIFF]).out
    assert STEERING.encode() in out
    evil.run("apply", "--check", "-", stdin=out)


@pytest.mark.parametrize(
    "args",
    [
        ("-y", "x"),
        ("context",),
        ("context", "--for", "x"),
        ("sessions",),
        ("apply", "-y", "-"),
        ("undo", "\x1b[2J"),
        ("-C", "\x1b[2J", "x"),
        ("-r", "\x1b[2J", "x"),
        ("apply", "\x1b[2J"),
    ],
)
def test_what_is_said_is_safe(evil: Repo, cli: Cli, args: tuple[str, ...]) -> None:
    result = cli(*args, answers=[DIFF], stdin=DIFF.replace("evil.txt", NAME).encode())
    assert steering(result.err) == []
    assert steering(result.out.decode()) == []


@pytest.mark.parametrize("answer", [STEERING, f"--- a/{NAME}\n+++ b/{NAME}\n@@\n-x\n+y\n", DIFF.replace("two", "2")])
def test_errors_quote_nothing_that_steers(cli: Cli, evil: Repo, answer: str) -> None:
    result = cli("-y", "--max-repairs", "0", "x", answers=[answer])
    assert result.code != 0
    assert steering(result.err) == []


def test_tests_that_print_steer_nothing(cli: Cli, evil: Repo) -> None:
    command = r"printf '\033]52;c;eA==\007\233\n'; exit 1"
    result = cli("-y", "--no-sandbox", "--max-repairs", "0", "--test-cmd", command, "x", answers=[FIX])
    assert steering(result.err) == []
