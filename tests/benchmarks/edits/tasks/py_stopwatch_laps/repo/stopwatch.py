"""A stopwatch."""

import time


class Stopwatch:
    """Measures time in seconds; tests may give it another clock."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._started = None
        self._elapsed = 0.0
        self.laps = []

    @property
    def running(self):
        """Whether the time is running."""
        return self._started is not None

    @property
    def elapsed(self):
        """The time so far, without pauses."""
        if self.running:
            return self._elapsed + self._clock() - self._started
        return self._elapsed

    def start(self):
        """Start, or go on after a stop."""
        if not self.running:
            self._started = self._clock()

    def stop(self):
        """Stop, until it is started again."""
        self._elapsed = self.elapsed
        self._started = None

    def lap(self):
        """Note the time of a lap, and return it."""
        lap = self.elapsed - sum(self.laps)
        self.laps.append(lap)
        return lap

    def reset(self):
        """Go back to zero, and stop."""
        self._started = None
        self._elapsed = 0.0
