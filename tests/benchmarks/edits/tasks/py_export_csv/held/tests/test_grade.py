import contextlib
import csv
import io
import unittest

import stations
from exporters import EXPORTERS, csv_table, export


class GradeTest(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(
            csv_table.export(["name", "count"], [["nut", 5], ["bolt", 12]]), "name,count\nnut,5\nbolt,12\n"
        )

    def test_registered(self):
        self.assertEqual(export("csv", ["a"], [["x"]]), "a\nx\n")
        self.assertEqual(sorted(EXPORTERS), ["csv", "html", "json", "text"])

    def test_quoted(self):
        text = export("csv", ["a", "b"], [["1,5", 'say "hi"'], ["two\nlines", " x "]])
        self.assertIn('"1,5","say ""hi"""\n', text)
        self.assertIn('"two\nlines"', text)
        self.assertNotIn("\r", text)

    def test_reads_back(self):
        columns = ["plain", "comma, here", 'quote"']
        rows = [["a", "b,c", 'd"e'], ['"', ",", "\n"], ["", "x", ""], ["-1.5", "ä", "a;b"]]
        text = export("csv", columns, rows)
        self.assertEqual(list(csv.reader(io.StringIO(text, newline=""))), [columns, *rows])

    def test_no_rows(self):
        self.assertEqual(export("csv", ["a", "b"], []), "a,b\n")

    def test_wrong_row(self):
        with self.assertRaises(ValueError):
            export("csv", ["a", "b"], [["x"]])

    def test_command_line(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            stations.main(["--format", "csv"])
        lines = out.getvalue().split("\n")
        self.assertEqual(lines[0], "name,height,note")
        self.assertEqual(lines[1], 'Brocken,1141,"windy, often in clouds"')
        self.assertEqual(lines[2], 'Sylt,3,"the ""island"" station"')
        self.assertEqual(lines[3:], ["Jena,155,", ""])

    def test_the_others(self):
        self.assertEqual(export("text", ["a"], [["x"]]), "a\nx\n")
        self.assertEqual(export("json", ["a"], [["x"]]), '{"a": "x"}\n')
        self.assertIn("<td>x</td>", export("html", ["a"], [["x"]]))
