import unittest

from bucket import TokenBucket


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.now = 0
        self.bucket = TokenBucket(rate=2, burst=4, clock=lambda: self.now)

    def test_attribute(self):
        self.assertEqual(self.bucket.burst, 4)
        self.assertFalse(hasattr(self.bucket, "capacity"))

    def test_old_argument_is_gone(self):
        with self.assertRaises(TypeError):
            TokenBucket(rate=2, capacity=4)

    def test_repr(self):
        self.assertEqual(repr(self.bucket), "TokenBucket(rate=2, burst=4)")

    def test_state(self):
        self.assertEqual(self.bucket.state(), {"rate": 2, "burst": 4, "tokens": 4})

    def test_fills(self):
        self.assertTrue(self.bucket.take(4))
        self.assertFalse(self.bucket.take())
        self.now = 1
        self.assertEqual(self.bucket.tokens(), 2)
        self.now = 100
        self.assertEqual(self.bucket.tokens(), 4)

    def test_later_change(self):
        self.bucket.burst = 6
        self.now = 100
        self.assertEqual(self.bucket.tokens(), 6)
        self.assertTrue(self.bucket.take(6))

    def test_wait_time(self):
        self.bucket.take(4)
        self.assertEqual(self.bucket.wait_time(3), 1.5)

    def test_wrong(self):
        for rate, burst in [(1, 0), (0, 1), (-1, 1)]:
            with self.subTest(rate=rate, burst=burst), self.assertRaises(ValueError):
                TokenBucket(rate, burst)
        with self.assertRaises(ValueError):
            self.bucket.take(5)
