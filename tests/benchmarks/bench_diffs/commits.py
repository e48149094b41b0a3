"""Commits of real repositories as tasks: the first line of the message is what is asked, the parent what is there."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from model.local import LocalModel
from repo_index.git import Git
from repo_index.intake import take_snapshot
from repo_index.languages import language_of
from repo_index.prompt import INSTRUCTIONS, Document, render_system
from repo_index.recency import least_recent_first
from repo_index.snapshot import RepoSnapshot, SourceFile
from tests.benchmarks.bench_diffs.worktree import Repository, WorkTree

MAX_PROMPT_TOKENS = 2_500
_MAX_SOURCES = 3
_MAX_PATHS = 6  # sources, and what goes with them: a change log, say
_MIN_WORDS = 3
_NO_SOURCES = {None, "gomod", "ini", "json", "markdown", "rst", "toml", "xml", "yaml"}


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, its one parent, what its message says first, and the files that it touches."""

    repository: str
    id: str
    parent: str
    message: str
    paths: tuple[PurePosixPath, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A commit's parent as a model is shown it. The work tree is at the parent as long as the task is worked on."""

    commit: Commit
    tree: WorkTree
    snapshot: RepoSnapshot
    system: str
    documents: tuple[Document, ...]
    n_prompt_tokens: int


class Tasks:
    """The first tasks of each repository in turn, the latest commits first."""

    def __init__(self, repositories: Sequence[Repository], scratch: Path) -> None:
        """Clone the repositories into `scratch`."""
        self._trees = [WorkTree.clone(scratch / str(i), one) for i, one in enumerate(repositories)]
        self._names = [repository.name for repository in repositories]

    def take(self, n_tasks: int, model: LocalModel, *, seed: int) -> Iterator[Task]:
        """Yield so many tasks whose commits fit the prompt, or all there are; each only until the next is asked for."""
        queues = [_tasks(tree, name, model, seed) for tree, name in zip(self._trees, self._names, strict=True)]
        while queues:
            for queue in list(queues):
                if not n_tasks:
                    return
                task = next(queue, None)
                if task is None:
                    queues.remove(queue)
                    continue
                n_tasks -= 1
                yield task


def _tasks(tree: WorkTree, name: str, model: LocalModel, seed: int) -> Iterator[Task]:
    for commit in _commits(tree, name):
        if task := _prepare(tree, commit, model, seed):
            yield task


def _commits(tree: WorkTree, name: str) -> Iterator[Commit]:
    """Yield the commits that change one to three source files, one of which is there before, the latest first."""
    form = "--format=%x01%H%x02%P%x02%s%x03"
    out = tree.git("log", "--all", "--no-merges", "--no-renames", "--name-status", "-z", form)
    for entry in out.decode(errors="replace").split("\x01")[1:]:
        head, _, rest = entry.partition("\x03")
        id_, parents, message = head.split("\x02")
        fields = [field.strip("\n") for field in rest.split("\0") if field.strip("\n")]
        changes = {PurePosixPath(path): status for status, path in zip(fields[::2], fields[1::2], strict=True)}
        sources = [path for path in changes if language_of(path) not in _NO_SOURCES]
        is_task = len(parents.split()) == 1 and len(message.split()) >= _MIN_WORDS and len(changes) <= _MAX_PATHS
        if is_task and 0 < len(sources) <= _MAX_SOURCES and any(changes[path] == "M" for path in sources):
            yield Commit(name, id_, parents, message, tuple(changes))


def _prepare(tree: WorkTree, commit: Commit, model: LocalModel, seed: int) -> Task | None:
    """Check a commit's parent out and choose what is shown of it; None if what the commit touches is too long."""
    tree.check_out(commit.parent)
    snapshot = take_snapshot(Git.discover(tree.root), lambda _text: 0)
    system = render_system(snapshot)
    n_tokens = model.count_frame(system, (), commit.message)
    files = [file for file in snapshot.files if file.path != INSTRUCTIONS]
    touched = [file for file in files if file.path in commit.paths]
    others = [file for file in files if file.path not in commit.paths and file.size_bytes < 4 * MAX_PROMPT_TOKENS]
    random.Random(f"{seed}/{commit.id}").shuffle(others)
    shown: list[SourceFile] = []
    for file in [*touched, *others]:
        counted = replace(file, n_tokens=model.count_tokens(Document.of(file).read()))
        if n_tokens + counted.n_tokens <= MAX_PROMPT_TOKENS:
            n_tokens += counted.n_tokens
            shown.append(counted)
        elif file in touched:
            return None
        else:
            break
    documents = least_recent_first(Git(snapshot.root), [Document.of(file) for file in shown])
    return Task(commit, tree, snapshot, system, documents, n_tokens)
