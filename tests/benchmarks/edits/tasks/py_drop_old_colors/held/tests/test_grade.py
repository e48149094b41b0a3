import unittest
from pathlib import Path

from colors import CODES, paint
from status import report, status_line

ROOT = Path(__file__).parent.parent


class GradeTest(unittest.TestCase):
    def test_gone(self):
        self.assertFalse((ROOT / "colors_old.py").exists())

    def test_others_are_there(self):
        for name in ("colors.py", "status.py", "tests/test_status.py"):
            self.assertTrue((ROOT / name).exists(), name)

    def test_paint(self):
        self.assertEqual(CODES, {"red": 31, "green": 32, "yellow": 33, "blue": 34})
        self.assertEqual(paint("x", "blue"), "\033[34mx\033[0m")
        with self.assertRaises(KeyError):
            paint("x", "pink")

    def test_status(self):
        self.assertEqual(status_line("web", "down"), "web        \033[31mdown\033[0m")
        self.assertEqual(
            report({"web": "slow", "mail": "up"}),
            ["mail       \033[32mup\033[0m", "web        \033[33mslow\033[0m"],
        )
