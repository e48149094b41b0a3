import unittest

from cache import ExpiringCache


class Clock:
    now = 100

    def __call__(self):
        return self.now


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.cache = ExpiringCache(10, max_entries=3, clock=self.clock)
        self.cache.put("a", 1)

    def test_get_at_the_bound(self):
        self.clock.now = 110
        self.assertEqual(self.cache.get("a", "gone"), "gone")
        self.assertEqual((self.cache.hits, self.cache.misses), (0, 1))

    def test_get_just_before(self):
        self.clock.now = 109.5
        self.assertEqual(self.cache.get("a"), 1)
        self.assertIn("a", self.cache)

    def test_get_after(self):
        self.clock.now = 111
        self.assertIsNone(self.cache.get("a"))

    def test_contains_at_the_bound(self):
        self.clock.now = 110
        self.assertNotIn("a", self.cache)

    def test_purge_at_the_bound(self):
        self.clock.now = 105
        self.cache.put("b", 2)
        self.clock.now = 110
        self.assertEqual(self.cache.purge(), 1)
        self.assertEqual(len(self.cache), 1)
        self.assertIn("b", self.cache)

    def test_put_makes_it_fresh(self):
        self.clock.now = 109
        self.cache.put("a", 3)
        self.clock.now = 118
        self.assertEqual(self.cache.get("a"), 3)

    def test_full(self):
        for key in "bcd":
            self.cache.put(key, key)
        self.assertNotIn("a", self.cache)
        self.assertEqual(len(self.cache), 3)
