from pathlib import Path

import numpy as np
import pytest

from agent.errors import ExitCode
from model.machine import Memory
from model.memory.index import FileTokens
from model.memory.store import TokenStore
from model.prefixes import PrefixStore
from model.store import ModelStore
from tests.fakes.cli import Cli


def test_list(cli: Cli, tmp_path: Path) -> None:
    cli.monkeypatch.setattr("agent.cli.models.memory", lambda: Memory(8 * 10**9, 4 * 10**9))
    out = cli("models", "list").out.decode().splitlines()
    assert out[0].split()[:5] == ["qwen2.5-coder-1.5b", "absent", "1.1", "GB", "to"]
    assert max(map(len, out)) <= 80
    assert out[2].strip() == "1.7 GB of memory: fits this machine"
    home = tmp_path / "cache/models/qwen2.5-coder-0.5b"
    home.mkdir(parents=True)
    (home / "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.partial").write_bytes(bytes(200_000_000))
    line = next(line for line in cli("models", "list").out.decode().splitlines() if "0.5b" in line)
    assert line.split()[1:5] == ["partial", "0.2", "GB", "on"]


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (Memory(16 * 10**9, 14 * 10**9), "more than the 16.0 GB of this machine"),
        (Memory(64 * 10**9, 10**9), "free now"),
    ],
)
def test_what_does_not_fit_is_said(cli: Cli, room: Memory, said: str) -> None:
    cli.monkeypatch.setattr("agent.cli.models.memory", lambda: room)
    rows = cli("models", "list").out.decode().splitlines()
    row = next(n for n, line in enumerate(rows) if line.startswith("qwen2.5-coder-32b"))
    assert said in rows[row + 2]


def test_what_caches_may_take_can_be_set(cli: Cli) -> None:
    assert cli("config", "set", "cache-size", "6").code == 0
    *_, read, tokenised = cli("models", "list").out.decode().splitlines()
    assert (read[-14:], tokenised[-14:]) == ("at most 4.0 GB", "at most 2.0 GB")
    cli.monkeypatch.setenv("MAGICODE_CACHE_SIZE", "3")
    *_, read, tokenised = cli("models", "list").out.decode().splitlines()
    assert (read[-14:], tokenised[-14:]) == ("at most 2.0 GB", "at most 1.0 GB")
    assert cli("config", "set", "cache-size", "-1").code == ExitCode.USAGE


def test_path(cli: Cli, tmp_path: Path) -> None:
    where = ModelStore(tmp_path / "cache/models").directory("qwen2.5-coder-0.5b")
    assert cli("models", "path", "qwen2.5-coder-0.5b").out.decode() == f"{where}\n"
    assert cli("models", "path").out.decode() == f"{where}\n".replace("0.5b", "1.5b")


def test_rm(cli: Cli, tmp_path: Path) -> None:
    home = tmp_path / "cache/models/qwen2.5-coder-0.5b"
    home.mkdir(parents=True)
    (home / "x.gguf").write_bytes(bytes(200_000_000))
    result = cli("models", "rm", "qwen2.5-coder-0.5b")
    assert (result.code, result.err) == (0, "Removed qwen2.5-coder-0.5b: 0.2 GB freed.\n")
    assert not home.exists()
    result = cli("models", "rm", "qwen2.5-coder-0.5b")
    assert (result.code, result.err) == (0, "There was nothing of qwen2.5-coder-0.5b to remove.\n")
    assert cli("models", "rm").code == ExitCode.USAGE


def test_unknown_names(cli: Cli) -> None:
    for command in ("path", "rm", "pull"):
        result = cli("models", command, "qwen2.5-coder-15b")
        assert result.code == ExitCode.MODEL_UNAVAILABLE
        assert "did you mean 'qwen2.5-coder-1.5b'?" in result.err


def test_what_was_read_is_shown_and_forgotten(cli: Cli, tmp_path: Path) -> None:
    store = PrefixStore(tmp_path / "cache/prefixes")
    assert store.save("key", list(range(64)), 0, np.zeros((1, 300_000_000), dtype=np.uint8)) == 1
    ids = np.zeros(100_000_000, dtype=np.uint32)
    TokenStore("key", tmp_path / "cache/memory").save(
        {"a" * 40: FileTokens(ids, np.array([0, len(ids)]), np.array([0, 1]))}
    )
    read, tokenised = cli("models", "list").out.decode().splitlines()[-2:]
    assert read.startswith("What was read of repositories: 0.3 GB on disk, at most ")
    assert tokenised == "What was tokenised of them: 0.4 GB on disk, at most 4.0 GB"
    assert cli("models", "forget").err.startswith("0.7 GB freed")
    assert store.total_bytes() == 0
    assert "tokenised of them: 0.0 GB" in cli("models", "list").out.decode()
