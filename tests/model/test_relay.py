"""Threads that share a network: they take turns, and what they want read is read together."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.api import Query, Sampling
from model.local import LocalModel
from model.relay import Relay, Rows

EACH_S = 20.0


def together(*works: Callable[[], None]) -> list[BaseException]:
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(EACH_S)
        assert not thread.is_alive(), "it hangs"
    return errors


class Network:
    """Rows that say which sequence they are of; notes how many are fed in one pass."""

    def __init__(self) -> None:
        self.passes: list[int] = []
        self.is_busy = False

    def feed(self, feeds: Sequence[tuple[Any, Sequence[int]]], counts: Sequence[int]) -> Rows:
        assert not self.is_busy
        self.is_busy = True
        time.sleep(0.002)
        self.passes.append(len(feeds))
        self.is_busy = False
        return np.array([[number] for (number, _), n in zip(feeds, counts, strict=True) for _ in range(n)], np.float32)


def decode(relay: Relay, network: Network, number: int, n_steps: int) -> Callable[[], None]:
    def work() -> None:
        with relay.turn(), relay.turn():
            for step in range(n_steps):
                rows = relay.feed(network.feed, [(number, [1]), (number, [2])], [1, 1 + step % 3])
                assert rows.tolist() == [[number]] * (2 + step % 3)

    return work


def test_what_all_want_is_read_in_one_pass() -> None:
    relay, network = Relay(), Network()
    assert together(*(decode(relay, network, number, 40 + number) for number in range(4))) == []
    assert sum(network.passes) == 2 * (40 + 41 + 42 + 43)
    assert len(network.passes) < 120  # where each is read by itself there are 166; threads start one after another
    assert max(network.passes) == 8


def test_alone_it_is_as_without() -> None:
    relay, network = Relay(), Network()
    decode(relay, network, 1, 3)()
    assert network.passes == [2, 2, 2]
    assert relay.feed(network.feed, [(7, [1])], [1]).tolist() == [[7]]


def test_an_error_of_the_network_is_everybodys() -> None:
    relay = Relay()
    barrier = threading.Barrier(3)

    def fail(feeds: Any, counts: Any) -> Rows:
        raise MemoryError("no more pages")

    def work() -> None:
        barrier.wait(EACH_S)
        with relay.turn():
            relay.feed(fail, [(1, [1])], [1])

    errors = together(work, work, work)
    assert [type(error) for error in errors] == [MemoryError] * 3
    assert together(decode(relay, Network(), 1, 3), decode(relay, Network(), 2, 3)) == []


def test_whoever_breaks_off_keeps_nobody_waiting() -> None:
    relay, network = Relay(), Network()

    def break_off() -> None:
        with relay.turn():
            relay.feed(network.feed, [(9, [1])], [1])
            raise KeyboardInterrupt

    errors = together(break_off, decode(relay, network, 1, 30), break_off, decode(relay, network, 2, 30))
    assert [type(error) for error in errors] == [KeyboardInterrupt] * 2


@pytest.mark.parametrize("n_threads", [2, 5])
def test_answers_are_those_of_one_after_another(tiny_directory: Path, n_threads: int) -> None:
    """A network of our own kernels, greedy and drawn, prompts of several lengths and several attempts."""

    def ask(model: LocalModel, number: int) -> list[str]:
        memory = model.remember("Be brief." * number, (), lambda _: None)
        sampling = Sampling(temperature=0.8 * (number % 2), max_new_tokens=12 + 7 * number, n_attempts=1 + number % 3)
        query = Query((), f"Say {'much ' * 40 * number}.")
        return [each.text for each in model.complete(memory, query, None, sampling, lambda _: None)]

    alone = [ask(LocalModel("tiny", tiny_directory), number) for number in range(n_threads)]
    shared = LocalModel("tiny", tiny_directory)
    found: dict[int, list[str]] = {}

    def work(number: int) -> Callable[[], None]:
        return lambda: found.update({number: ask(shared, number)})

    assert together(*(work(number) for number in range(n_threads))) == []
    assert [found[number] for number in range(n_threads)] == alone
