"""A repository whose remote is served over HTTP by a forge on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.cli.diffs import FILES
from tests.fakes.cli import Cli
from tests.fakes.forge.server import TOKEN, LocalForge
from tests.fakes.git_repo import Repo

NAME = "team/calc"


@pytest.fixture(autouse=True)
def _no_users_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the user's tokens nor credential helpers count, nor those of the service that runs the tests."""
    for name in ("GH", "GITHUB", "GH_ENTERPRISE", "GITHUB_ENTERPRISE", "GITLAB", "GITEA", "FORGEJO"):
        monkeypatch.delenv(f"{name}_TOKEN", raising=False)
    for name in ("GH_HOST", "GITHUB_SERVER_URL", "GITLAB_HOST", "CI_SERVER_URL", "GITEA_SERVER_URL", "GITEA_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "gitconfig").write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[LocalForge]:
    with LocalForge(tmp_path / "served") as served:
        yield served
        assert served.violations == []


@pytest.fixture
def repo(tmp_path: Path, forge: LocalForge, monkeypatch: pytest.MonkeyPatch) -> Repo:
    repo = Repo.init(tmp_path / "repo", FILES).owned()
    repo.run("remote", "add", "origin", forge.add(NAME, repo.root))
    monkeypatch.setenv("GITEA_TOKEN", TOKEN)
    return repo


@pytest.fixture
def cli(repo: Repo, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Cli:
    monkeypatch.chdir(repo.root)
    return Cli(repo, monkeypatch, capsysbinary)
