import json
import unittest
from datetime import datetime

from planner import Planner, PlannerError, UnknownJob

MONDAY = datetime(2024, 5, 6, 12, 0)


class PlannerTest(unittest.TestCase):
    def setUp(self):
        self.planner = Planner()
        self.planner.every("poll", 10, MONDAY)
        self.planner.daily("backup", 3, 30, MONDAY)
        self.planner.weekly("report", "mon", 12, 0, MONDAY)

    def test_due(self):
        self.assertEqual(self.planner.due(MONDAY), [])
        self.assertEqual(self.planner.due(datetime(2024, 5, 7, 4, 0)), ["poll", "backup"])
        self.assertEqual(self.planner.due(datetime(2024, 5, 7, 4, 5)), [])
        self.assertEqual(self.planner.runs("poll"), 1)

    def test_upcoming(self):
        self.assertEqual(self.planner.upcoming(), ("poll", datetime(2024, 5, 6, 12, 10)))
        self.assertEqual(self.planner.seconds_to_wait(MONDAY), 600)
        self.assertIsNone(Planner().upcoming())

    def test_summary(self):
        lines = self.planner.summary().split("\n")
        self.assertEqual(lines[0], "backup: daily at 03:30, next 2024-05-07 03:30")
        self.assertEqual(lines[2], "report: mon at 12:00, next 2024-05-13 12:00")

    def test_errors(self):
        with self.assertRaises(PlannerError):
            self.planner.every("poll", 5, MONDAY)
        with self.assertRaises(UnknownJob):
            self.planner.remove("mail")

    def test_dump(self):
        data = json.loads(json.dumps(self.planner.dump()))
        self.assertEqual(Planner.load(data).summary(), self.planner.summary())

    def test_pause(self):
        self.planner.pause("poll")
        self.assertEqual(self.planner.due(datetime(2024, 5, 7, 4, 0)), ["backup"])
        self.assertEqual(self.planner.upcoming()[0], "backup")
        self.assertTrue(self.planner.summary().split("\n")[1].endswith(" (paused)"))
        self.assertEqual(Planner.load(self.planner.dump()).summary(), self.planner.summary())

    def test_resume(self):
        self.planner.pause("poll")
        self.planner.resume("poll", datetime(2024, 5, 6, 15, 3))
        self.assertEqual(self.planner.upcoming()[0], "poll")
        self.assertGreater(self.planner.upcoming()[1], datetime(2024, 5, 6, 15, 3))
        self.assertNotIn("paused", self.planner.summary())
        with self.assertRaises(UnknownJob):
            self.planner.pause("mail")
