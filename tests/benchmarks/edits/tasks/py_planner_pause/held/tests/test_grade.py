import json
import unittest
from datetime import datetime

from planner import Planner, UnknownJob

MONDAY = datetime(2024, 5, 6, 12, 0)


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.planner = Planner()
        self.planner.every("poll", 10, MONDAY)
        self.planner.daily("backup", 3, 30, MONDAY)

    def test_paused_jobs_are_not_due(self):
        self.planner.pause("poll")
        self.assertEqual(self.planner.due(datetime(2024, 5, 7, 4, 0)), ["backup"])
        self.assertEqual(self.planner.runs("poll"), 0)
        self.assertEqual(self.planner.names(), ["backup", "poll"])

    def test_paused_jobs_are_not_upcoming(self):
        self.planner.pause("poll")
        self.assertEqual(self.planner.upcoming(), ("backup", datetime(2024, 5, 7, 3, 30)))
        self.planner.pause("backup")
        self.assertIsNone(self.planner.upcoming())
        self.assertIsNone(self.planner.seconds_to_wait(MONDAY))
        self.assertEqual(self.planner.due(datetime(2025, 1, 1)), [])

    def test_resumed_jobs_go_on_after_now(self):
        self.planner.pause("poll")
        self.planner.pause("backup")
        later = datetime(2024, 5, 9, 2, 0)
        self.planner.resume("poll", later)
        self.planner.resume("backup", later)
        self.assertEqual(self.planner.due(later), [])
        self.assertEqual(self.planner.upcoming(), ("poll", datetime(2024, 5, 9, 2, 10)))
        self.assertEqual(self.planner.due(datetime(2024, 5, 9, 2, 10)), ["poll"])
        self.assertEqual(self.planner.due(datetime(2024, 5, 9, 3, 30)), ["poll", "backup"])
        self.assertEqual(self.planner.runs("backup"), 1)

    def test_pausing_twice(self):
        self.planner.pause("poll")
        self.planner.pause("poll")
        self.planner.resume("poll", MONDAY)
        self.assertEqual(self.planner.upcoming()[0], "poll")

    def test_summary(self):
        before = self.planner.summary().split("\n")
        self.planner.pause("poll")
        lines = self.planner.summary().split("\n")
        self.assertEqual(lines[0], before[0])
        self.assertTrue(lines[1].startswith("poll: every 10 min"))
        self.assertTrue(lines[1].endswith(" (paused)"))
        self.planner.resume("poll", MONDAY)
        self.assertEqual(self.planner.summary().split("\n"), before)

    def test_dump(self):
        self.planner.pause("poll")
        planner = Planner.load(json.loads(json.dumps(self.planner.dump())))
        self.assertEqual(planner.summary(), self.planner.summary())
        self.assertEqual(planner.due(datetime(2024, 5, 7, 4, 0)), ["backup"])
        planner.resume("poll", MONDAY)
        self.assertEqual(planner.upcoming(), ("poll", datetime(2024, 5, 6, 12, 10)))

    def test_old_dumps(self):
        data = [
            {
                "name": "mail",
                "rule": {"kind": "weekly", "weekday": "tue", "hour": 8, "minute": 15},
                "next": "2024-05-07T08:15:00",
                "runs": 4,
            }
        ]
        planner = Planner.load(data)
        self.assertEqual(planner.summary(), "mail: tue at 08:15, next 2024-05-07 08:15")
        self.assertEqual(planner.due(datetime(2024, 5, 7, 9, 0)), ["mail"])
        self.assertEqual(planner.runs("mail"), 5)

    def test_unknown_names(self):
        with self.assertRaises(UnknownJob):
            self.planner.pause("mail")
        with self.assertRaises(UnknownJob):
            self.planner.resume("mail", MONDAY)
        with self.assertRaises(UnknownJob):
            self.planner.remove("mail")
