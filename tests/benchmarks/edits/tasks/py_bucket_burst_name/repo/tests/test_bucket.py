import unittest

from bucket import TokenBucket


class BucketTest(unittest.TestCase):
    def setUp(self):
        self.now = 0
        self.bucket = TokenBucket(2, burst=4, clock=lambda: self.now)

    def test_starts_full(self):
        self.assertEqual(self.bucket.tokens(), 4)

    def test_take(self):
        self.assertTrue(self.bucket.take(4))
        self.assertFalse(self.bucket.take())

    def test_fills(self):
        self.bucket.take(4)
        self.now = 1
        self.assertEqual(self.bucket.tokens(), 2)
        self.now = 100
        self.assertEqual(self.bucket.tokens(), 4)

    def test_wait_time(self):
        self.bucket.take(4)
        self.assertEqual(self.bucket.wait_time(3), 1.5)

    def test_wrong(self):
        with self.assertRaises(ValueError):
            TokenBucket(1, 0)
        with self.assertRaises(ValueError):
            self.bucket.take(5)

    def test_burst(self):
        self.assertEqual(self.bucket.burst, 4)
        self.assertEqual(repr(self.bucket), "TokenBucket(rate=2, burst=4)")
        self.assertEqual(sorted(self.bucket.state()), ["burst", "rate", "tokens"])
