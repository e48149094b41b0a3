"""Work trees of tasks: made in the git directory, away from the user's, and removed with all that they hold."""

import contextlib
import os
import shutil
import threading
from pathlib import Path

from agent.batch.repositories import Repository
from agent.errors import PolicyError
from agent.interrupts import held_back
from agent.treeio import Steps, no_step
from repo_index.errors import GitError
from repo_index.git import Git
from repo_index.recency import NO_NETWORK

LOCK = "magicode/batch.lock"  # held in the common git directory
_PREFIX = "magicode-"  # of the folders, and so of what git calls the work trees


class Worktrees:
    """The work trees of one repository's tasks. Whoever uses it holds the repository's `LOCK`."""

    def __init__(self, repository: Repository, steps: Steps = no_step) -> None:
        """Take the repository; nothing is made yet."""
        self._git = repository.git
        self._steps = steps
        self._lock = threading.Lock()  # git's list of work trees is changed by one at a time
        self._common = repository.common
        self.folder = repository.common / "magicode" / "worktrees"

    def add(self, task_id: str, commit: str) -> Git:
        """Check a commit out into a work tree of its own, on no branch.

        Raises:
            PolicyError: its folder is reached through a symbolic link.
            GitError: git cannot check it out.

        """
        path = self.folder / f"{_PREFIX}{task_id}"
        with self._lock:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.folder.resolve() != self.folder:
                raise PolicyError(f"{self.folder} is reached through a symbolic link; remove that")
            self._remove(path)
            self._steps("worktree add")
            self._git.run("worktree", "add", "--quiet", "--detach", "--", path, commit, env=NO_NETWORK)
        return Git(path)

    def remove(self, task_id: str) -> None:
        """Remove a work tree, whatever is left of it; what cannot be removed now is left to the next sweep."""
        with held_back(), self._lock:
            self._steps("worktree remove")
            with contextlib.suppress(OSError, GitError):
                self._remove(self.folder / f"{_PREFIX}{task_id}")

    def sweep(self) -> None:
        """Remove what killed batches left, also where they were killed while they made or removed a work tree."""
        with held_back(), self._lock:
            if self.folder.is_dir() and self.folder.resolve() == self.folder:
                for path in self.folder.glob(f"{_PREFIX}*"):
                    with contextlib.suppress(OSError, GitError):
                        self._remove(path)
                with contextlib.suppress(OSError):
                    self.folder.rmdir()
            for entry in (self._common / "worktrees").glob(f"{_PREFIX}*"):
                if self._is_ours(entry):
                    shutil.rmtree(entry, ignore_errors=True)
            with contextlib.suppress(OSError):
                (self._common / "worktrees").rmdir()

    def _remove(self, path: Path) -> None:
        # Never `git worktree prune`: it would forget the user's work trees on a disk that is not there just now.
        if path.is_symlink():
            path.unlink()
        elif path.exists():
            _remove_tree(path)
        self._git.run("worktree", "remove", "--force", "--force", "--", path, ok=(0, 128))

    def _is_ours(self, entry: Path) -> bool:
        """Whether git's note of a work tree leads to a folder of ours that is gone, or nowhere yet."""
        try:
            target = Path(os.fsdecode((entry / "gitdir").read_bytes()).strip())
        except OSError:
            return not entry.is_symlink()
        return target.is_relative_to(self.folder) and not target.exists()


def _remove_tree(path: Path) -> None:
    path.chmod(0o700)
    for folder, names, _ in os.walk(path):  # tests leave folders behind that even their owner cannot list
        for name in names:
            inner = Path(folder, name)
            if not inner.is_symlink():
                inner.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)
