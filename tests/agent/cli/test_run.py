import json
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ExitCode
from model.api import Query
from tests.agent.cli.diffs import (
    BOTH_HUNKS,
    BROKEN,
    ESCAPE,
    FILES,
    FIX,
    FIXED,
    NEW_FILE,
    NOWHERE,
    SAME,
    WORKFLOW,
)
from tests.fakes.cli import Cli, Result, in_process
from tests.fakes.git_repo import Repo

JSON_KEYS = [
    "status", "exit_code", "error", "diff", "files", "attempts", "tests", "usage", "attended", "timings_s", "undo_id",
    "commit", "branch", "worktree", "pull_request", "notes",
]  # fmt: skip


def parsed(result: Result) -> dict[str, Any]:
    """The object that is all of standard output."""
    value = json.loads(result.out)
    assert list(value) == JSON_KEYS
    assert value["exit_code"] == result.code
    return dict(value)


class TestWhatBecomesOfTheDiff:
    def test_dry_run_prints_a_diff_for_git_and_changes_nothing(self, cli: Cli, repo: Repo) -> None:
        result = cli("--dry-run", "fix add", answers=[BOTH_HUNKS])
        assert result.code == 0
        assert repo.files() == FILES
        repo.run("apply", "--check", "--whitespace=error-all", "-", stdin=result.out)
        repo.run("apply", "-", stdin=result.out)
        assert repo.files()["calc.py"][0] == FIXED.replace(b"a * 2", b"a + a")

    def test_off_a_terminal_the_diff_is_printed_and_nothing_is_changed(self, cli: Cli, repo: Repo) -> None:
        result = cli("fix add", answers=[FIX])
        assert (result.code, repo.files()) == (0, FILES)
        assert result.out.startswith(b"diff --git a/calc.py b/calc.py\n")
        assert result.out == cli("--dry-run", "fix add", answers=[FIX]).out
        assert cli.workspace.history() == ()

    def test_a_diff_is_printed_in_the_encoding_of_its_file(self, cli: Cli, repo: Repo) -> None:
        before = "größe = 1\nname = 'Zoë'\n".encode("latin-1")
        repo.write({"l.txt": (before, 0o644)})
        repo.commit()
        diff = "--- a/l.txt\n+++ b/l.txt\n@@\n größe = 1\n-name = 'Zoë'\n+name = 'Chloë'\n"
        for result in (cli("x", answers=[diff]), cli("-o", "../out.diff", "x", answers=[diff])):
            assert "Chloë".encode("latin-1") in result.out
            repo.run("apply", "--check", "-", stdin=result.out)
        assert Path("../out.diff").read_bytes() == result.out

    def test_yes_applies_and_leaves_the_index_alone(self, cli: Cli, repo: Repo) -> None:
        index = (repo.root / ".git/index").read_bytes()
        result = cli("-y", "fix add", answers=[FIX])
        assert (result.code, result.out) == (0, b"")
        assert repo.files() == dict(FILES) | {"calc.py": (FIXED, 0o644)}
        assert (repo.root / ".git/index").read_bytes() == index
        assert repo.run("status", "--porcelain") == b" M calc.py\n"
        assert "+    return a + b\n" in result.err
        assert "Changed calc.py. `magicode undo` takes it back.\n" in result.err
        assert cli.workspace.history()[0].task == "fix add"

        assert cli("undo").code == 0
        assert repo.files() == FILES
        assert repo.run("status", "--porcelain") == b""

    def test_from_a_subdirectory_all_of_the_repository_is_meant(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        cli.monkeypatch.chdir(tmp_path)
        assert cli("-C", repo.root / "docs", "-y", "fix add", answers=[FIX]).code == 0
        assert repo.files()["calc.py"][0] == FIXED
        assert len(cli.model.memories[0].texts) == 2

    def test_o_writes_the_diff_to_a_file_too(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        result = cli("-o", tmp_path / "x.diff", "fix add", answers=[FIX])
        assert (tmp_path / "x.diff").read_bytes() == result.out != b""
        cli("-y", "-o", tmp_path / "y.diff", "fix add", answers=[FIX])
        assert (tmp_path / "y.diff").read_bytes() == result.out
        assert repo.files()["calc.py"][0] == FIXED

    def test_o_keeps_a_diff_that_could_not_be_applied(self, cli: Cli, repo: Repo, tmp_path: Path) -> None:
        repo.write({"calc.py": (FILES["calc.py"][0] + b"x = 1\n", 0o644)})
        assert cli("-y", "-o", tmp_path / "x.diff", "fix", answers=[FIX]).code == ExitCode.CONFLICT
        repo.run("apply", "--check", "-", stdin=(tmp_path / "x.diff").read_bytes())

    def test_o_is_refused_before_the_model_is_asked(self, cli: Cli, tmp_path: Path) -> None:
        for bad in (tmp_path, tmp_path / "missing" / "x.diff"):
            result = cli("-o", bad, "fix add")
            assert result.code == ExitCode.USAGE
            assert "existing directory" in result.err
        assert cli.model.queries == []


class TestTask:
    def test_dash_reads_standard_input(self, cli: Cli) -> None:
        assert cli("-", answers=[FIX], stdin="fix äll\nof it\n".encode()).code == 0
        assert cli.model.queries[0].task == "fix äll\nof it\n"

    @pytest.mark.parametrize("task", ["", " \n"])
    def test_an_empty_task_is_refused(self, cli: Cli, task: str) -> None:
        result = cli("run", task)
        assert result.code == ExitCode.USAGE
        assert "the task is empty" in result.err
        assert cli("run", "-", stdin=task.encode()).code == ExitCode.USAGE


class TestSessions:
    def test_a_chat_goes_on(self, cli: Cli, repo: Repo) -> None:
        cli("-y", "fix add", answers=[FIX])
        diff = repo.run("diff").decode().partition("@@")[2]
        assert cli("-c", "now docs", answers=[NEW_FILE]).code == 0
        user, assistant = cli.model.queries[0].turns
        assert (user.role, user.text) == ("user", "fix add")
        assert assistant.role == "assistant"
        assert diff in assistant.text
        assert cli.model.queries[0].task == "now docs"

        (line,) = cli("sessions").out.decode().splitlines()
        session_id, _, rest = line.partition(" ")
        assert rest.split() == ["4", "turns", "fix", "add"]
        cli("another chat", answers=[FIX.replace("a - b", "a + b").replace("+    return a + b", "+    return b")])
        cli("-r", session_id, "and more", answers=[NEW_FILE])
        assert [turn.text for turn in cli.model.queries[0].turns if turn.role == "user"] == ["fix add", "now docs"]

    def test_continue_without_a_chat_begins_one(self, cli: Cli) -> None:
        assert cli("-c", "fix", answers=[FIX]).code == 0
        assert cli.model.queries[0].turns == ()

    def test_unknown_or_contradictory(self, cli: Cli) -> None:
        result = cli("-r", "nope", "fix", answers=[FIX])
        assert (result.code, result.err) == (2, "magicode: no session 'nope': this repository has none yet\n")
        assert cli("-c", "-r", "x", "fix").code == ExitCode.USAGE

    def test_a_failed_run_leaves_no_turn(self, cli: Cli) -> None:
        cli("fix", answers=[FIX])
        assert cli("-c", "fail", answers=[NOWHERE] * 2).code == ExitCode.BAD_DIFF
        assert b" 2 turns  fix\n" in cli("sessions").out
        assert cli("fail", answers=[NOWHERE] * 2).code == ExitCode.BAD_DIFF
        assert cli("sessions").out.count(b"\n") == 1

    def test_a_chat_that_cannot_be_kept_does_not_undo_the_success(self, cli: Cli, repo: Repo) -> None:
        (repo.root / ".git/magicode").mkdir()
        (repo.root / ".git/magicode/sessions").write_text("in the way")
        result = cli("-y", "fix", answers=[FIX])
        assert (result.code, repo.files()["calc.py"][0]) == (0, FIXED)
        assert "This chat is not kept: " in result.err


class TestContext:
    def test_include_and_exclude(self, cli: Cli) -> None:
        cli("fix", answers=[FIX])
        both = cli.model.memories[0].texts
        cli("--exclude", "*.md", "fix", answers=[FIX])
        excluded = cli.model.memories[0].texts
        cli("--include", "*.py", "fix", answers=[FIX])
        assert [len(both), excluded, cli.model.memories[0].texts] == [2, both[:1], both[:1]]
        edits = cli.model.edits[0]
        assert edits is not None
        assert list(edits.files) == ["calc.py"]
        assert list(edits.taken) == ["docs/use.md"]

    def test_what_does_not_fit_is_refused_with_counts(self, cli: Cli) -> None:
        result = cli("--attention", "dense", "--context-limit", "2100", "fix", answers=[FIX])
        assert result.code == ExitCode.CONTEXT_TOO_LARGE
        assert "more than the 52 that fit" in result.err
        assert "in 2 files" in result.err
        assert cli.model.memories == []

    def test_the_models_own_window_counts_too(self, cli: Cli) -> None:
        for limit in ((), ("--context-limit", "999999")):
            result = cli(*limit, "--attention", "dense", "fix", answers=[FIX], context_limit=2100)
            assert result.code == ExitCode.CONTEXT_TOO_LARGE

    def test_a_part_is_in_view_where_not_all_fits_or_if_asked(self, cli: Cli) -> None:
        for limit in (("--attention", "memory"), ("--max-new-tokens", "200", "--context-limit", "720")):
            value = parsed(cli(*limit, "--working-set", "256", "--output-format", "json", "fix", answers=[FIX]))
            assert value["attended"]["n_repository_files"] == 2
            assert cli.model.memories[0].changes
        result = cli("--attention", "memory", "--working-set", "256", "fix", answers=[FIX])
        assert "Looking at " in result.err
        assert parsed(cli("--output-format", "json", "fix", answers=[FIX]))["attended"] is None

    def test_an_answer_as_long_as_the_window_leaves_no_prompt(self, cli: Cli) -> None:
        result = cli("--context-limit", "200", "fix", answers=[FIX])
        assert result.code == ExitCode.CONTEXT_TOO_LARGE
        assert "lower --max-new-tokens" in result.err

    def test_sampling(self, cli: Cli) -> None:
        cli("--temperature", "0.3", "--seed", "7", "--max-new-tokens", "99", "fix", answers=[FIX])
        (sampling,) = cli.model.samplings
        assert (sampling.temperature, sampling.seed, sampling.max_new_tokens) == (0.3, 7, 99)


class TestJson:
    def test_success(self, cli: Cli, repo: Repo) -> None:
        value = parsed(cli("-y", "--output-format", "json", "fix", answers=[FIX + NEW_FILE]))
        assert (value["status"], value["error"], value["tests"]) == ("applied", None, None)
        assert value["files"] == [
            {"path": "calc.py", "kind": "modify", "hunks": [{"old_start": 1, "tier": "exact", "offset": 0}]},
            {"path": "docs/new/notes.md", "kind": "create", "hunks": []},
        ]
        assert value["undo_id"] == cli.workspace.history()[0].undo_id
        assert value["usage"]["new_tokens"] == cli.model.count_tokens(FIX + NEW_FILE)
        assert set(value["timings_s"]) == {"read", "encode", "decode", "check", "review", "apply"}
        repo.run("checkout", "-q", ".")
        repo.run("clean", "-fdq")
        repo.run("apply", "--check", "-", stdin=value["diff"].encode())

    def test_nothing_but_the_object_is_printed_where_nothing_is_applied(self, cli: Cli) -> None:
        value = parsed(cli("--output-format", "json", "fix", answers=[FIX]))
        [attempt] = value["attempts"].pop("ranked")
        assert (value["status"], value["undo_id"], value["attempts"]) == ("proposed", None, {"n": 1, "rejected": []})
        assert (attempt["number"], attempt["good"], attempt["diff"]) == (1, True, value["diff"])
        assert value["diff"] == cli("fix", answers=[FIX]).out.decode()

    def test_failure_has_all_keys_and_every_attempt(self, cli: Cli) -> None:
        value = parsed(cli("-y", "--output-format", "json", "fix", answers=[NOWHERE, "no"]))
        assert (value["status"], value["exit_code"], value["diff"], value["files"]) == ("failed", 3, "", [])
        first, second = value["attempts"]["rejected"]
        assert (first["text"], second["text"]) == (NOWHERE, "no")
        assert "copy the old lines from the file" in first["reason"]
        assert value["error"] == second["reason"]

    @pytest.mark.parametrize(
        ("args", "code"),
        [
            (("--context-limit", "2100"), ExitCode.CONTEXT_TOO_LARGE),
            (("-r", "nope"), ExitCode.USAGE),
            (("-C", "/"), ExitCode.USAGE),
        ],
    )
    def test_failure_before_the_model_is_asked(self, cli: Cli, args: tuple[str, ...], code: int) -> None:
        value = parsed(cli("--output-format", "json", *args, "fix", answers=[FIX]))
        assert (value["status"], value["exit_code"], value["attempts"]["n"]) == ("failed", code, 0)
        assert value["error"]

    def test_interrupt_and_bug(self, cli: Cli) -> None:
        def interrupt(_: Query) -> str:
            raise KeyboardInterrupt

        def bug(_: Query) -> str:
            raise ZeroDivisionError("one / zero")

        value = parsed(cli("--output-format", "json", "fix", answers=[interrupt]))
        assert (value["status"], value["exit_code"], value["error"]) == ("failed", 130, "interrupted")
        value = parsed(cli("--output-format", "json", "fix", answers=[bug]))
        assert (value["exit_code"], value["error"]) == (1, "ZeroDivisionError: one / zero")


class TestExitCodes:
    @pytest.mark.parametrize(
        ("answer", "code", "phrase"),
        [
            (SAME, ExitCode.NO_CHANGE, "chang"),
            ("I would rather not.", ExitCode.NO_CHANGE, "no diff"),
            (NOWHERE, ExitCode.BAD_DIFF, "calc.py, hunk 1"),
            (FIX.partition("@@")[0], ExitCode.BAD_DIFF, ""),
            (BROKEN, ExitCode.BROKEN_SYNTAX, "breaks syntax that was right before it:\n  calc.py:2"),
            (ESCAPE, ExitCode.REFUSED, "'../outside.md'"),
            (WORKFLOW, ExitCode.REFUSED, ".github/workflows/x.yml: it runs in continuous integration"),
        ],
    )  # fmt: skip
    def test_answers_that_are_refused(self, cli: Cli, repo: Repo, answer: str, code: int, phrase: str) -> None:
        result = cli("-y", "--max-repairs", "0", "fix", answers=[answer])
        assert (result.code, result.out) == (code, b"")
        assert phrase in result.err.partition("magicode: ")[2]
        assert (repo.files(), cli.workspace.history()) == (FILES, ())

    def test_an_answer_that_was_cut_off(self, cli: Cli, repo: Repo) -> None:
        result = cli("-y", "--max-repairs", "0", "--max-new-tokens", "30", "fix", answers=[FIX + NEW_FILE])
        assert (result.code, repo.files()) == (ExitCode.BAD_DIFF, FILES)
        assert "still writing after 30 tokens" in result.err

    def test_broken_syntax_may_be_allowed(self, cli: Cli, repo: Repo) -> None:
        assert cli("-y", "--allow-syntax-errors", "fix", answers=[BROKEN]).code == 0
        assert b"return (a + b" in repo.files()["calc.py"][0]

    def test_uncommitted_work_is_not_touched_unless_allowed(self, cli: Cli, repo: Repo) -> None:
        mine = dict(FILES) | {"calc.py": (FILES["calc.py"][0] + b"\nMINE = 1\n", 0o644)}
        repo.write(mine)
        result = cli("-y", "fix", answers=[FIX])
        assert (result.code, repo.files()) == (ExitCode.CONFLICT, mine)
        assert "uncommitted changes in calc.py" in result.err
        assert len(cli.model.queries) == 1
        assert cli("-y", "--allow-dirty", "fix", answers=[FIX]).code == 0
        assert repo.files()["calc.py"][0] == FIXED + b"\nMINE = 1\n"
        assert cli("undo").code == 0
        assert repo.files() == mine

    def test_a_file_saved_while_the_model_was_writing_is_a_conflict(self, cli: Cli, repo: Repo) -> None:
        def save(_: Query) -> str:
            repo.write({"calc.py": (b"mine\n", 0o644)})
            return FIX

        result = cli("-y", "fix", answers=[save])
        assert (result.code, repo.files()["calc.py"][0]) == (ExitCode.CONFLICT, b"mine\n")

    def test_interrupt(self, cli: Cli, repo: Repo) -> None:
        def interrupt(_: Query) -> str:
            raise KeyboardInterrupt

        result = cli("-y", "fix", answers=[interrupt])
        assert (result.code, repo.files()) == (ExitCode.INTERRUPTED, FILES)
        assert result.err.endswith("magicode: interrupted; nothing was changed\n")

    @pytest.mark.parametrize(("args", "needed"), [(["-y"], "to change files"), (["--dry-run", "-c"], "to keep chats")])
    def test_what_needs_a_repository(self, cli: Cli, tmp_path: Path, args: list[str], needed: str) -> None:
        (tmp_path / "plain").mkdir()
        cli.monkeypatch.chdir(tmp_path / "plain")
        result = cli(*args, "fix", answers=[FIX])
        assert result.code == ExitCode.USAGE
        assert f"is in no git repository, which is needed {needed}: run `git init` there first" in result.err
        assert cli.model.queries == []

    def test_unknown_model(self, cli: Cli) -> None:
        result = cli("-m", "qwen2.5-coder-15b", "fix", real_models=True)
        assert result.code == ExitCode.MODEL_UNAVAILABLE
        assert "did you mean 'qwen2.5-coder-1.5b'?" in result.err


class TestRecovery:
    def test_an_interrupted_application_is_finished_and_told_first(self, cli: Cli, repo: Repo) -> None:
        script = (
            "import os, sys; from agent.cli.app import main; from agent.cli.services import Services;"
            "from agent.treeio import Tree; from tests.fakes.scripted_model import ScriptedModel\n"
            "Tree.rename = lambda *_: os._exit(77)\n"
            "main(['-y', 'fix'], Services(lambda *_, **__: ScriptedModel([sys.argv[1]])))"
        )
        assert in_process("-c", script, FIX + NEW_FILE, cwd=repo.root).returncode == 77
        assert list(repo.root.glob(".magicode-*"))

        result = cli("sessions")
        assert result.code == 0
        assert (
            "A change of calc.py, docs/new/notes.md was interrupted and is now complete; `magicode undo" in result.err
        )
        assert repo.files() == dict(FILES) | {"calc.py": (FIXED, 0o644), "docs/new/notes.md": (b"notes\n", 0o644)}
        assert cli("undo").code == 0
        assert repo.files() == FILES


class TestPlainDirectory:
    """A directory in no git repository."""

    @pytest.fixture
    def plain(self, cli: Cli, tmp_path: Path) -> Path:
        plain = tmp_path / "plain"
        plain.mkdir()
        (plain / "calc.py").write_bytes(FILES["calc.py"][0])
        cli.monkeypatch.chdir(plain)
        return plain

    @pytest.mark.parametrize("args", [("--dry-run",), ()])
    def test_a_diff_is_shown_and_nothing_is_changed(self, cli: Cli, plain: Path, args: tuple[str, ...]) -> None:
        result = cli(*args, "fix add", answers=[FIX])
        assert result.code == 0
        assert b"+    return a + b\n" in result.out
        assert "is in no git repository: it is read as it is" in result.err
        assert [path.name for path in plain.iterdir()] == ["calc.py"]
        assert (plain / "calc.py").read_bytes() == FILES["calc.py"][0]

    def test_its_context_is_shown(self, cli: Cli, plain: Path) -> None:
        (plain / ".env").write_text("KEY=1\n")
        value = json.loads(cli("context", "--json").out)
        assert [node["path"] for node in value["nodes"]] == ["calc.py"]
        assert value["skipped"] == [{"path": ".env", "reason": "secret file (.env)"}]
        assert json.loads(cli("context", "--json", "--for", "add").out)["places"][0]["path"] == "calc.py"

    @pytest.mark.parametrize("command", ["undo", "sessions", "apply"])
    def test_what_needs_git_says_so(self, cli: Cli, plain: Path, command: str) -> None:
        result = cli(command, *(["-"] if command == "apply" else []), stdin=FIX.encode())
        assert result.code == ExitCode.USAGE
        assert "run `git init` first" in result.err


class TestMentions:
    def test_a_file_named_by_at_is_read_and_named_by_its_path(self, cli: Cli, repo: Repo) -> None:
        repo.write({"yarn.lock": (b"left-pad\n", 0o644)})
        cli("--dry-run", "fix @calc.py and @yarn.lock", answers=[FIX])
        (memory,), (query,) = cli.model.memories, cli.model.queries
        assert query.task == "fix calc.py and yarn.lock"
        assert any("left-pad" in text for text in memory.texts)
        cli("--dry-run", "fix calc.py", answers=[FIX])
        assert not any("left-pad" in text for text in cli.model.memories[0].texts)

    def test_it_is_looked_for_where_the_user_stands(self, cli: Cli, repo: Repo) -> None:
        cli.monkeypatch.chdir(repo.root / "docs")
        cli("--dry-run", "fix @use.md", answers=[FIX])
        assert cli.model.queries[0].task == "fix docs/use.md"

    def test_a_secret_stays_out_and_the_user_is_told(self, cli: Cli, repo: Repo) -> None:
        repo.write({".env": (b"KEY=hidden\n", 0o600)})
        result = cli("--dry-run", "use @.env and @src/nope.py", answers=[FIX])
        assert "hidden" not in "".join(cli.model.memories[0].texts)
        assert (
            ".env is named in the task and left out: secret file (.env). If the model is to see it beside all else: "
            "--include '*' --include .env" in (result.err.replace("\n", " "))
        )
        assert "@src/nope.py names no file here" in result.err
        cli("--dry-run", "--include", ".env", "--include", "*", "use @.env", answers=[FIX])
        assert "hidden" in "".join(cli.model.memories[0].texts)


class TestRoom:
    def test_large_data_is_left_out_where_it_does_not_fit(self, cli: Cli, repo: Repo) -> None:
        repo.write({"data.json": (b'{"a": 1}\n' * 10_000, 0o644)})
        result = cli("--dry-run", "fix add", answers=[FIX])
        assert result.code == 0
        assert "Read without 1 data file of" in result.err
        assert "data.json. Name one as @PATH if the task needs it." in result.err.replace("\n", " ")
        assert len(cli.model.memories[0].texts) == 2
        whole = cli("--dry-run", "fix add", answers=[FIX], context_limit=1_000_000)
        assert "Read without" not in whole.err
        assert len(cli.model.memories[0].texts) == 3
