import re

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
