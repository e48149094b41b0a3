"""What runs on a machine of the cluster: models, repositories unpacked from parcels, and tasks."""

import contextlib
import pickle
import queue
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from agent.batch.listening import TaskUi
from agent.batch.locks import hold
from agent.batch.models import Model, Models
from agent.batch.plan import Task
from agent.batch.repositories import Repository
from agent.batch.schema import TaskSpec
from agent.batch.work import carry_out
from agent.batch.worktrees import Worktrees
from agent.cluster.parcels import Parcel, unpacked
from agent.errors import ConflictError, message_of
from agent.forge.wording import Subject
from agent.options import JobOptions
from agent.outcome import Record
from model.api import Progress
from model.disk import cache_root

_MOST_WORKERS = 1_000  # on one machine
_PATIENCE_S = 5.0  # for tasks to notice that all is to end


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task as it travels. `parcel` is the key of the one that holds its repository."""

    id: str
    spec: TaskSpec
    base: str
    branch: str
    parcel: str
    options: JobOptions
    words_subject: bool


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a task: an event with its fields, or what it is at just now."""

    kind: Literal["event", "step"]
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of a task. The change is in `record` alone: the work tree that it was made in is gone."""

    record: Record
    subject: Subject | None = None
    error: Exception | None = None


class Worker:
    """Does tasks on one machine, or with one of its GPUs. Several threads may call it."""

    def __init__(self, open_model: Callable[[str], Model], models: Sequence[str], cache: Path | None = None) -> None:
        """Take how to open models, and the names of those to open; `cache` is ours unless another folder is given."""
        self._open_model, self._names = open_model, models
        self._cache = cache or cache_root()
        self._stack = ExitStack()
        self._stop = threading.Event()
        self._unpacking = threading.Lock()
        self._repositories: dict[str, tuple[Repository, Worktrees]] = {}
        self._tasks: dict[str, tuple[threading.Thread, queue.SimpleQueue[News | Ending]]] = {}

    def open(self) -> str:
        """Open the models, make room on the disk, and return the version of this program.

        Raises:
            ModelError: a model cannot be had here.
            WriteError: the cache cannot be written.

        """
        self._folder = self._make_room()
        self._models = Models(self._names, self._open_model)
        return version("magicode")

    def take(self, parcel: Parcel) -> None:
        """Unpack a repository.

        Raises:
            GitError: the parcel is damaged, or the disk is full.

        """
        with self._unpacking:
            if parcel.key not in self._repositories:
                folder = self._folder / parcel.key
                shutil.rmtree(folder, ignore_errors=True)  # half of it may be left of a disk that was full
                repository = unpacked(parcel, folder)
                self._repositories[parcel.key] = repository, Worktrees(repository)

    def begin(self, assignment: Assignment) -> None:
        """Begin a task; its parcel must be here."""
        told = queue.SimpleQueue[News | Ending]()
        thread = threading.Thread(target=self._do, args=(assignment, told), name=assignment.id, daemon=True)
        self._tasks[assignment.id] = thread, told
        thread.start()

    def news(self, task_id: str, wait_s: float) -> list[News | Ending]:
        """Return what happened to a task since this was asked last; wait some seconds if that is nothing yet."""
        _, told = self._tasks[task_id]
        found: list[News | Ending] = []
        with contextlib.suppress(queue.Empty):
            found.append(told.get(timeout=wait_s))
            while True:
                found.append(told.get_nowait())
        if found and isinstance(found[-1], Ending):
            del self._tasks[task_id]
        return found

    def close(self) -> None:
        """Break off what is under way, and remove everything from the disk."""
        self._stop.set()
        deadline_s = time.monotonic() + _PATIENCE_S
        for thread, _ in list(self._tasks.values()):
            thread.join(max(0.0, deadline_s - time.monotonic()))
        for _, worktrees in self._repositories.values():
            worktrees.sweep()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._stack.close()

    def _make_room(self) -> Path:
        """Return an empty folder that is ours as long as this process lives; what a killed one left goes away."""
        home = self._cache / "workers"
        for number in range(_MOST_WORKERS):
            with contextlib.suppress(ConflictError):
                self._stack.enter_context(hold(home / f"{number}.lock", "working for a batch there"))
                folder = home / str(number)
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(mode=0o700)
                return folder.resolve()
        raise ConflictError(f"{_MOST_WORKERS:,} workers are at work in {home} already")

    def _do(self, assignment: Assignment, told: "queue.SimpleQueue[News | Ending]") -> None:
        repository, worktrees = self._repositories[assignment.parcel]
        task = Task(assignment.id, assignment.spec, repository, assignment.base, assignment.branch)
        record, subject, failure = Record(), None, None
        ui = TaskUi(task, _Teller(told), self._stop)
        try:
            git = worktrees.add(task.id, task.base)
            model = self._models.get(task.spec.model)
            subject = carry_out(
                task.spec, assignment.options, git, model, ui, record, words_subject=assignment.words_subject
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to who asked
            failure = portable(error)
        except KeyboardInterrupt:
            return  # nobody asks any more
        finally:
            worktrees.remove(task.id)
        record.change = None
        told.put(Ending(record, subject, failure))


class _Teller:
    """A `Listener` that keeps what it hears until somebody asks."""

    def __init__(self, told: "queue.SimpleQueue[News | Ending]") -> None:
        self._told = told

    def on_event(self, _task: Task | None, event: str, fields: Mapping[str, Any]) -> None:
        self._told.put(News("event", event, dict(fields)))

    def on_step(self, _task: Task, what: str) -> None:
        self._told.put(News("step", what))

    def on_loading(self, progress: Progress) -> None:
        pass


def portable(error: Exception) -> Exception:
    """Return an error that can travel: the same, or what it says if it holds on to what is here."""
    try:
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - that is the question
        return RuntimeError(message_of(error))
    return error if type(copy) is type(error) else RuntimeError(message_of(error))
