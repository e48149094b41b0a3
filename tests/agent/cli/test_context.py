import json
import os
from pathlib import Path

from agent.errors import ExitCode
from model.api import Query
from tests.agent.cli.diffs import FIX
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo
from tests.fakes.scripted_model import ScriptedModel


def test_the_tree_with_counts_and_what_is_left_out(cli: Cli, repo: Repo) -> None:
    repo.write({".env": (b"KEY=1\n", 0o600)})
    result = cli("context")
    out = result.out.decode()
    assert result.code == 0
    assert [line.split()[-1] for line in out.splitlines()[1:4]] == ["calc.py", "docs/", "docs/use.md"]
    assert " of the 32,768 tokens of scripted\n" in out
    assert out.endswith("Left out (1):\n  .env: secret file (.env)\n")
    assert "use.md" not in cli("context", "--depth", "1").out.decode()


def test_json_adds_up(cli: Cli) -> None:
    value = json.loads(cli("context", "--json", "--exclude", "*.md", "a task").out)
    files = [node for node in value["nodes"] if node["kind"] == "file"]
    assert [node["path"] for node in files] == ["calc.py"]
    assert value["n_tokens"] == value["n_frame_tokens"] + files[0]["n_tokens"]
    assert value["skipped"] == [{"path": "docs/use.md", "reason": "--exclude *.md"}]
    assert (value["model"], value["window"]) == ("scripted", 32_768)
    assert value["n_tokens"] == json.loads(cli("context", "--json", "--exclude", "*.md").out)["n_tokens"] + 3


def test_output_is_what_the_model_is_given(cli: Cli, tmp_path: Path) -> None:
    assert cli("context", "--output", tmp_path / "prompt", "fix add").out == b""
    written = (tmp_path / "prompt").read_bytes()
    assert cli("context", "--output", "-", "fix add").out == written

    cli("fix add", answers=[FIX])
    (memory,), (query,) = cli.model.memories, cli.model.queries
    given = "".join(cli.model.render(memory.system + "".join(memory.texts), (), Query(query.turns, query.task)))
    assert written == given.encode()
    assert b"    return a - b\n" in written


def test_output_to_a_place_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    result = cli("context", "--output", tmp_path / "missing" / "prompt")
    assert result.code == ExitCode.UNEXPECTED
    assert result.err.endswith("cannot be written: No such file or directory\n")


def test_what_does_not_fit_is_said_after_the_counts(cli: Cli) -> None:
    result = cli("context", context_limit=100)
    assert result.code == 0
    assert b"calc.py" in result.out
    assert "Not all of it fits, so a task is given the part that it leads to" in result.err
    assert json.loads(cli("context", "--json", context_limit=100).out)["fits"] is False
    assert json.loads(cli("context", "--json").out)["fits"] is True


def test_what_fits_is_what_leaves_room_for_an_answer_in_the_context_that_is_allowed(cli: Cli) -> None:
    n_tokens = json.loads(cli("context", "--json").out)["n_tokens"]
    for limit, fits in ((n_tokens + 500, True), (n_tokens + 499, False)):
        value = json.loads(cli("context", "--json", "--context-limit", limit, "--max-new-tokens", 500).out)
        assert (value["window"], value["fits"]) == (limit, fits)


def test_a_prompt_that_no_model_can_be_given_is_written_and_is_an_error(cli: Cli) -> None:
    result = cli("context", "--output", "-", context_limit=100)
    assert result.code == ExitCode.CONTEXT_TOO_LARGE
    assert b"calc.py" in result.out
    assert "leave no room for an answer of 2,048 in the window of 100 of scripted" in result.err


def test_many_files_that_are_left_out_are_told_by_reason(cli: Cli, repo: Repo) -> None:
    repo.write({f"image{n:02}.png": (b"\0", 0o644) for n in range(30)})
    repo.write({"yarn.lock": (b"x\n", 0o644), "a.bin": (b"x" * 1_000_001, 0o644)})
    out = cli("context").out.decode()
    assert "Left out (32):\n    30  binary: image00.png, image01.png, image02.png, …\n" in out
    assert "     1  lock file: yarn.lock\n" in out
    assert "     1  too large: a.bin\n" in out
    assert "image29.png: binary\n" in cli("context", "--all").out.decode()
    assert len(json.loads(cli("context", "--json").out)["skipped"]) == 32


def test_data_that_waits_for_room_is_told(cli: Cli, repo: Repo) -> None:
    repo.write({"data.json": (b'{"a": 1}\n' * 10_000, 0o644)})
    out = cli("context").out.decode()
    assert "  data.json: data file (90,000 bytes), " in out
    assert " tokens: no room\n" in out
    value = json.loads(cli("context", "--json", context_limit=1_000_000).out)
    assert value["waiting"] == [{"path": "data.json", "reason": "data file (90,000 bytes)"}]
    assert value["skipped"] == []


def test_the_second_time_nothing_is_counted(cli: Cli) -> None:
    first = cli("context", "--json", "fix").out
    cli.monkeypatch.setattr(ScriptedModel, "count_tokens", None)
    assert cli("context", "--json", "fix").out == first


def test_odd_names_are_shown_and_cannot_steer_the_terminal(cli: Cli, repo: Repo) -> None:
    repo.write({os.fsdecode(b"\xff.py"): (b"x\n", 0o644), "\x1b[2J.py": (b"x\n", 0o644)})
    out = cli("context").out.decode()
    assert "\x1b" not in out
    assert '"\\033[2J.py"' in out
    assert "file name is not UTF-8" in out
