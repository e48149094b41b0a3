"""`magicode doctor`: on this machine as it is, and on one where something is missing."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent import doctor
from agent.errors import ExitCode
from agent.sandbox import TestReport
from model.catalogue import find
from model.machine import Memory
from model.store import ModelStore
from tests.fakes.cli import Cli

SMALL = "qwen2.5-coder-0.5b"


@pytest.fixture(autouse=True)
def _no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.machine.accelerator", lambda: None)


def findings(cli: Cli, *args: str, code: int = 0) -> dict[str, dict[str, Any]]:
    result = cli("doctor", *args, "--json")
    assert result.code == code
    return {finding["name"]: finding for finding in json.loads(result.out)}


def test_every_finding_has_a_state_and_what_is_wrong_has_an_advice(cli: Cli) -> None:
    found = findings(cli)
    assert {"python", "git", "kernels", "memory", "disk", "caches", "sandbox", "accelerator"} <= found.keys()
    assert found["git"]["state"] == "ok"
    assert found["qwen2.5-coder-1.5b"]["state"] == "note"
    assert "magicode models pull qwen2.5-coder-1.5b" in found["qwen2.5-coder-1.5b"]["advice"]
    assert SMALL not in found  # neither here nor asked for
    shown = cli("doctor").out.decode()
    assert shown.startswith("ok       python ")
    for finding in found.values():
        assert f"{finding['state']:<7}  {finding['name']}" in shown


@pytest.mark.parametrize("said", [b"git version 2.30.9", b"git version 1.8.3.1", b"something else"])
def test_an_old_git_is_missing(cli: Cli, said: bytes) -> None:
    cli.monkeypatch.setattr(doctor.Git, "run", lambda *_: said)
    found = list(doctor.examine(SMALL, ModelStore(), verify=False))
    assert {finding.name: finding.state for finding in found}["git"] == "missing"


def test_no_git_at_all_ends_with_1(cli: Cli, tmp_path: Path) -> None:
    cli.monkeypatch.setenv("PATH", str(tmp_path))
    found = findings(cli, code=ExitCode.UNEXPECTED)
    assert found["git"]["state"] == "missing"
    assert "install git" in found["git"]["advice"]


@pytest.mark.parametrize(
    ("total", "available", "state"), [(32e9, 30e9, "ok"), (32e9, 1e9, "note"), (1.5e9, 1e9, "missing")]
)
def test_memory_is_held_against_what_the_model_needs(cli: Cli, total: float, available: float, state: str) -> None:
    cli.monkeypatch.setattr("model.machine.memory", lambda: Memory(int(total), int(available)))
    code = ExitCode.UNEXPECTED if state == "missing" else 0
    assert findings(cli, code=code)["memory"]["state"] == state
    assert findings(cli, "-m", "./mine")["memory"]["state"] == "ok"


def test_the_configured_model_is_looked_at(cli: Cli) -> None:
    cli.monkeypatch.setenv("MAGICODE_MODEL", SMALL)
    assert SMALL in findings(cli)


def test_a_model_that_was_damaged_since_is_found_with_verify(cli: Cli, tmp_path: Path) -> None:
    entry = replace(find(SMALL), size_bytes=5, sha256="0" * 64, parts=None)
    cli.monkeypatch.setattr(doctor, "read_catalogue", lambda: {SMALL: entry})
    store = ModelStore(tmp_path / "models", catalogue={SMALL: entry})
    home = tmp_path / "models" / SMALL
    home.mkdir(parents=True)
    (home / entry.file).write_bytes(b"12345")
    (home / "verified.json").write_text(json.dumps({"sha256": "0" * 64, "size_bytes": 5}))

    def state(*, verify: bool) -> tuple[str, str]:
        found = {each.name: each for each in doctor.examine(SMALL, store, verify=verify)}[SMALL]
        return found.state, found.detail

    assert state(verify=False) == ("note", "source, 0.0 GB")
    assert state(verify=True)[0] == "missing"


@pytest.mark.parametrize(("writes", "leaks"), [(True, "writes outside"), (False, "the network")])
def test_a_sandbox_that_leaks_is_said_so(cli: Cli, *, writes: bool, leaks: str) -> None:
    def run_tests(command: str, cwd: Path, **_: object) -> TestReport:
        if writes:
            Path(command.partition("> ")[2].strip("'")).touch()
        own = Path("/proc/self/ns/net").readlink()
        return TestReport(command, 0, 0.0, "" if writes else f"{own}\n", timed_out=False)

    cli.monkeypatch.setattr(doctor, "run_tests", run_tests)
    found = findings(cli, code=ExitCode.UNEXPECTED)["sandbox"]
    assert found["state"] == "missing"
    assert found["detail"].endswith(f"it lets through {leaks}")


def test_a_configuration_that_cannot_be_read_is_a_finding(cli: Cli) -> None:
    (cli.repo.root / ".magicode.toml").write_text("[[[")
    finding = findings(cli, code=ExitCode.UNEXPECTED)["configuration"]
    assert (finding["state"], "no TOML" in finding["detail"]) == ("missing", True)
