import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from cli import main


class GradeTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.file = Path(directory.name) / "todo.jsonl"

    def run_cli(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            try:
                code = main(["--file", str(self.file), *arguments])
            except SystemExit as exit:
                code = exit.code
        return code, out.getvalue()

    def lines(self, *arguments):
        code, out = self.run_cli("list", *arguments)
        self.assertEqual(code, 0)
        return out.splitlines()

    def test_add_with_a_date(self):
        self.assertEqual(self.run_cli("add", "Pay rent", "--due", "2025-03-01"), (0, "added 1\n"))
        self.assertEqual(self.lines(), ["1 [ ] Pay rent (due 2025-03-01)"])

    def test_option_first(self):
        self.run_cli("add", "--due", "2025-12-31", "Party")
        self.assertEqual(self.lines(), ["1 [ ] Party (due 2025-12-31)"])

    def test_without_a_date(self):
        self.run_cli("add", "Buy milk")
        self.assertEqual(self.lines(), ["1 [ ] Buy milk"])

    def test_order(self):
        self.run_cli("add", "a")
        self.run_cli("add", "b", "--due", "2025-10-02")
        self.run_cli("add", "c")
        self.run_cli("add", "d", "--due", "2024-11-30")
        self.run_cli("add", "e", "--due", "2025-09-15")
        self.assertEqual(
            self.lines(),
            [
                "4 [ ] d (due 2024-11-30)",
                "5 [ ] e (due 2025-09-15)",
                "2 [ ] b (due 2025-10-02)",
                "1 [ ] a",
                "3 [ ] c",
            ],
        )

    def test_order_with_all(self):
        self.run_cli("add", "a")
        self.run_cli("add", "b", "--due", "2025-10-02")
        self.run_cli("add", "c", "--due", "2025-01-02")
        self.run_cli("done", "2")
        self.assertEqual(self.lines(), ["3 [ ] c (due 2025-01-02)", "1 [ ] a"])
        self.assertEqual(
            self.lines("--all"),
            ["3 [ ] c (due 2025-01-02)", "2 [x] b (due 2025-10-02)", "1 [ ] a"],
        )

    def test_wrong_dates(self):
        self.run_cli("add", "a")
        before = self.file.read_text(encoding="utf-8")
        for date in ("tomorrow", "2025-02-30", "01.03.2025", "2025-13-01"):
            with self.subTest(date=date):
                self.assertEqual(self.run_cli("add", "b", "--due", date)[0], 2)
                self.assertEqual(self.file.read_text(encoding="utf-8"), before)

    def test_leap_day(self):
        self.assertEqual(self.run_cli("add", "a", "--due", "2024-02-29")[0], 0)
        self.assertEqual(self.run_cli("add", "a", "--due", "2025-02-29")[0], 2)

    def test_old_file(self):
        self.file.write_text(
            '{"number": 1, "title": "old", "done": false}\n{"number": 4, "title": "older", "done": true}\n',
            encoding="utf-8",
        )
        self.assertEqual(self.run_cli("add", "new", "--due", "2025-03-01"), (0, "added 5\n"))
        self.assertEqual(self.lines("--all"), ["5 [ ] new (due 2025-03-01)", "1 [ ] old", "4 [x] older"])

    def test_as_before(self):
        self.assertEqual(self.lines(), ["nothing to do"])
        self.assertEqual(self.run_cli("done", "7")[0], 1)
