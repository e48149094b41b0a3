"""A repository of somebody else's, and magicode standing in it."""

from pathlib import Path

import pytest

from tests.agent.cli.diffs import FILES
from tests.fakes.cli import Cli
from tests.fakes.git_repo import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", FILES)


@pytest.fixture
def cli(repo: Repo, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Cli:
    monkeypatch.chdir(repo.root)
    return Cli(repo, monkeypatch, capsysbinary)
