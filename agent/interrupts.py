"""Ctrl-C and its like: one exception for all of them, and none where files are being put back."""

import contextlib
import signal
import threading
from collections.abc import Iterator

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def treat_stops_as_interrupts() -> None:
    """Let a polite kill, or a terminal that is closed, raise KeyboardInterrupt as Ctrl-C does.

    A signal that our parent ignores, as `nohup` does, stays ignored.
    """
    for number in _STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


@contextlib.contextmanager
def held_back() -> Iterator[list[int]]:
    """Let signals that would stop us wait until the block has ended; the first of them counts then.

    Yields the numbers of those that have arrived, for a block that is to end early.

    Handlers are swapped, not masked: a mask is one thread's, and libraries start others. Python runs handlers in the
    main thread alone, so elsewhere there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield []
        return
    arrived: list[int] = []
    before = {number: signal.getsignal(number) for number in _STOPS}
    held = {number: handler for number, handler in before.items() if handler not in {None, signal.SIG_IGN}}
    try:
        for number in held:
            signal.signal(number, lambda number, _: arrived.append(number))
        yield arrived
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])
