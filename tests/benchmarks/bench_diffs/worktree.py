"""Work trees to write diffs against: made of given bytes, or cloned from a real repository."""

import os
import shutil
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

_WHO = {"NAME": "Benchmark", "EMAIL": "benchmark@example.org", "DATE": "1700000000 +0000"}
_ENVIRONMENT = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _WHO.items()} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}
_GENERAL_NAMES = {"", ".git", "git", "repo"}


class GitFailedError(Exception):
    """Git ended with an error; the message has what it said."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A real repository, by a name that may be told, and one of its commits."""

    name: str
    path: Path
    commit: str

    @classmethod
    def read(cls, given: str) -> "Repository":
        """Read `PATH` or `NAME=PATH`: a work tree, or a git directory without one.

        Raises:
            GitFailedError: there is no repository with a commit.

        """
        name, is_named, path = given.partition("=")
        if not is_named or "/" in name:
            name, path = "", given
        root = Path(path).expanduser().resolve()
        usual = root.name.removesuffix(".git")
        commit = run_git(root, "rev-parse", "HEAD").decode().strip()
        return cls(name or (root.parent.name if usual in _GENERAL_NAMES else usual), root, commit)

    @property
    def label(self) -> str:
        """Name and commit."""
        return f"{self.name}@{self.commit[:12]}"


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A directory with a repository of its own, which may be changed at will."""

    root: Path

    @classmethod
    def of_files(cls, root: Path, files: Mapping[str, bytes], executable: Collection[str] = ()) -> "WorkTree":
        """Make a repository with one commit."""
        root.mkdir(parents=True)
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o755 if name in executable else 0o644)
        tree = cls(root)
        tree.git("init", "--quiet", "--template=", "--initial-branch=main")
        tree._configure()
        tree.git("add", "--all", "--force")
        tree.git("commit", "--quiet", "--allow-empty", "--message", "The repository as it was")
        return tree

    @classmethod
    def clone(cls, root: Path, repository: Repository) -> "WorkTree":
        """Clone a repository with its history, and check its commit out."""
        root.parent.mkdir(parents=True, exist_ok=True)
        run_git(
            root.parent, "clone", "--quiet", "--no-checkout", "--no-hardlinks", "--template=", repository.path, root
        )
        tree = cls(root)
        tree._configure()
        tree.check_out(repository.commit)
        return tree

    def git(self, *arguments: str) -> bytes:
        """Run git without the user's configuration; raises GitFailedError where it fails."""
        return run_git(self.root, *arguments)

    def check_out(self, commit: str) -> None:
        """Put a commit's tree in place, and nothing else."""
        self.git("checkout", "--quiet", "--force", "--detach", commit)
        self.restore()

    def restore(self) -> None:
        """Put all files back as they were committed, and forget what the agent keeps for undoing."""
        self.git("reset", "--quiet", "--hard")
        self.git("clean", "--quiet", "-ffdx")
        shutil.rmtree(self.root / ".git" / "magicode", ignore_errors=True)

    def refusal(self, diff: bytes, *options: str) -> str:
        """Return what `git apply --check` has against a diff; empty if it applies."""
        command = ["git", "-C", str(self.root), "apply", "--check", "--whitespace=nowarn", *options, "-"]
        done = subprocess.run(command, input=diff, env=os.environ | _ENVIRONMENT, capture_output=True, check=False)
        return done.stderr.decode(errors="replace").strip() or "refused" if done.returncode else ""

    def changed(self) -> set[str]:
        """Return the paths whose files differ from the commit, new ones included."""
        out = self.git("diff", "--name-only", "--no-renames", "-z", "HEAD") + self.git("ls-files", "--others", "-z")
        return {os.fsdecode(path) for path in out.split(b"\0") if path}

    def _configure(self) -> None:
        for setting in ("core.autocrlf=false", "core.fileMode=true", "core.quotePath=false", "gc.auto=0"):
            self.git("config", *setting.split("="))


def run_git(directory: Path, *arguments: str | Path) -> bytes:
    """Run git in a directory and return what it prints; raises GitFailedError where it fails."""
    command = ["git", "-C", str(directory), *map(str, arguments)]
    done = subprocess.run(
        command, env=os.environ | _ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        raise GitFailedError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
