import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from cli import main


class CliTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.file = Path(directory.name) / "todo.jsonl"

    def run_cli(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            code = main(["--file", str(self.file), *arguments])
        return code, out.getvalue()

    def test_empty(self):
        self.assertEqual(self.run_cli("list"), (0, "nothing to do\n"))

    def test_add_and_list(self):
        self.assertEqual(self.run_cli("add", "Buy milk"), (0, "added 1\n"))
        self.run_cli("add", "Call Eve")
        self.assertEqual(self.run_cli("list"), (0, "1 [ ] Buy milk\n2 [ ] Call Eve\n"))

    def test_done(self):
        self.run_cli("add", "Buy milk")
        self.run_cli("done", "1")
        self.assertEqual(self.run_cli("list"), (0, "nothing to do\n"))
        self.assertEqual(self.run_cli("list", "--all"), (0, "1 [x] Buy milk\n"))

    def test_no_such_number(self):
        self.assertEqual(self.run_cli("done", "7")[0], 1)

    def test_due_dates(self):
        self.run_cli("add", "Buy milk")
        self.run_cli("add", "Pay rent", "--due", "2025-04-01")
        self.run_cli("add", "Send card", "--due", "2025-03-09")
        lines = ["3 [ ] Send card (due 2025-03-09)", "2 [ ] Pay rent (due 2025-04-01)", "1 [ ] Buy milk"]
        self.assertEqual(self.run_cli("list"), (0, "".join(line + "\n" for line in lines)))

    def test_wrong_date(self):
        with self.assertRaises(SystemExit) as caught:
            self.run_cli("add", "Party", "--due", "2025-02-30")
        self.assertEqual(caught.exception.code, 2)
        self.assertEqual(self.run_cli("list"), (0, "nothing to do\n"))
