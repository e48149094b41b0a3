import unittest

from logs.filters import at_least, from_source
from logs.parser import parse
from logs.report import count_levels, report

LOG = """\
08:00:00 INFO app: started
08:00:01 DEBUG db.pool: 4 connections
08:00:05 WARNING db.pool: slow
  took 3 s
08:00:07 ERROR db: query failed
08:00:08 WARNING app: WARNING twice
"""


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.records = parse(LOG)

    def levels(self, least):
        return [record.level for record in at_least(self.records, least)]

    def test_parse(self):
        self.assertEqual(len(self.records), 5)
        warning = self.records[2]
        self.assertEqual((warning.time, warning.level), ("08:00:05", "WARNING"))
        self.assertEqual((warning.source, warning.message), ("db.pool", "slow\n  took 3 s"))
        self.assertEqual(self.records[4].message, "WARNING twice")

    def test_unknown_level(self):
        records = parse("08:00:00 INFO app: a\n08:00:01 WARN app: b\n08:00:02 FATAL app: c")
        self.assertEqual(len(records), 1)

    def test_filter(self):
        self.assertEqual(self.levels("WARNING"), ["WARNING", "ERROR", "WARNING"])
        self.assertEqual(self.levels("ERROR"), ["ERROR"])
        self.assertEqual(self.levels("INFO"), ["INFO", "WARNING", "ERROR", "WARNING"])
        self.assertEqual(len(self.levels("DEBUG")), 5)

    def test_unknown_filter(self):
        with self.assertRaises(ValueError):
            at_least(self.records, "WARN")

    def test_counts(self):
        self.assertEqual(count_levels(self.records), {"DEBUG": 1, "INFO": 1, "WARNING": 2, "ERROR": 1})
        self.assertEqual(count_levels([])["WARNING"], 0)

    def test_report(self):
        lines = [line.split() for line in report(self.records).splitlines()]
        self.assertEqual(lines[:4], [["DEBUG", "1"], ["INFO", "1"], ["WARNING", "2"], ["ERROR", "1"]])
        self.assertEqual(lines[4], ["from", "08:00:00", "to", "08:00:08"])

    def test_source(self):
        self.assertEqual(len(from_source(self.records, "db")), 3)
