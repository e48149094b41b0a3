import unittest

from exporters import export

COLUMNS = ["name", "count"]
ROWS = [["nut", 5], ["bolt & co", 12]]


class ExportTest(unittest.TestCase):
    def test_text(self):
        self.assertEqual(export("text", COLUMNS, ROWS), "name       count\nnut        5\nbolt & co  12\n")

    def test_json(self):
        lines = export("json", COLUMNS, ROWS).splitlines()
        self.assertEqual(lines[0], '{"name": "nut", "count": 5}')

    def test_html(self):
        self.assertIn("<td>bolt &amp; co</td><td>12</td>", export("html", COLUMNS, ROWS))

    def test_csv(self):
        rows = [["nut", 5], ["bolt, long", 12], ['3" pipe', 1]]
        self.assertEqual(export("csv", COLUMNS, rows), 'name,count\nnut,5\n"bolt, long",12\n"3"" pipe",1\n')

    def test_wrong(self):
        with self.assertRaises(ValueError):
            export("pdf", COLUMNS, ROWS)
        with self.assertRaises(ValueError):
            export("text", COLUMNS, [["nut"]])
