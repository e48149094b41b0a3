"""Threads that ask one network take turns, and what they want read next is read in one pass.

One thread runs at a time, so nothing but this needs to know of threads. Where it needs the network it lets the next
one run; when all wait for the network, what they want is fed together: reading the weights costs as much for all of
them as for one. This is the continuous batching of Orca (Yu et al., OSDI 2022), with a thread for each request.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]  # (rows, vocab)
Feeds = Sequence[tuple[Any, Sequence[int]]]
Feed = Callable[[Feeds, Sequence[int]], Rows]


@dataclass(slots=True, eq=False)
class _Reading:
    feeds: Feeds
    counts: Sequence[int]
    rows: Rows | None = None
    error: BaseException | None = None

    @property
    def has_ended(self) -> bool:
        return self.rows is not None or self.error is not None

    def result(self) -> Rows:
        if self.rows is None:
            raise self.error or RuntimeError("it was not read yet")
        return self.rows


@dataclass(slots=True)
class Relay:
    """Hands the turn from thread to thread."""

    _changed: threading.Condition = field(default_factory=threading.Condition)
    _inside: threading.local = field(default_factory=threading.local)
    _n_inside: int = 0
    _is_taken: bool = False
    _waiting: list[_Reading] = field(default_factory=list)

    @property
    def n_beside(self) -> int:
        """How many threads share the network just now, at least 1."""
        return max(1, self._n_inside)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Run while no other thread does, but for the moments in which this one waits for the network."""
        if getattr(self._inside, "is_inside", False):
            yield
            return
        with self._changed:
            self._n_inside += 1  # from here on, the others wait for what this one wants read
            try:
                self._changed.wait_for(lambda: not self._is_taken)
            except BaseException:
                self._n_inside -= 1
                raise
            self._is_taken = self._inside.is_inside = True
        try:
            yield
        finally:
            with self._changed:
                self._n_inside -= 1
                self._is_taken = self._inside.is_inside = False
                self._changed.notify_all()

    def feed(self, read: Feed, feeds: Feeds, counts: Sequence[int]) -> Rows:
        """Read tokens, together with what the other threads want read; see `model.engine.Network.feed`.

        Args:
            read: feeds the network, the same one for all threads.
            feeds: sequences and the tokens that they go on with.
            counts: how many of the last rows of each are wanted.

        """
        if self._n_inside < 2 or not getattr(self._inside, "is_inside", False):
            return read(feeds, counts)
        mine = _Reading(feeds, counts)
        with self._changed:
            self._waiting.append(mine)
            self._is_taken = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._is_taken and (mine.has_ended or self._all_wait))
            self._is_taken = True
            if mine.has_ended:
                return mine.result()
            together, self._waiting = self._waiting, []
        _read_together(read, together)
        return mine.result()

    @property
    def _all_wait(self) -> bool:
        return len(self._waiting) == self._n_inside


def _read_together(read: Feed, together: Sequence[_Reading]) -> None:
    counts = [n for reading in together for n in reading.counts]
    try:
        rows = read([each for reading in together for each in reading.feeds], counts)
    except BaseException as error:  # noqa: BLE001 - it is that of each of them, and raised there
        for reading in together:
            reading.error = error
        return
    ends = np.cumsum([sum(reading.counts) for reading in together])
    for reading, part in zip(together, np.split(rows, ends[:-1]), strict=True):
        reading.rows = part
