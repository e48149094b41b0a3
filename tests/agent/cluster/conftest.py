"""A small repository whose owner git knows."""

from pathlib import Path

import pytest

from tests.agent.cli.diffs import FILES
from tests.fakes.git_repo import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", FILES).owned()
