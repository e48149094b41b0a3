"""Limits how often something may happen, with a bucket of tokens."""

import time


class TokenBucket:
    """A bucket that fills with `rate` tokens per second, until it is full.

    Whoever wants to do something takes a token first.
    """

    def __init__(self, rate, capacity, clock=time.monotonic):
        if rate <= 0:
            raise ValueError("the rate must be above 0")
        if capacity < 1:
            raise ValueError("the capacity must be 1 or more")
        self.rate = rate
        self.capacity = capacity
        self._clock = clock
        self._tokens = capacity
        self._filled_at = clock()

    def __repr__(self):
        return f"TokenBucket(rate={self.rate}, capacity={self.capacity})"

    def tokens(self):
        """Return how many tokens there are now."""
        now = self._clock()
        grown = self._tokens + (now - self._filled_at) * self.rate
        self._tokens = min(self.capacity, grown)
        self._filled_at = now
        return self._tokens

    def take(self, count=1):
        """Take tokens, and return whether there were enough of them."""
        if count > self.capacity:
            raise ValueError(f"{count} is more than the capacity")
        if self.tokens() < count:
            return False
        self._tokens -= count
        return True

    def wait_time(self, count=1):
        """Return the seconds until there are enough tokens."""
        missing = count - self.tokens()
        return max(0.0, missing / self.rate)

    def state(self):
        """Return what a dashboard shows."""
        return {
            "rate": self.rate,
            "capacity": self.capacity,
            "tokens": self.tokens(),
        }
