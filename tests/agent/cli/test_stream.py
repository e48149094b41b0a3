"""`--output-format stream-json`: an event a line, and the object of `json` at the end."""

import json
from typing import Any

from agent.errors import ExitCode
from model.api import Query
from tests.agent.cli.diffs import FIX, WORKFLOW, WRONG
from tests.fakes.cli import Cli, Result, in_process
from tests.fakes.git_repo import Repo

STREAM = ("--output-format", "stream-json")


def events(result: Result) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *lines, end = [json.loads(line) for line in result.out.splitlines()]
    assert all({"event", "at_s"} <= line.keys() for line in lines)
    assert [line["at_s"] for line in lines] == sorted(line["at_s"] for line in lines)
    assert "event" not in end
    return lines, end


def names(lines: list[dict[str, Any]]) -> list[str]:
    """The events in order, each once where it comes several times in a row."""
    all_names = [line["event"] for line in lines]
    return [name for name, before in zip(all_names, [None, *all_names], strict=False) if name != before]


def test_a_change_is_told_from_start_to_end(cli: Cli) -> None:
    test = "python3 -c 'import calc, sys; sys.exit(calc.add(2, 2) != 4)'"
    result = cli("-y", *STREAM, "--no-sandbox", "--test-cmd", test, "fix", answers=[WRONG, FIX])
    lines, end = events(result)
    assert names(lines) == [
        "started", "progress", "answer", "text", "diff", "reviewed", "tests", "tested", "rejected",
        "answer", "text", "diff", "reviewed", "tests", "tested",
    ]  # fmt: skip
    assert (lines[0]["task"], end["status"], end["exit_code"], result.code) == ("fix", "applied", 0, 0)
    assert [line["passed"] for line in lines if line["event"] == "tested"] == [False, True]
    written = "".join(line["text"] for line in lines if line["event"] == "text")
    assert written == WRONG + FIX
    assert [line["diff"] for line in lines if line["event"] == "diff"][-1] == end["diff"]
    assert {line["phase"] for line in lines if line["event"] == "progress"} == {"load", "prefill"}


def test_the_end_is_the_object_of_json(cli: Cli) -> None:
    _, streamed = events(cli(*STREAM, "fix", answers=[FIX]))
    plain = json.loads(cli("--output-format", "json", "fix", answers=[FIX]).out)
    for value in (streamed, plain):
        del value["timings_s"]
    assert streamed == plain


def test_a_refusal_an_interrupt_and_an_early_failure_end_with_the_object_too(cli: Cli) -> None:
    def interrupt(_: Query) -> str:
        raise KeyboardInterrupt

    lines, end = events(cli("-y", *STREAM, "--max-repairs", "0", "fix", answers=[WORKFLOW]))
    assert (lines[-1]["event"], lines[-1]["given"], end["exit_code"]) == ("consent", False, ExitCode.REFUSED)
    lines, end = events(cli("-y", *STREAM, "fix", answers=[interrupt]))
    assert (lines[-1]["event"], end["exit_code"]) == ("answer", ExitCode.INTERRUPTED)
    lines, end = events(cli("-C", "/", *STREAM, "fix"))
    assert (names(lines), end["exit_code"]) == (["started"], ExitCode.USAGE)


def test_a_reader_that_goes_away_ends_the_job_and_nothing_is_changed(repo: Repo) -> None:
    script = (
        "import os, sys\n"
        "reader, writer = os.pipe(); os.dup2(writer, 1); os.close(writer)\n"
        "from agent.cli.app import main; from agent.cli.services import Services;"
        "from tests.fakes.scripted_model import ScriptedModel\n"
        "def answer(query): os.close(reader); return sys.argv[1]\n"
        "main(sys.argv[2:], Services(lambda *_, **__: ScriptedModel([answer])))"
    )
    before = repo.files()
    done = in_process("-c", script, FIX, "-y", *STREAM, "fix", cwd=repo.root)
    assert (done.returncode, repo.files()) == (1, before)
    assert "Traceback" not in done.stderr
