"""Workers as actors of a Ray cluster, one on each node or for each of its GPUs. Only this module imports ray."""

import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from agent.batch.models import Model
from agent.batch.plan import Task
from agent.cluster.parcels import Parcel
from agent.cluster.pool import OnStart, unheard
from agent.cluster.work import ClusterWork, opened
from agent.cluster.worker import Assignment, Ending, News, Worker, portable
from agent.errors import ClusterError, WorkerLostError
from agent.options import JobOptions

_SILENT_S = 600.0  # that a worker may take to answer; Ray finds out itself about most that never will
_START_S = 3_600.0  # that a worker may take to come: its node may be busy, and the weights may have to be fetched
_CLOSE_S = 10.0
_CONNECT_S = 5.0
_AUTO = "auto"
_NAMED = 8  # characters of a node's id that tell it from others


@dataclass(frozen=True, slots=True)
class _Place:
    """Room for a worker: a share of a node."""

    node: str
    n_cpus: int
    n_gpus: int


class _Actor:
    """A `Worker` in a process of Ray's. What it raises is returned: on its way Ray would wrap it."""

    def __init__(self, open_model: Callable[[str], Model], models: Sequence[str]) -> None:
        self._worker = Worker(open_model, models)

    def call(self, method: str, *arguments: Any) -> tuple[Any, Exception | None]:
        try:
            return getattr(self._worker, method)(*arguments), None
        except Exception as error:  # noqa: BLE001 - raised again by who called
            return None, portable(error)


class RayWorker:
    """A worker on a node of the cluster."""

    def __init__(self, actor: Any, place: str) -> None:
        """Take the actor's handle."""
        self._actor = actor
        self.place = place
        self._taken: set[str] = set()

    def open(self) -> str:
        """Open the models, and return which version of this program is there."""
        found: str = self._call("open", timeout_s=_START_S)
        return found

    def take(self, key: str, stored: Any) -> None:
        """Unpack a parcel, unless it has."""
        if key not in self._taken:
            self._call("take", stored)
            self._taken.add(key)

    def begin(self, assignment: Assignment) -> None:
        """Begin a task."""
        self._call("begin", assignment)

    def news(self, task_id: str, wait_s: float) -> list[News | Ending]:
        """Return what happened to a task."""
        found: list[News | Ending] = self._call("news", task_id, wait_s)
        return found

    def close(self) -> None:
        """Let the worker tidy up, and end its process."""
        import ray  # noqa: PLC0415 - it is an extra

        try:
            self._call("close", timeout_s=_CLOSE_S)
        finally:
            ray.kill(self._actor)

    def _call(self, method: str, *arguments: Any, timeout_s: float = _SILENT_S) -> Any:
        import ray  # noqa: PLC0415

        try:
            value, error = ray.get(self._actor.call.remote(method, *arguments), timeout=timeout_s)
        except ray.exceptions.RayError as lost:
            raise WorkerLostError(f"the worker on {self.place} is gone: {_said(lost)}") from lost
        if error is not None:
            raise error
        return value


class RayCluster:
    """A cluster that is there already; whoever started it stops it."""

    def __init__(
        self,
        address: str,
        open_model: Callable[[str], Model],
        models: Sequence[str],
        n_each: int,
        *,
        uses_gpus: bool = True,
    ) -> None:
        """Connect to a cluster.

        Args:
            address: `auto` for the one that this machine belongs to, or HOST:PORT.
            open_model: opens a model where the worker is; it travels there.
            models: the names of those that workers open.
            n_each: tasks that a worker does at a time.
            uses_gpus: whether each worker takes a GPU where there are some.

        Raises:
            ClusterError: ray is not installed, or nobody answers there.

        """
        ray = _imported()
        _require_answer(address)
        self._open_model, self._models, self._n_each = open_model, tuple(models), n_each
        handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            ray.init(address, logging_level="ERROR", log_to_driver=False, configure_logging=False)
        except (ConnectionError, ValueError, RuntimeError, OSError) as error:
            raise _unreachable(address, error) from error
        finally:
            for each, handler in handlers.items():  # Ray puts its own there
                signal.signal(each, handler)
        self._places = _places(ray.nodes(), uses_gpus=uses_gpus)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        import ray  # noqa: PLC0415

        ray.shutdown()

    @property
    def places(self) -> Sequence[str]:
        """The names of nodes, and of their GPUs."""
        return tuple(self._places)

    def start(self, place: str) -> RayWorker:
        """Start a worker; it waits as long as others use the node.

        Raises:
            ClusterError: the node is gone, or has another version of this program.
            ModelError: it cannot have one of the models.

        """
        import ray  # noqa: PLC0415
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

        where = self._places[place]
        if not any(node["NodeID"] == where.node and node["Alive"] for node in ray.nodes()):
            raise ClusterError("the node is gone")
        actor = (
            ray.remote(_Actor)
            .options(
                num_cpus=where.n_cpus,
                num_gpus=where.n_gpus,
                max_concurrency=2 * self._n_each + 2,
                scheduling_strategy=NodeAffinitySchedulingStrategy(where.node, soft=False),
            )
            .remote(self._open_model, self._models)
        )
        worker = RayWorker(actor, place)
        there, here = worker.open(), version("magicode")
        if there != here:
            raise ClusterError(f"magicode {there} is installed there, and {here} here: they have to be the same")
        return worker

    def put(self, parcel: Parcel) -> Any:
        """Store a parcel in the cluster's object store."""
        import ray  # noqa: PLC0415

        return ray.put(parcel)


