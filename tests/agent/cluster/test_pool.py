"""Who is given the next task, and what happens when a worker is lost."""

import threading
import time
from dataclasses import dataclass, field
from itertools import count

import pytest

from agent.cluster.pool import Pool
from agent.errors import ClusterError, WorkerLostError
from model.errors import UnknownModelError

NEVER = threading.Event()
_numbers = count()


@dataclass(frozen=True)
class Worker:
    place: str
    number: int = field(default_factory=lambda: next(_numbers))

    def close(self) -> None: ...


def test_one_that_knows_the_repository_comes_first_then_one_that_knows_none() -> None:
    pool = Pool(["a", "b"], Worker, 1)
    while len(pool.workers) < 2:
        pool.wait(NEVER)
    with pool.taken("x", NEVER) as first:
        pass
    with pool.taken("y", NEVER) as second, pool.taken("x", NEVER) as third:
        assert (second is not first, third) == (True, first)
    with pool.taken("y", NEVER) as again:
        assert again is second


def test_each_has_room_for_several() -> None:
    pool = Pool(["a"], Worker, 2)
    with pool.taken("x", NEVER) as first, pool.taken("x", NEVER) as second:
        assert first is second
        stop = threading.Event()
        stop.set()
        with pytest.raises(KeyboardInterrupt), pool.taken("x", stop):
            pass


def test_one_that_is_lost_is_started_again_but_not_for_ever() -> None:
    pool = Pool(["a"], Worker, 2)
    seen = set[int]()
    for _ in range(3):
        with pool.taken("x", NEVER) as worker, pool.taken("x", NEVER):
            seen.add(worker.number)
            pool.lose(worker)
            pool.lose(worker)  # by the other task
    assert len(seen) == 3
    with pytest.raises(ClusterError, match=r"^no worker of the cluster is left: lost 3 workers \(a\)$"):
        pool.wait(NEVER)


def test_one_that_only_seems_lost_is_ended_before_the_next_one_starts() -> None:
    done: list[str] = []

    @dataclass(frozen=True)
    class Mute(Worker):
        def close(self) -> None:
            done.append("closed")
            raise WorkerLostError("it does not answer")

    def start(place: str) -> Mute:
        done.append("started")
        return Mute(place)

    pool = Pool(["a"], start, 1)
    with pool.taken("x", NEVER) as worker:
        pool.lose(worker)
    with pool.taken("x", NEVER):
        assert done == ["started", "closed", "started"]


def test_what_comes_of_each_place_is_told() -> None:
    def start(place: str) -> Worker:
        if place == "b":
            raise UnknownModelError("no model there")
        return Worker(place)

    told: dict[str, str] = {}
    pool = Pool(["a", "b"], start, 1, lambda place, error: told.update({place: str(error)}))
    with pool.taken("x", NEVER):
        while len(told) < 2:
            time.sleep(0.01)
    assert told == {"a": "None", "b": "no model there"}


def test_a_place_without_a_worker_does_not_stop_the_others() -> None:
    def start(place: str) -> Worker:
        if place != "b":
            raise UnknownModelError("no model there")
        return Worker(place)

    pool = Pool(["a", "b", "c"], start, 1)
    with pool.taken("x", NEVER) as worker:
        assert worker.place == "b"
    pool = Pool(["a", "c"], start, 1)
    with pytest.raises(ClusterError, match=r"no model there \(a, c\)$"):
        pool.wait(NEVER)
    with pytest.raises(ClusterError, match="no place for one"):
        Pool([], start, 1).wait(NEVER)


def test_one_that_comes_late_is_waited_for() -> None:
    comes = threading.Event()

    def start(place: str) -> Worker:
        comes.wait()
        return Worker(place)

    pool = Pool(["a"], start, 1)
    threading.Timer(0.1, comes.set).start()
    pool.wait(NEVER)
    assert [worker.place for worker in pool.workers] == ["a"]


def test_one_that_comes_too_late_is_let_go() -> None:
    comes, gone = threading.Event(), threading.Event()

    @dataclass(frozen=True)
    class Late(Worker):
        def close(self) -> None:
            gone.set()

    def start(place: str) -> Late:
        comes.wait()
        return Late(place)

    pool = Pool(["a"], start, 1)
    pool.close()
    comes.set()
    assert gone.wait(5)
    assert pool.workers == []
