"""The editing tasks: small repositories, what is asked of them, and the tests that say whether it was done.

A task is a directory under `tasks/`:

    task.toml      what is asked, how it is tested
    repo/          the repository that the model sees, its own tests included
    held/          files that are laid over it for grading and that the model never sees
    solution.diff  one right answer
"""

import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from git import Repo

from agent.sandbox import TestReport, run_tests

DIRECTORY = Path(__file__).with_name("tasks")
Kind = Literal["modify", "multi-hunk", "multi-file", "create", "delete", "rename"]
_KEYS = {"task", "kind", "language", "test", "fails_before", "grade", "needs"}
_TIMEOUT_S = 60.0


class TaskError(Exception):
    """A task directory is not as it should be."""


@dataclass(frozen=True, slots=True)
class EditTask:
    """One task. `test` is the command that the model's user would run, `grade` the one that decides.

    `fails_before` tells whether `test` fails until the task is done, as it does where a developer has written down
    what is wanted; it does not where behaviour stays. `needs` are the programs without which the task cannot be
    graded on a machine.
    """

    name: str
    directory: Path
    task: str
    kind: Kind
    language: str
    test: str
    fails_before: bool
    grade: str
    needs: tuple[str, ...]

    @classmethod
    def read(cls, directory: Path) -> "EditTask":
        """Read a task directory; raises TaskError where it says too much or too little."""
        path = directory / "task.toml"
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if data.keys() != _KEYS:
            raise TaskError(f"{path} has the keys {sorted(data)}, not {sorted(_KEYS)}")
        if data["kind"] not in get_args(Kind):
            raise TaskError(f"{path}: kind is one of {', '.join(get_args(Kind))}")
        for name in ("repo", "held", "solution.diff"):
            if not (directory / name).exists():
                raise TaskError(f"{directory} has no {name}")
        return cls(directory.name, directory, **data | {"needs": tuple(data["needs"])})

    @property
    def missing_programs(self) -> list[str]:
        """Those of `needs` that this machine lacks."""
        return [program for program in self.needs if shutil.which(program) is None]

    @property
    def solution(self) -> str:
        """The right answer that the task was written with."""
        return (self.directory / "solution.diff").read_text(encoding="utf-8")

    def check_out(self, directory: Path) -> Repo:
        """Lay the task's repository out in an empty directory, with one commit."""
        shutil.copytree(self.directory / "repo", directory, dirs_exist_ok=True)
        repo = Repo.init(directory, initial_branch="main")
        with repo.config_writer() as config:
            config.set_value("user", "name", "magicode")
            config.set_value("user", "email", "bench@magicode.invalid")
        repo.git.add("--all", "--force")
        repo.git.commit("--quiet", "--message", "The repository as it was")
        return repo

    def run_tests(self, directory: Path) -> TestReport:
        """Run the tests that the model sees."""
        return _run(self.test, directory)

    def run_grading(self, directory: Path) -> TestReport:
        """Lay the held tests over the tree, and run those."""
        shutil.copytree(self.directory / "held", directory, dirs_exist_ok=True)
        return _run(self.grade, directory)


def load_tasks(names: Sequence[str] = ()) -> list[EditTask]:
    """Read all tasks, or those named, in the order of their names.

    Raises:
        TaskError: a directory is not as it should be, or a name is not known.

    """
    found = {path.parent.name: path.parent for path in sorted(DIRECTORY.glob("*/task.toml"))}
    if unknown := [name for name in names if name not in found]:
        raise TaskError(f"there is no task {', '.join(unknown)}")
    return [EditTask.read(found[name]) for name in names or found]


def _run(command: str, directory: Path) -> TestReport:
    return run_tests(command, directory, timeout_s=_TIMEOUT_S, on_output=None)
