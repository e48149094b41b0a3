import json
import os
from pathlib import Path

from agent.errors import ExitCode
from model.api import Query
from tests.agent.cli.diffs import FIX
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo


def test_the_tree_with_counts_and_what_is_left_out(cli: Cli, repo: Repo) -> None:
    repo.write({".env": (b"KEY=1\n", 0o600)})
    result = cli("context")
    out = result.out.decode()
    assert result.code == 0
    assert [line.split()[-1] for line in out.splitlines()[1:4]] == ["calc.py", "docs/", "docs/use.md"]
    assert " of the 32,768 tokens of qwen2.5-coder-1.5b\n" in out
    assert out.endswith("Left out (1):\n  .env: secret file (.env)\n")
    assert "use.md" not in cli("context", "--depth", "1").out.decode()


def test_json_adds_up(cli: Cli) -> None:
    value = json.loads(cli("context", "--json", "--exclude", "*.md", "a task").out)
    files = [node for node in value["nodes"] if node["kind"] == "file"]
    assert [node["path"] for node in files] == ["calc.py"]
    assert value["n_tokens"] == value["n_frame_tokens"] + files[0]["n_tokens"]
    assert value["skipped"] == [{"path": "docs/use.md", "reason": "--exclude *.md"}]
    assert (value["model"], value["window"]) == ("qwen2.5-coder-1.5b", 32_768)
    assert value["n_tokens"] == json.loads(cli("context", "--json", "--exclude", "*.md").out)["n_tokens"] + 3


def test_output_is_what_the_model_is_given(cli: Cli, tmp_path: Path) -> None:
    assert cli("context", "--output", tmp_path / "prompt", "fix add").out == b""
    written = (tmp_path / "prompt").read_bytes()
    assert cli("context", "--output", "-", "fix add").out == written

    cli("fix add", answers=[FIX])
    (memory,), (query,) = cli.model.memories, cli.model.queries
    given = cli.model.render(memory.system + "".join(memory.texts), (), Query(query.turns, query.task))
    assert written == given.encode()
    assert b"    return a - b\n" in written


def test_output_to_a_place_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    result = cli("context", "--output", tmp_path / "missing" / "prompt")
    assert result.code == ExitCode.UNEXPECTED
    assert result.err.endswith("cannot be written: No such file or directory\n")


def test_too_large_is_said_after_the_counts(cli: Cli) -> None:
    result = cli("context", context_limit=100)
    assert result.code == ExitCode.CONTEXT_TOO_LARGE
    assert b"calc.py" in result.out
    assert "tokens do not fit qwen2.5-coder-1.5b's window of 100" in result.err
    assert cli("context", "--output", "-", context_limit=100).code == ExitCode.CONTEXT_TOO_LARGE


def test_odd_names_are_shown_and_cannot_steer_the_terminal(cli: Cli, repo: Repo) -> None:
    repo.write({os.fsdecode(b"\xff.py"): (b"x\n", 0o644), "\x1b[2J.py": (b"x\n", 0o644)})
    out = cli("context").out.decode()
    assert "\x1b" not in out
    assert '"\\033[2J.py"' in out
    assert "file name is not UTF-8" in out
