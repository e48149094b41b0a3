import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from agent.interrupts import held_back, treat_stops_as_interrupts


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_for_the_end_of_the_block(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)  # `nohup` has one ignored, which is heeded
    treat_stops_as_interrupts()
    done = []

    def work() -> None:
        with held_back(), held_back():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            done.append("work")
        done.append("never")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["work"]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_a_block_can_end_early() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    treat_stops_as_interrupts()

    def wait() -> None:
        with held_back() as arrived:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
            while not arrived:
                time.sleep(0.01)
            assert arrived == [signal.SIGTERM]

    with pytest.raises(KeyboardInterrupt):
        wait()


def test_handlers_are_back_after_an_error() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), held_back():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before


def test_what_a_parent_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    treat_stops_as_interrupts()
    with held_back():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_another_thread_holds_nothing_back_and_does_not_fail() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with held_back():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
