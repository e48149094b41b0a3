"""A repository that came as an archive may bring a git directory, and in it what looks like ours."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ExitCode
from tests.agent.cli.diffs import FILES, FIX
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo

ENTRY = "000001-abcdef"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    folder = tmp_path / "victim"
    (folder / "staging").mkdir(parents=True)
    (folder / "staging/work").write_text("precious")
    (folder / "file").write_text("precious")
    return folder


def untouched(victim: Path) -> bool:
    files = {path.relative_to(victim).as_posix() for path in victim.rglob("*") if path.is_file()}
    return files == {"staging/work", "file"} and all((victim / name).read_text() == "precious" for name in files)


@pytest.mark.parametrize("name", ["", "staging", "lock", "untested", "journal", "rollback", "undo", "kept"])
@pytest.mark.parametrize("command", [("-y", "fix"), ("apply", "-y", "-"), ("undo",), ("sessions",)])
def test_links_in_the_place_of_our_state_lead_nowhere(
    cli: Cli, repo: Repo, victim: Path, name: str, command: tuple[str, ...]
) -> None:
    ours = repo.root / ".git/magicode"
    if name:
        ours.mkdir()
    target = victim / "file" if name in {"lock", "untested"} else victim
    (ours / name if name else ours).symlink_to(target)
    result = cli(*command, answers=[FIX], stdin=FIX.encode())
    assert result.code == ExitCode.REFUSED
    assert "is a symbolic link; remove it" in result.err
    assert untouched(victim)
    assert repo.files() == FILES


@pytest.mark.parametrize("place", ["journal", "rollback", "undo", "kept"])
def test_a_link_in_the_place_of_an_entry_is_none(cli: Cli, repo: Repo, victim: Path, place: str) -> None:
    (victim / "manifest.json").write_text(json.dumps(manifest(id=ENTRY) | {"format": 1}))
    before = {path: path.read_bytes() for path in victim.rglob("*") if path.is_file()}
    (repo.root / ".git/magicode" / place).mkdir(parents=True)
    (repo.root / ".git/magicode" / place / ENTRY).symlink_to(victim)
    assert cli("undo").code == ExitCode.NO_CHANGE
    assert cli("apply", "-y", "-", stdin=FIX.encode()).code == 0
    assert {path: path.read_bytes() for path in victim.rglob("*") if path.is_file()} == before


def plant(repo: Repo, place: str, manifest: Mapping[str, Any]) -> None:
    home = repo.root / ".git/magicode" / place / ENTRY
    home.mkdir(parents=True)
    (home / "manifest.json").write_text(json.dumps({"format": 1} | dict(manifest)))


def manifest(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": ENTRY, "at": "2026-01-01T00:00:00+00:00", "task": "x", "base": None, "undoes": None}
    return entry | {"files": [], "creates": [], "removes": []} | changes


@pytest.mark.parametrize("place", ["journal", "rollback", "undo", "kept"])
def test_an_entry_by_another_name_moves_and_removes_nothing(cli: Cli, repo: Repo, victim: Path, place: str) -> None:
    plant(repo, place, manifest(id="../../../../victim"))
    cli("undo", "../../../../victim")
    cli("undo")
    cli("apply", "-y", "-", stdin=FIX.encode())
    assert untouched(victim)


SIDE = {"sha256": "0" * 64, "n_bytes": 1, "mode": "100644", "permissions": 0o644}


@pytest.mark.parametrize("place", ["journal", "rollback", "undo"])
@pytest.mark.parametrize("path", ["../victim/file", "/etc/hosts", ".git/config", "linked/file"])
def test_an_entry_that_leads_out_of_the_tree_ends_in_a_typed_error(
    cli: Cli, repo: Repo, victim: Path, place: str, path: str
) -> None:
    (repo.root / "linked").symlink_to(victim)
    config = (repo.root / ".git/config").read_bytes()
    gone = {"path": path, "before": None, "after": SIDE}
    for files in ([gone], [gone | {"before": SIDE, "after": None}]):
        plant(repo, place, manifest(files=files, removes=[{"path": "../victim/staging", "permissions": None}]))
        for command in ("undo", "sessions"):
            assert cli(command).code not in {ExitCode.UNEXPECTED, ExitCode.USAGE}
        assert untouched(victim)
        assert (repo.root / ".git/config").read_bytes() == config
        for each in (repo.root / ".git/magicode").glob(f"*/{ENTRY}"):
            (each / "manifest.json").unlink()
            each.rmdir()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', '{"format": 1, "id": 3}', "\xff"])
def test_an_entry_that_makes_no_sense_is_put_aside(cli: Cli, repo: Repo, text: str) -> None:
    plant(repo, "journal", manifest())
    (repo.root / f".git/magicode/journal/{ENTRY}/manifest.json").write_bytes(text.encode("latin-1"))
    assert cli("sessions").code == 0
    assert cli("apply", "-y", "-", stdin=FIX.encode()).code == 0
    assert cli("undo").code == 0
    assert repo.files() == FILES
