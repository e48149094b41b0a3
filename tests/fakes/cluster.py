"""A cluster inside this process: its workers are real, all that goes to them and comes back is pickled."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent.batch.models import Model
from agent.cluster.parcels import Parcel
from agent.cluster.worker import Assignment, Ending, News, Worker
from agent.errors import ClusterError, WorkerLostError


def travelled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


class NearWorker:
    """Is lost before call number `dies_at`, or never."""

    def __init__(self, place: str, worker: Worker, dies_at: int | None) -> None:
        self.place = place
        self.n_calls = 0
        self._worker, self._dies_at = worker, dies_at
        self.n_taken = 0

    def take(self, _key: str, stored: Any) -> None:
        self._count()
        self.n_taken += 1
        self._worker.take(travelled(stored))

    def begin(self, assignment: Assignment) -> None:
        self._count()
        self._worker.begin(travelled(assignment))

    def news(self, task_id: str, wait_s: float) -> list[News | Ending]:
        self._count()
        found: list[News | Ending] = travelled(self._worker.news(task_id, wait_s))
        return found

    def close(self) -> None:
        self._worker.close()

    def _count(self) -> None:
        self.n_calls += 1
        if self._dies_at is not None and self.n_calls >= self._dies_at:
            raise WorkerLostError(f"the worker on {self.place} is gone: killed")


class NearCluster:
    """Has workers at `places`; each worker dies before a call, 0 at its start, or never."""

    def __init__(
        self,
        cache: Path,
        open_model: Callable[[str], Model],
        places: Sequence[str] = ("one", "two"),
        deaths: Sequence[int | None] = (),
    ) -> None:
        self.places = places
        self.workers: list[NearWorker] = []
        self._cache, self._open_model, self._deaths = cache, open_model, list(deaths)

    def start(self, place: str) -> NearWorker:
        dies_at = self._deaths.pop(0) if self._deaths else None
        if dies_at == 0:
            raise ClusterError("the node is gone")
        worker = Worker(self._open_model, ["scripted"], self._cache)
        worker.open()
        self.workers.append(NearWorker(place, worker, dies_at))
        return self.workers[-1]

    def put(self, parcel: Parcel) -> Any:
        return parcel
