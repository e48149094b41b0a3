"""Which workers there are, which of them is free, and what to do when one is lost."""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Generic, Protocol, TypeVar

from agent.errors import ClusterError, WorkerLostError, message_of

_MOST_STARTS = 3  # of one place's workers: what kills them again and again is there
_PAUSE_S = 0.5


class Placed(Protocol):
    """A worker, seen from here."""

    @property
    def place(self) -> str:
        """Where it works, for people."""
        ...

    def close(self) -> None:
        """End it; called of one that nobody waits for any more."""
        ...


WorkerT = TypeVar("WorkerT", bound=Placed)
OnStart = Callable[[str, Exception | None], None]  # hears of each place whether it has a worker, or why not


def unheard(_place: str, _error: Exception | None) -> None:
    """Let it pass."""


class Pool(Generic[WorkerT]):
    """Workers, each with room for several tasks. Some may come later than others, or never."""

    def __init__(
        self, places: Sequence[str], start: Callable[[str], WorkerT], n_each: int, on_start: OnStart = unheard
    ) -> None:
        """Begin to start a worker at each place; `start` may take minutes, and raises where none can be had there."""
        self._start, self._n_each, self._on_start = start, n_each, on_start
        self._changed = threading.Condition()
        self._room: dict[WorkerT, int] = {}  # tasks that each has room for
        self._last: dict[WorkerT, Hashable] = {}
        self._starts: Counter[str] = Counter()
        self._n_coming = 0
        self._failures: dict[str, Exception] = {}
        self._closed = False
        for place in places:
            self._expect(place)

    @property
    def workers(self) -> list[WorkerT]:
        """Those that are there now."""
        with self._changed:
            return list(self._room)

    def wait(self, stop: threading.Event) -> None:
        """Wait for the first worker.

        Raises:
            ClusterError: none came, and none will; the message has the reason of each.
            KeyboardInterrupt: `stop` is set.

        """
        with self._changed:
            self._wait(lambda: bool(self._room), stop)

    @contextmanager
    def taken(self, group: Hashable, stop: threading.Event) -> Iterator[WorkerT]:
        """Wait for room at a worker, and hold that until the block ends.

        One that did a task of the same `group` last is chosen first: it has read the repository already.

        Raises:
            ClusterError: nobody is left.
            KeyboardInterrupt: `stop` is set.

        """
        with self._changed:
            self._wait(lambda: any(self._room.values()), stop)
            worker = min(
                (each for each, room in self._room.items() if room),
                key=lambda each: (self._last.get(each) != group, each in self._last, -self._room[each]),
            )
            self._room[worker] -= 1
            self._last[worker] = group
        try:
            yield worker
        finally:
            with self._changed:
                if worker in self._room:  # it was not lost meanwhile
                    self._room[worker] += 1
                    self._changed.notify()

    def lose(self, worker: WorkerT) -> None:
        """Hear that a worker does not answer any more; another one is started at its place, if that goes."""
        with self._changed:
            if self._room.pop(worker, None) is None:
                return
            self._last.pop(worker, None)
            if self._starts[worker.place] < _MOST_STARTS:
                self._expect(worker.place, instead_of=worker)
            else:
                self._failures[worker.place] = ClusterError(f"lost {_MOST_STARTS} workers")
            self._changed.notify_all()

    def close(self) -> None:
        """End all workers at once, and those that are still to come as soon as they are there."""
        with self._changed:
            self._closed = True
        threads = [threading.Thread(target=_end, args=(each,), daemon=True) for each in self.workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _expect(self, place: str, instead_of: WorkerT | None = None) -> None:
        with self._changed:
            self._starts[place] += 1
            self._n_coming += 1
        threading.Thread(target=self._begin, args=(place, instead_of), name=f"start-{place}", daemon=True).start()

    def _begin(self, place: str, instead_of: WorkerT | None) -> None:
        if instead_of is not None:
            _end(instead_of)  # it may be there still, and in the way of the next one
        worker, failure = None, None
        try:
            worker = self._start(place)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other places are not to suffer from it
            failure = error
        self._on_start(place, failure)
        with self._changed:
            self._n_coming -= 1
            is_late = self._closed
            if failure:
                self._failures[place] = failure
            elif worker and not is_late:
                self._room[worker] = self._n_each
            self._changed.notify_all()
        if worker and is_late:
            _end(worker)

    def _wait(self, is_so: Callable[[], bool], stop: threading.Event) -> None:
        while not is_so():
            if not self._room and not self._n_coming:
                raise ClusterError(f"no worker of the cluster is left: {self._why()}")
            if stop.is_set():
                raise KeyboardInterrupt
            self._changed.wait(_PAUSE_S)

    def _why(self) -> str:
        places: dict[str, list[str]] = {}
        for place, error in self._failures.items():
            places.setdefault(message_of(error), []).append(place)
        reasons = "; ".join(f"{reason} ({', '.join(sorted(at))})" for reason, at in places.items())
        return reasons or "it has no place for one"


def _end(worker: Placed) -> None:
    with suppress(WorkerLostError):
        worker.close()
