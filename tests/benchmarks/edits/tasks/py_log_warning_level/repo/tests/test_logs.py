import unittest

from logs.filters import at_least, from_source
from logs.parser import parse
from logs.report import report

LOG = """\
08:00:00 INFO app: started
08:00:01 DEBUG db.pool: 4 connections
08:00:07 ERROR db: query failed
  no such table
08:00:09 INFO app: stopped
"""


class LogsTest(unittest.TestCase):
    def setUp(self):
        self.records = parse(LOG)

    def test_parse(self):
        self.assertEqual([record.level for record in self.records], ["INFO", "DEBUG", "ERROR", "INFO"])
        self.assertEqual(self.records[2].message, "query failed\n  no such table")

    def test_at_least(self):
        self.assertEqual(len(at_least(self.records, "INFO")), 3)
        with self.assertRaises(ValueError):
            at_least(self.records, "LOUD")

    def test_from_source(self):
        self.assertEqual(len(from_source(self.records, "db")), 2)

    def test_report(self):
        lines = report(self.records).splitlines()
        self.assertEqual(lines[0], "DEBUG       1")
        self.assertEqual(lines[-1], "from 08:00:00 to 08:00:09")

    def test_warnings(self):
        records = parse("09:00:00 INFO app: a\n09:00:01 WARNING app: b\n09:00:02 ERROR app: c")
        self.assertEqual([record.level for record in at_least(records, "WARNING")], ["WARNING", "ERROR"])
        lines = [line.split() for line in report(records).splitlines()]
        self.assertEqual(lines[1:4], [["INFO", "1"], ["WARNING", "1"], ["ERROR", "1"]])
