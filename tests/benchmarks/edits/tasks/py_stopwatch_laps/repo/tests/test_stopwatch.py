import unittest

from stopwatch import Stopwatch


class StopwatchTest(unittest.TestCase):
    def setUp(self):
        self.now = 100.0
        self.watch = Stopwatch(clock=lambda: self.now)

    def test_pause(self):
        self.watch.start()
        self.now += 5
        self.watch.stop()
        self.now += 60
        self.watch.start()
        self.now += 2
        self.assertEqual(self.watch.elapsed, 7)

    def test_laps(self):
        self.watch.start()
        self.now += 10
        self.assertEqual(self.watch.lap(), 10)
        self.now += 12
        self.assertEqual(self.watch.lap(), 12)
        self.assertEqual(self.watch.laps, [10, 12])

    def test_reset(self):
        self.watch.start()
        self.now += 10
        self.watch.reset()
        self.assertEqual(self.watch.elapsed, 0)
        self.assertFalse(self.watch.running)

    def test_reset_of_laps(self):
        self.watch.start()
        self.now += 10
        self.watch.lap()
        self.watch.reset()
        self.assertEqual(self.watch.laps, [])
