"""What a shell is told when Tab is pressed, by the real program."""

import os
from pathlib import Path

import pytest

from model.catalogue import read_catalogue
from tests.agent.cli.diffs import FIX
from tests.fakes.cli import Cli, in_process
from tests.fakes.git_repo import Repo


def completed(line: str, cwd: Path) -> list[str]:
    """What bash is offered for the last word of a line."""
    words = line.split(" ")
    env = {"_MAGICODE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = in_process("-m", "magicode", cwd=cwd, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_commands_and_those_below_them(tmp_path: Path) -> None:
    assert {"run", "undo", "config", "doctor"} <= set(completed("magicode ", tmp_path))
    assert completed("magicode con", tmp_path) == ["context", "config"]
    assert completed("magicode sessions ", tmp_path) == ["list", "show", "rm"]


def test_options_of_run_also_without_its_name(tmp_path: Path) -> None:
    assert completed("magicode run --dry", tmp_path) == ["--dry-run"]
    assert completed("magicode --dry", tmp_path) == ["--dry-run"]
    assert completed("magicode --attention ", tmp_path) == ["auto", "dense", "memory"]
    offered = completed("magicode -", tmp_path)
    assert {"--version", "--test-cmd"} <= set(offered)
    assert len(offered) == len(set(offered))


def test_names_of_models_and_settings(tmp_path: Path) -> None:
    assert completed("magicode models pull ", tmp_path) == list(read_catalogue())
    assert completed("magicode -m qwen2.5-coder-1.", tmp_path) == ["qwen2.5-coder-1.5b"]
    assert completed("magicode config get test-", tmp_path) == ["test-cmd", "test-timeout"]


def test_changes_and_chats_of_the_repository_that_is_meant(cli: Cli, repo: Repo, tmp_path: Path) -> None:
    cli("-y", "fix $(touch pwned) \x1b[2J", answers=[FIX])
    change, chat = (cli(*args).out.decode().split()[0] for args in (("undo", "--list"), ("sessions",)))
    for command, expected in {"undo": change, "diff 0": change, "sessions rm": chat, "run -r": chat}.items():
        line = f"magicode {command}" if command.endswith("0") else f"magicode {command} "
        assert completed(line, repo.root) == [expected]
    assert completed(f"magicode -C {repo.root} undo ", tmp_path) == [change]
    assert completed("magicode undo ", tmp_path) == []
    env = os.environ | {"_MAGICODE_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "magicode undo "}
    shown = in_process("-m", "magicode", cwd=repo.root, env=env | {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}).stdout
    assert shown == f"{change}\tfix $(touch pwned) ␛[2J\n"


@pytest.mark.parametrize("broken", ["seed = = 1", "nonsense = 1", "test-cmd = 'touch pwned'"])
def test_a_configuration_that_is_broken_or_not_trusted_is_no_matter(repo: Repo, broken: str) -> None:
    (repo.root / ".magicode.toml").write_text(broken)
    assert completed("magicode run --dry", repo.root) == ["--dry-run"]
    assert not (repo.root / "pwned").exists()
