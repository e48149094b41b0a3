"""Real git repositories to read."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from repo_index.git import Git


@dataclass(frozen=True)
class Repo:
    root: Path

    @classmethod
    def init(cls, root: Path) -> "Repo":
        subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
        return cls(root)

    @property
    def git(self) -> Git:
        return Git.discover(self.root)

    def run(self, *args: str) -> None:
        subprocess.run(["git", "-C", self.root, *args], check=True, capture_output=True)

    def write(self, path: str, content: str | bytes = "x\n") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def commit(self) -> None:
        self.run("add", "-A")
        self.run("commit", "-q", "--no-verify", "-m", "change")


@pytest.fixture(autouse=True)
def _no_user_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo")
