import unittest

from cache import ExpiringCache


class Clock:
    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now


class CacheTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.cache = ExpiringCache(10, max_entries=2, clock=self.clock)

    def test_fresh(self):
        self.cache.put("a", 1)
        self.clock.now = 5
        self.assertEqual(self.cache.get("a"), 1)

    def test_stale(self):
        self.cache.put("a", 1)
        self.clock.now = 11
        self.assertIsNone(self.cache.get("a"))

    def test_stale_at_the_ttl(self):
        self.cache.put("a", 1)
        self.clock.now = 10
        self.assertIsNone(self.cache.get("a"))
        self.assertNotIn("a", self.cache)

    def test_oldest_makes_room(self):
        for key in "abc":
            self.cache.put(key, key)
        self.assertNotIn("a", self.cache)
        self.assertEqual(self.cache.get("c"), "c")

    def test_hit_rate(self):
        self.cache.put("a", 1)
        self.cache.get("a")
        self.cache.get("b")
        self.assertEqual(self.cache.hit_rate(), 0.5)


if __name__ == "__main__":
    unittest.main()
