import re

from agent.errors import ExitCode
from tests.agent.cli.diffs import FIX
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo


def test_none_yet(cli: Cli) -> None:
    result = cli("sessions")
    assert (result.code, result.out) == (0, b"")
    assert "No chats yet" in result.err


def test_the_latest_comes_first_on_one_line_each(cli: Cli) -> None:
    cli("first\nof two lines", answers=[FIX])
    cli("second \x1b[2J", answers=[FIX])
    lines = cli("sessions").out.decode().splitlines()
    assert [re.sub(r"^\S+ +", "", line) for line in lines] == ["2 turns  second ␛[2J", "2 turns  first"]


def test_a_damaged_one_does_not_hide_the_others(cli: Cli, repo: Repo) -> None:
    cli("first", answers=[FIX])
    (path,) = (repo.root / ".git/magicode/sessions").iterdir()
    cli("second", answers=[FIX])
    path.write_bytes(b"{}\n")
    result = cli("sessions")
    assert result.code == 0
    assert sorted("damaged: " in line for line in result.out.decode().splitlines()) == [False, True]


def test_one_is_shown_and_removed(cli: Cli, repo: Repo) -> None:
    cli("first \x1b[2J", answers=[FIX])
    cli("second", answers=[FIX])
    second, first = [line.split()[0] for line in cli("sessions").out.decode().splitlines()]
    assert cli("sessions", "list").out == cli("sessions").out
    shown = cli("sessions", "show", first).out.decode()
    assert "first ␛[2J" in shown
    assert "+    return a + b" in shown
    result = cli("sessions", "rm", first, "nope")
    assert (result.code, cli("sessions").out.count(b"\n")) == (ExitCode.USAGE, 2)
    cli.monkeypatch.chdir("/")
    assert cli("sessions", "-C", repo.root, "rm", first).code == 0
    assert cli("-C", repo.root, "sessions").out.decode().split()[0] == second
    assert cli("-C", repo.root, "-r", first, "fix", answers=[FIX]).code == ExitCode.USAGE
