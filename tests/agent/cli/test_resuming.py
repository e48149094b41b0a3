"""A run that is interrupted keeps its answers, and `magicode -r ID` goes on with them."""

import re
from typing import NoReturn

from agent.unfinished import UnfinishedStore
from model.api import Query
from tests.agent.cli.diffs import FILES, FIX, FIXED, WRONG
from tests.fakes.cli import Cli, Result
from tests.fakes.git_repo import Repo

PASSES = "python3 -B -c 'import calc; assert calc.add(1, 2) == 3, calc.add(1, 2)'"
ARGS = ("-y", "--no-sandbox", "--max-repairs", "2", "--test-cmd", PASSES)


def interrupt(_query: Query) -> NoReturn:
    raise KeyboardInterrupt


def interrupted(cli: Cli) -> tuple[Result, str]:
    result = cli(*ARGS, "fix add", answers=[WRONG, interrupt])
    found = re.search(r"`magicode -r (interrupted-\w+)` goes on with the 1 answer so far", result.err)
    assert found, result.err
    return result, found[1]


def test_it_goes_on_with_its_answers_and_its_options(cli: Cli, repo: Repo) -> None:
    result, job_id = interrupted(cli)
    assert (result.code, repo.files()) == (130, FILES)
    result = cli("-r", job_id, answers=[FIX])
    assert (result.code, repo.files()["calc.py"][0]) == (0, FIXED)
    # the first answer was tested again, not asked for again: what is asked is the repair
    [query] = cli.model.queries
    assert "failed (exit code 1)" in query.task
    assert "Running `python3" in result.err
    assert UnfinishedStore(repo.root).list() == []
    assert (
        cli(
            "-c",
            "more",
            answers=[FIX.replace("-    return a - b\n+    return a + b", "-    return a + b\n+    return b + a")],
        ).code
        == 0
    )
    assert cli.model.queries[0].turns[0].text == "fix add"


def test_options_given_anew_count(cli: Cli, repo: Repo) -> None:
    _, job_id = interrupted(cli)
    result = cli("-r", job_id, "--max-repairs", "0", answers=[])
    assert result.code == 6
    assert repo.files() == FILES
    assert UnfinishedStore(repo.root).list() == []  # it has ended by itself


def test_interrupted_again_it_is_kept_under_its_id(cli: Cli, repo: Repo) -> None:
    _, job_id = interrupted(cli)
    result = cli("-r", job_id, answers=[WRONG + "\n", interrupt])
    assert f"`magicode -r {job_id}` goes on with the 2 answers so far" in result.err
    assert cli("-r", job_id, answers=[FIX]).code == 0
    assert repo.files()["calc.py"][0] == FIXED


def test_without_an_answer_nothing_is_kept(cli: Cli, repo: Repo) -> None:
    result = cli(*ARGS, "fix add", answers=[interrupt])
    assert (result.code, UnfinishedStore(repo.root).list()) == (130, [])
    assert result.err.endswith("interrupted; nothing was changed\n")


def test_without_a_task_only_what_was_interrupted_goes_on(cli: Cli) -> None:
    for args in (("-r", "interrupted-00000000"), ("-r", "x"), ("run",), ("-y",)):
        result = cli(*args)
        assert result.code == 2
        assert "say what to do" in result.err


def test_it_is_listed_with_the_chats_and_can_be_removed(cli: Cli) -> None:
    _, job_id = interrupted(cli)
    assert cli("sessions").out.decode() == f"{job_id}  goes on with `magicode -r`  fix add\n"
    assert cli("sessions", "rm", job_id).code == 0
    assert cli("sessions").out == b""
