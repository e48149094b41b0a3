"""`run --test-cmd` and `--max-repairs`: only what passes stays."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent import testing
from agent.errors import ExitCode, PolicyError
from agent.sandbox import TestReport, sandbox_status
from model.api import Query
from tests.agent.cli.diffs import FILES, FIX, FIXED, NEW_FILE, NOWHERE, WRONG
from tests.fakes.cli import ROOT, Cli
from tests.fakes.git_repo import Files, Repo

PASSES = "python3 -B -c 'import calc; assert calc.add(1, 2) == 3, calc.add(1, 2)'"
YES = ("-y", "--no-sandbox", "--max-repairs", "0")


def leftovers(repo: Repo) -> list[Path]:
    state = repo.root / ".git/magicode"
    unfinished = [path for place in ("journal", "rollback", "kept") for path in (state / place).glob("*")]
    return [*repo.root.rglob(".magicode-*"), *unfinished, *state.glob("staging")]


class TestTests:
    def test_a_change_that_passes_stays(self, cli: Cli, repo: Repo) -> None:
        result = cli(*YES, "--test-cmd", PASSES, "fix", answers=[FIX])
        assert (result.code, repo.files()["calc.py"][0]) == (0, FIXED)
        assert f"`{PASSES}` passed in " in result.err

    def test_a_change_that_fails_is_rolled_back_with_the_output_shown_once(self, cli: Cli, repo: Repo) -> None:
        result = cli(*YES, "--test-cmd", PASSES, "fix", answers=[WRONG + NEW_FILE])
        assert (result.code, repo.files(), leftovers(repo)) == (ExitCode.TESTS_FAILED, FILES, [])
        assert "docs/new" not in repo.directories()
        assert result.err.count("AssertionError: 1\n") == 1
        assert result.err.endswith("failed (exit code 1); the change was rolled back\n")
        assert [past.undone for past in cli.workspace.history()] == [True]
        assert cli("undo").code == ExitCode.NO_CHANGE

    def test_output_without_a_last_newline_does_not_run_into_the_error(self, cli: Cli) -> None:
        result = cli(*YES, "--test-cmd", "printf 'half a line'; exit 3", "fix", answers=[FIX])
        assert "\nhalf a line\nThe best change, which was not made:\n" in result.err

    def test_output_cannot_steer_the_terminal(self, cli: Cli) -> None:
        result = cli(*YES, "--test-cmd", r"printf 'one\r\ntwo\033[2Jthree\n'; exit 1", "fix", answers=[FIX])
        assert "one\ntwo␛[2Jthree\n" in result.err

    def test_a_test_that_does_not_end_is_stopped(self, cli: Cli, repo: Repo) -> None:
        result = cli(*YES, "--test-timeout", "1", "--test-cmd", "sleep 60", "fix", answers=[FIX])
        assert (result.code, repo.files()) == (ExitCode.TESTS_FAILED, FILES)
        assert "`sleep 60` failed (stopped after 1 s)" in result.err

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_stopped_in_the_middle_the_change_does_not_stay(self, cli: Cli, repo: Repo, number: int) -> None:
        before = signal.signal(number, signal.default_int_handler)
        try:
            result = cli(*YES, "--test-cmd", f"kill -{number} {os.getpid()}; sleep 60", "fix", answers=[FIX])
        finally:
            signal.signal(number, before)
        assert (result.code, repo.files(), leftovers(repo)) == (ExitCode.INTERRUPTED, FILES, [])
        assert "magicode: interrupted; the change was rolled back; `magicode -r interrupted-" in result.err

    def test_killed_in_the_middle_the_next_command_says_that_nothing_was_proven(
        self, cli: Cli, repo: Repo, tmp_path: Path
    ) -> None:
        script, started = tmp_path / "script.json", tmp_path / "started"
        script.write_text(json.dumps({"answers": [FIX]}))
        command = [
            ROOT / "tests/fakes/scripted_cli.py",
            script,
            *YES,
            "--test-cmd",
            f"touch {started}; sleep 60",
            "fix",
        ]
        job = subprocess.Popen([sys.executable, *command], cwd=repo.root, env=os.environ | {"PYTHONPATH": str(ROOT)})
        while not started.exists():
            assert job.poll() is None
            time.sleep(0.02)
        assert "stopped" not in cli("sessions").err  # they still run
        busy = cli(*YES, "--test-cmd", "true", "fix", answers=[NEW_FILE])
        assert (busy.code, "another magicode tests a change" in busy.err) == (ExitCode.CONFLICT, True)
        job.kill()
        job.wait()
        assert repo.files()["calc.py"][0] == FIXED
        undo_id = cli.workspace.history()[0].undo_id
        said = cli("sessions").err
        assert "The tests of the change of calc.py were stopped before they could tell; it is in place, and " in said
        assert f"`magicode undo {undo_id}` takes it back." in said
        assert "stopped" not in cli("sessions").err
        assert cli("undo", undo_id).code == 0
        assert repo.files() == FILES

    def test_what_was_rolled_back_is_not_spoken_of(self, cli: Cli) -> None:
        cli(*YES, "--test-cmd", "exit 1", "fix", answers=[FIX])
        assert cli("sessions").err == "No chats yet: each run that ends well begins one, or goes on with one.\n"

    def test_ctrl_c_again_does_not_stop_the_rolling_back(self, cli: Cli, repo: Repo) -> None:
        undo = cli.workspace.undo

        def impatient(_: object, undo_id: str) -> object:
            signal.raise_signal(signal.SIGINT)
            return undo(undo_id)

        cli.monkeypatch.setattr("agent.loop.Workspace.undo", impatient)
        result = cli(*YES, "--test-cmd", "exit 1", "fix", answers=[FIX])
        assert (result.code, repo.files(), leftovers(repo)) == (ExitCode.INTERRUPTED, FILES, [])

    def test_a_sandbox_that_cannot_be_set_up_rolls_back(self, cli: Cli, repo: Repo) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PolicyError("no namespaces here")

        cli.monkeypatch.setattr(testing, "can_layer", lambda _root: False)
        cli.monkeypatch.setattr(testing, "run_tests", refuse)
        result = cli("-y", "--test-cmd", "true", "fix", answers=[FIX])
        assert (result.code, repo.files()) == (ExitCode.REFUSED, FILES)
        assert result.err.endswith("magicode: no namespaces here; the change was rolled back\n")

    def test_the_sandbox_confines(self, cli: Cli, repo: Repo) -> None:
        if not sandbox_status().namespaces:
            pytest.skip(sandbox_status().detail)
        command = f"touch .git/x ../x; {PASSES}"
        assert cli("-y", "--test-cmd", command, "fix", answers=[FIX]).code == 0
        assert repo.files()["calc.py"][0] == FIXED
        assert not (repo.root / ".git/x").exists()
        assert not (repo.root.parent / "x").exists()

    def test_a_test_that_edits_the_changed_file_keeps_the_edit_and_says_so(self, cli: Cli, repo: Repo) -> None:
        result = cli(*YES, "--test-cmd", "echo '# formatted' >> calc.py; exit 1", "fix", answers=[FIX])
        assert result.code == ExitCode.CONFLICT
        assert repo.files()["calc.py"][0] == FIXED + b"# formatted\n"
        assert "failed (exit code 1), and the change could not be rolled back: changed since " in result.err
        assert "Changed calc.py. `magicode undo` takes it back.\n" in result.err

    def test_where_nothing_is_applied_tests_run_in_a_layer_or_not_at_all(self, cli: Cli, repo: Repo) -> None:
        no_change = ("--dry-run", "--max-repairs", "0", "--test-cmd", "touch made; exit 1")
        assert cli(*no_change, "--no-sandbox", "fix", answers=[FIX]).code == 0
        if sandbox_status().namespaces:
            assert cli(*no_change, "fix", answers=[FIX]).code == ExitCode.TESTS_FAILED
        assert repo.files() == FILES

    def test_json_has_the_report(self, cli: Cli) -> None:
        result = cli(*YES, "--output-format", "json", "--test-cmd", "echo no; exit 4", "fix", answers=[FIX])
        value = json.loads(result.out)
        tests = value["tests"]
        assert (value["status"], value["exit_code"], value["undo_id"]) == ("failed", 6, None)
        assert (tests["command"], tests["exit_code"], tests["timed_out"], tests["tail"]) == (
            "echo no; exit 4", 4, False, "no\n",
        )  # fmt: skip
        assert value["error"] == "`echo no; exit 4` failed (exit code 4); the change was rolled back"


class TestRepairs:
    @pytest.mark.skipif(not sandbox_status().namespaces, reason="tests run in place here")
    def test_nothing_is_repaired_where_tests_cannot_run(self, cli: Cli, repo: Repo) -> None:
        result = cli("-y", "--test-cmd", "true; nothing-of-this-name", "fix", answers=[FIX])
        assert (result.code, repo.files()) == (ExitCode.USAGE, FILES)
        assert "The best change, which was not made:\n" in result.err
        assert "exit code 127, without any change, too" in result.err

    def test_a_malformed_answer_is_followed_by_a_better_one(self, cli: Cli, repo: Repo) -> None:
        result = cli("-y", "--output-format", "json", "fix", answers=[NOWHERE, FIX])
        assert (result.code, repo.files()["calc.py"][0]) == (0, FIXED)
        value = json.loads(result.out)
        (rejected,) = value["attempts"]["rejected"]
        assert (value["status"], value["attempts"]["n"], rejected["text"]) == ("applied", 2, NOWHERE)
        assert "copy the old lines from the file" in rejected["reason"]
        assert "Not taken: calc.py, hunk 1: " in result.err

        first, second = cli.model.queries
        assert (first.turns, first.task) == ((), "fix")
        assert [(turn.role, turn.text) for turn in second.turns] == [("user", "fix"), ("assistant", NOWHERE)]
        assert rejected["reason"] in second.task

    def test_the_model_is_told_what_the_tests_said(self, cli: Cli, repo: Repo) -> None:
        result = cli("-y", "--no-sandbox", "--test-cmd", PASSES, "fix", answers=[WRONG, FIX])
        assert (result.code, repo.files()["calc.py"][0]) == (0, FIXED)
        assert "AssertionError: 1" in cli.model.queries[1].task
        assert "failed (exit code 1)" in cli.model.queries[1].task

    def test_later_attempts_are_drawn_anew(self, cli: Cli) -> None:
        cli("--max-repairs", "2", "--seed", "5", "fix", answers=[NOWHERE, NOWHERE, FIX])
        temperatures = [sampling.temperature for sampling in cli.model.samplings]
        assert temperatures[0] == 0.0
        assert min(temperatures[1:]) > 0.0
        assert [sampling.seed for sampling in cli.model.samplings] == [5, 6, 7]
        cli("--temperature", "0.9", "fix", answers=[NOWHERE, FIX])
        assert [sampling.temperature for sampling in cli.model.samplings] == [0.9, 0.9]

    def test_the_chat_keeps_what_went_wrong(self, cli: Cli) -> None:
        cli("fix", answers=[NOWHERE, FIX])
        cli("-c", "more", answers=[NEW_FILE])
        roles = [turn.role for turn in cli.model.queries[0].turns]
        assert roles == ["user", "assistant", "user", "assistant"]

    def test_long_test_output_is_cut_at_its_beginning_to_fit(self, cli: Cli) -> None:
        command = "seq 100000; echo the end; exit 1"
        result = cli(
            "-y", "--no-sandbox", "--test-cmd", command, "--max-new-tokens", "200",
            "fix", answers=[FIX, FIX], context_limit=3000,
        )  # fmt: skip
        assert result.code == ExitCode.TESTS_FAILED
        told = cli.model.queries[1].task
        assert "\n99999\n100000\nthe end" in told
        assert "the output's beginning was left out" in told

    def test_without_room_for_a_repair_the_first_reason_stands(self, cli: Cli) -> None:
        n_prompt = cli.model.count_tokens("")  # counts nothing; the limit is found below
        for limit in range(n_prompt + 2300, 3000, 10):
            result = cli("-y", "fix", answers=[NOWHERE, FIX], context_limit=limit)
            if result.code != ExitCode.CONTEXT_TOO_LARGE:
                break
        assert result.code == ExitCode.BAD_DIFF
        assert len(cli.model.queries) == 1

    def test_what_only_the_user_can_mend_is_not_asked_again(self, cli: Cli, repo: Repo) -> None:
        repo.write({"calc.py": (FILES["calc.py"][0] + b"#\n", 0o644)})
        assert cli("-y", "--max-repairs", "5", "fix", answers=[FIX]).code == ExitCode.CONFLICT

    def test_a_second_attempt_leaves_no_trace_of_the_first_in_the_report(self, cli: Cli) -> None:
        reports = iter([1, 0])

        def scripted(command: str, cwd: Path, **_: object) -> TestReport:
            return TestReport(command, next(reports), 0.0, "", timed_out=False)

        cli.monkeypatch.setattr(testing, "run_tests", scripted)

        def interrupt(_: Query) -> str:
            raise KeyboardInterrupt

        result = cli(*YES[:2], "--output-format", "json", "--test-cmd", "true", "fix", answers=[FIX, interrupt])
        value = json.loads(result.out)
        assert (value["tests"], value["diff"], value["undo_id"]) == (None, "", None)
        assert value["attempts"]["rejected"][0]["reason"] == "`true` failed (exit code 1); the change was rolled back"


class TestAttempts:
    def test_what_came_of_each_is_said(self, cli: Cli, repo: Repo) -> None:
        if not sandbox_status().namespaces:
            pytest.skip(sandbox_status().detail)
        result = cli("-y", "-n", "3", "--show-all", "--test-cmd", PASSES, "fix", answers=[[WRONG, FIX, FIX]])
        assert (result.code, repo.files()["calc.py"][0]) == (0, FIXED)
        assert "Attempt 2 (2 alike): applies and passes the tests\n" in result.err
        assert f"Attempt 1: `{PASSES}` failed (exit code 1)" in result.err
        assert "return b - a" in result.err  # its diff is shown, too

    def test_limits(self, cli: Cli) -> None:
        assert cli("--budget", "soon", "fix", answers=[FIX]).code == ExitCode.USAGE
        assert "is no limit: write 90s, 10m, 1.5h or 50k-tokens" in cli("--budget", "soon", "fix", answers=[FIX]).err
        assert cli("-n", "0", "fix", answers=[FIX]).code == ExitCode.USAGE
        value = cli("--budget", "5m", "-n", "2", "--output-format", "json", "fix", answers=[[WRONG, FIX]])
        assert value.code == 0
        assert [sampling.n_attempts for sampling in cli.model.samplings] == [2]


MAKEFILE: Files = {"GNUmakefile": (b"test:\n\t@echo looked; false\n", 0o644)}


class TestFoundCommand:
    def test_off_a_terminal_nothing_is_run_that_nobody_agreed_to(self, cli: Cli, repo: Repo) -> None:
        repo.write(MAKEFILE)
        repo.commit()
        result = cli("-y", "fix", answers=[FIX])
        assert (result.code, repo.files()["calc.py"][0]) == (0, FIXED)
        assert "looked" not in result.err

    def test_auto_is_an_agreement(self, cli: Cli, repo: Repo) -> None:
        repo.write(MAKEFILE)
        repo.commit()
        result = cli(*YES, "--test-cmd", "auto", "fix", answers=[FIX])
        assert result.code == ExitCode.TESTS_FAILED
        assert "Running `make test`" in result.err
        assert "looked" in result.err

    def test_auto_that_finds_nothing_ends_before_the_model_is_asked(self, cli: Cli, repo: Repo) -> None:
        result = cli("-y", "--test-cmd", "auto", "fix", answers=[FIX])
        assert result.code == ExitCode.USAGE
        assert "give a command in place of auto" in result.err
        assert repo.files() == FILES
