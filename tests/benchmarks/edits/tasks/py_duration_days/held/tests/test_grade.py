import unittest

from durations import format_duration, parse_duration, total_duration


class GradeTest(unittest.TestCase):
    def test_days(self):
        self.assertEqual(parse_duration("2d"), 172800)
        self.assertEqual(parse_duration("1d12h30m"), 131400)
        self.assertEqual(parse_duration("1d1h1m1s"), 90061)
        self.assertEqual(parse_duration("1d5s"), 86405)
        self.assertEqual(parse_duration("0d"), 0)
        self.assertEqual(parse_duration("10d"), 864000)

    def test_spaces_and_capitals(self):
        self.assertEqual(parse_duration("1D 2H"), 93600)

    def test_without_days(self):
        for text, seconds in [("1h30m", 5400), ("45s", 45), ("2h", 7200), ("1h1s", 3601), ("7m", 420)]:
            with self.subTest(text=text):
                self.assertEqual(parse_duration(text), seconds)

    def test_wrong(self):
        for text in ("", "d", "2", "2h1d", "1d1d", "d5", "1d2", "1.5d", "2 days"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_duration(text)

    def test_format_has_no_days(self):
        self.assertEqual(format_duration(90061), "25h1m1s")
        self.assertEqual(format_duration(86400), "24h")
        self.assertEqual(format_duration(0), "0s")

    def test_total(self):
        self.assertEqual(total_duration(["1d", "30m", "2h"]), "26h30m")
