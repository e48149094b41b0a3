"""Real git repositories to change."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from agent.change import Change, FileChange
from agent.treeio import FileState
from agent.workspace import Workspace
from repo_index.git import Git

Files = Mapping[str, tuple[bytes, int]]  # bytes and permissions by path


@dataclass(frozen=True)
class Repo:
    root: Path

    @classmethod
    def init(cls, root: Path, files: Files, *options: str) -> "Repo":
        subprocess.run(["git", "init", "-q", "-b", "main", *options, root], check=True)
        repo = cls(root.resolve())
        repo.write(files)
        if files:
            repo.commit()
        return repo

    def run(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "core.quotePath=false"]
        command = ["git", "-C", str(self.root), *who, *args]
        done = subprocess.run(command, input=stdin, capture_output=True, check=True, env=os.environ | dict(env or {}))
        return done.stdout

    def write(self, files: Files) -> None:
        for path, (data, permissions) in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            file.chmod(permissions)

    def owned(self) -> "Repo":
        """The same, its owner known to git."""
        self.run("config", "user.name", "Ada")
        self.run("config", "user.email", "ada@example.org")
        return self

    def commit(self) -> None:
        self.run("add", "-A")
        self.run("commit", "-q", "-m", "change")

    def workspace(self, steps: Callable[[str], None] = lambda _: None) -> Workspace:
        return Workspace(Git(self.root), steps)

    def files(self) -> Files:
        found = (path for path in self.root.rglob("*") if ".git" not in path.relative_to(self.root).parts)
        return {
            str(path.relative_to(self.root)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
            for path in found
            if path.is_file() and not path.is_symlink()
        }

    def directories(self) -> set[str]:
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_dir())
        return {str(path) for path in found if ".git" not in path.parts}

    def change(self, before: Files, after: Files) -> Change:
        """What leads from one to the other, with the diff as git itself writes it."""
        with tempfile.TemporaryDirectory() as scratch:
            env = {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_OBJECT_DIRECTORY": f"{scratch}/objects"}
            Path(env["GIT_OBJECT_DIRECTORY"]).mkdir()
            trees = [self._tree(files, env) for files in (before, after)]
            diff = self.run("diff", "--binary", "--full-index", "--no-renames", *trees, env=env)
        changed = sorted(
            path for path in before.keys() | after.keys() if file_state(before, path) != file_state(after, path)
        )
        return Change(
            tuple(
                FileChange(PurePosixPath(path), file_state(before, path), file_state(after, path)) for path in changed
            ),
            diff,
        )

    def _tree(self, files: Files, env: Mapping[str, str]) -> str:
        Path(env["GIT_INDEX_FILE"]).unlink(missing_ok=True)
        for path in files:
            state = file_state(files, path)
            assert state is not None
            oid = self.run("hash-object", "-w", "--no-filters", "--stdin", stdin=state.data, env=env).decode().strip()
            self.run("update-index", "--add", "--cacheinfo", f"{state.mode},{oid},{path}", env=env)
        return self.run("write-tree", env=env).decode().strip()


def file_state(files: Files, path: str) -> FileState | None:
    if path not in files:
        return None
    data, permissions = files[path]
    return FileState(data, "100755" if permissions & 0o100 else "100644")
