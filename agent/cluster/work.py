"""Tasks done by the workers of a cluster; commits, branches and requests are made here."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from agent.batch.listening import TaskUi
from agent.batch.plan import Task
from agent.cluster.parcels import Parcel, key_of, packed
from agent.cluster.pool import OnStart, Pool, unheard
from agent.cluster.worker import Assignment, Ending, News
from agent.errors import NoChangeError, WorkerLostError
from agent.forge.wording import Subject
from agent.options import JobOptions
from agent.outcome import Record
from agent.workspace import Workspace
from repo_index.git import Git

_MOST_LOSSES = 3  # of one task: it may be what its workers die of
_WAIT_S = 1.0
_MOST_PARCELS = 4  # that are kept at hand


class Remote(Protocol):
    """A `Worker` somewhere else. Each call may raise WorkerLostError: it is gone, or does not answer."""

    @property
    def place(self) -> str:
        """Where it works, for people."""
        ...

    def take(self, key: str, stored: Any) -> None:
        """Unpack the parcel that `Cluster.put` returned this for, unless it has."""
        ...

    def begin(self, assignment: Assignment) -> None:
        """Begin a task."""
        ...

    def news(self, task_id: str, wait_s: float) -> list[News | Ending]:
        """Return what happened to a task since this was asked last."""
        ...

    def close(self) -> None:
        """Break off what is under way."""
        ...


class Cluster(Protocol):
    """Machines that workers can be started on."""

    @property
    def places(self) -> Sequence[str]:
        """Where a worker can be."""
        ...

    def start(self, place: str) -> Remote:
        """Start a worker.

        Raises:
            ClusterError: none can be had there.
            ModelError: it cannot have one of the models.

        """
        ...

    def put(self, parcel: Parcel) -> Any:
        """Store a parcel so that each worker can have it; return what leads to it."""
        ...


class ClusterWork:
    """Sends tasks to workers, and makes in the work trees here what they changed in theirs."""

    def __init__(
        self,
        cluster: Cluster,
        options: JobOptions,
        n_each: int = 1,
        *,
        words_subjects: bool = False,
        on_start: OnStart = unheard,
    ) -> None:
        """Begin to start a worker at each place, for `n_each` tasks at a time; `on_start` hears what comes of it."""
        self._options, self._words_subjects = options, words_subjects
        self._parcels = _Parcels(cluster.put)
        self.n_at_once = n_each * len(cluster.places)
        self._pool: Pool[Remote] = Pool(cluster.places, cluster.start, n_each, on_start)

    def wait(self) -> None:
        """Wait for the first worker.

        Raises:
            ClusterError: none came.

        """
        self._pool.wait(threading.Event())

    def close(self) -> None:
        """Let go of the workers; what they are at is broken off."""
        self._pool.close()

    def change(self, task: Task, git: Git, ui: TaskUi, record: Record) -> Subject | None:
        """Have a worker change the task's repository, and change the work tree here in the same way."""
        ending = self._ended(task, ui)
        record.take_over(ending.record)
        if ending.error:
            raise ending.error
        if record.patch is None:
            raise NoChangeError("the model's change came to nothing")
        with record.timed("apply"):
            record.change = Workspace(git).apply(record.patch, allow_dirty=False, task=task.spec.task)
        return ending.subject

    def done(self, task: Task) -> None:
        """Let it pass: workers keep their models until the batch ends."""

    def _ended(self, task: Task, ui: TaskUi) -> Ending:
        """Do a task to its end, again where a worker is lost."""
        lost: WorkerLostError | None = None
        for _ in range(_MOST_LOSSES):
            group = (task.spec.model, task.repository.key, task.base)
            with self._pool.taken(group, ui.stop) as worker:
                ui.say("sent", worker=worker.place)
                try:
                    return self._done_by(worker, task, ui)
                except WorkerLostError as error:
                    lost = error
                    self._pool.lose(worker)
            ui.say("lost", worker=worker.place, reason=str(lost))
        raise WorkerLostError(f"each of the {_MOST_LOSSES} workers that were at this task was lost; {lost}")

    def _done_by(self, worker: Remote, task: Task, ui: TaskUi) -> Ending:
        parcel = key_of(task.repository, task.base)
        worker.take(parcel, self._parcels.get(task))
        spec, words = task.spec, self._words_subjects
        worker.begin(Assignment(task.id, spec, task.base, task.branch, parcel, self._options, words))
        while True:
            for news in worker.news(task.id, _WAIT_S):
                if isinstance(news, Ending):
                    return news
                if news.kind == "event":
                    ui.say(news.text, **news.fields)
                else:
                    ui.listener.on_step(task, news.text)
            if ui.stop.is_set():
                raise KeyboardInterrupt


@contextmanager
def opened(work: ClusterWork) -> Iterator[ClusterWork]:
    """Yield what does tasks on a cluster once its first worker is there, and let go of its workers in the end.

    Raises:
        ClusterError: no worker came.

    """
    try:
        work.wait()
        yield work
    finally:
        work.close()


class _Parcels:
    """The parcels of the tasks that are under way, each packed once."""

    def __init__(self, put: Callable[[Parcel], Any]) -> None:
        self._put = put
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def get(self, task: Task) -> Any:
        key = key_of(task.repository, task.base)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._put(packed(task.repository, task.base))
                if len(self._kept) > _MOST_PARCELS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]