@contextmanager
def ray_work(
    address: str,
    tasks: Sequence[Task],
    open_model: Callable[[str], Model],
    options: JobOptions,
    n_each: int = 1,
    *,
    words_subjects: bool = False,
    uses_gpus: bool = True,
    on_start: OnStart = unheard,
) -> Iterator[ClusterWork]:
    """Yield what does tasks on a Ray cluster, once its first worker is there; see `RayCluster` and `ClusterWork`.

    Raises:
        ClusterError: nobody answers there, or no worker came.

    """
    models = sorted({task.spec.model for task in tasks})
    with (
        # Ray prints what it notices to where the batch's events go; of workers that are lost we tell ourselves
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        RayCluster(address, open_model, models, n_each, uses_gpus=uses_gpus) as cluster,
        opened(ClusterWork(cluster, options, n_each, words_subjects=words_subjects, on_start=on_start)) as work,
    ):
        yield work


def _places(nodes: Sequence[dict[str, Any]], *, uses_gpus: bool) -> dict[str, _Place]:
    """Return room for workers by name: all of a node, or one of its GPUs with a share of the rest."""
    places: dict[str, _Place] = {}
    for node in sorted(nodes, key=lambda node: (node["NodeName"], node["NodeID"])):
        n_cpus, n_gpus = (int(node["Resources"].get(key, 0)) for key in ("CPU", "GPU"))
        name = f"{node['NodeName']} ({node['NodeID'][:_NAMED]})"
        if not node["Alive"]:
            continue
        if uses_gpus and n_gpus:
            share = _Place(node["NodeID"], n_cpus // n_gpus, 1)
            places |= {f"{name}, GPU {n}": share for n in range(n_gpus)}
        elif n_cpus:
            places[name] = _Place(node["NodeID"], n_cpus, 0)
    return places


def _imported() -> Any:
    # Set before ray is read: else it looks for a cluster that is gone for a quarter of an hour.
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
    try:
        import ray  # noqa: PLC0415
    except ImportError as error:
        raise ClusterError("Ray is not installed: pip install 'magicode[ray]'") from error
    return ray


def _require_answer(address: str) -> None:
    """Find out in seconds what Ray finds out in minutes.

    Raises:
        ClusterError: it is no address, or nobody answers there.

    """
    if address == _AUTO:
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in address:
        raise ClusterError(f"{address!r:.200} is no address of a Ray cluster; write {_AUTO}, or HOST:PORT of its head")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> ClusterError:
    return ClusterError(
        f"no Ray cluster answers at {address}: {_first_line(error)}. Start one with `ray start --head`, "
        "and `ray start --address HOST:6379` on the other machines"
    )


def _said(lost: BaseException) -> str:
    """Return what Ray says of an actor, without the traceback."""
    lines = [line.strip() for line in str(lost).splitlines() if line.strip()] or [type(lost).__name__]
    first, last = lines[0], lines[-1]
    if "creation task" in first:  # what it was made of cannot be read there
        return f"magicode cannot run there ({last}); install the same version on each node"
    return first


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
