import unittest

from stopwatch import Stopwatch


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.now = 50.0
        self.watch = Stopwatch(clock=lambda: self.now)

    def run_laps(self, *seconds):
        self.watch.start()
        for time in seconds:
            self.now += time
            self.watch.lap()

    def test_reset_empties_laps(self):
        self.run_laps(3, 4)
        self.watch.reset()
        self.assertEqual(self.watch.laps, [])
        self.assertEqual(self.watch.elapsed, 0)
        self.assertFalse(self.watch.running)

    def test_laps_after_reset(self):
        self.run_laps(3, 4)
        self.watch.reset()
        self.run_laps(5)
        self.assertEqual(self.watch.laps, [5])
        self.assertEqual(self.watch.elapsed, 5)

    def test_reset_of_a_new_one(self):
        self.watch.reset()
        self.watch.reset()
        self.assertEqual(self.watch.laps, [])
        self.assertEqual(self.watch.elapsed, 0)

    def test_two_watches(self):
        other = Stopwatch(clock=lambda: self.now)
        self.run_laps(3)
        other.reset()
        self.assertEqual(self.watch.laps, [3])

    def test_stop_keeps_laps(self):
        self.run_laps(3, 4)
        self.watch.stop()
        self.now += 100
        self.assertEqual(self.watch.laps, [3, 4])
        self.watch.start()
        self.now += 1
        self.assertEqual(self.watch.lap(), 1)
        self.assertEqual(self.watch.elapsed, 8)
