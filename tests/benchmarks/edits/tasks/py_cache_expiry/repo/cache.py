"""A cache in memory whose entries get stale."""

import time


class ExpiringCache:
    """Keeps values for `ttl` seconds, and no more than `max_entries` of them."""

    def __init__(self, ttl, max_entries=100, clock=time.monotonic):
        if max_entries < 1:
            raise ValueError("a cache needs room for an entry")
        self.ttl = ttl
        self.max_entries = max_entries
        self.hits = 0
        self.misses = 0
        self._clock = clock
        self._entries = {}

    def put(self, key, value):
        """Store a value; the oldest entry makes room if there is none left."""
        self._entries.pop(key, None)
        self.purge()
        while len(self._entries) >= self.max_entries:
            oldest = next(iter(self._entries))
            del self._entries[oldest]
        self._entries[key] = (value, self._clock())

    def get(self, key, default=None):
        """Return the value of a key, or `default` if there is none or it is stale."""
        if key in self._entries:
            value, stored_at = self._entries[key]
            if not self._is_stale(stored_at):
                self.hits += 1
                return value
            del self._entries[key]
        self.misses += 1
        return default

    def purge(self):
        """Drop all stale entries, and return how many there were."""
        stale = [key for key, (_, stored_at) in self._entries.items() if self._is_stale(stored_at)]
        for key in stale:
            del self._entries[key]
        return len(stale)

    def __len__(self):
        return len(self._entries)

    def __contains__(self, key):
        return key in self._entries and not self._is_stale(self._entries[key][1])

    def hit_rate(self):
        """Return the share of lookups that found something, 0.0 before the first one."""
        lookups = self.hits + self.misses
        return self.hits / lookups if lookups else 0.0

    def _is_stale(self, stored_at):
        return self._clock() - stored_at > self.ttl
