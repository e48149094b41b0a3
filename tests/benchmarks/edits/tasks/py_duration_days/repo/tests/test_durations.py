import unittest

from durations import format_duration, parse_duration, total_duration


class DurationsTest(unittest.TestCase):
    def test_parse(self):
        self.assertEqual(parse_duration("1h30m"), 5400)
        self.assertEqual(parse_duration("45s"), 45)

    def test_parse_days(self):
        self.assertEqual(parse_duration("3d"), 259200)
        self.assertEqual(parse_duration("1d2h"), 93600)
        with self.assertRaises(ValueError):
            parse_duration("2h1d")

    def test_spaces_and_capitals(self):
        self.assertEqual(parse_duration("1H 5M"), 3900)

    def test_wrong(self):
        for text in ("", "h", "90", "5m1h", "1h-5m"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_duration(text)

    def test_format(self):
        self.assertEqual(format_duration(0), "0s")
        self.assertEqual(format_duration(3661), "1h1m1s")

    def test_total(self):
        self.assertEqual(total_duration(["50m", "20m"]), "1h10m")
