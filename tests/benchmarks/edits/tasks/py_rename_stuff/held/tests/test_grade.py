import subprocess
import sys
import unittest
from pathlib import Path

import geometry
import main

ROOT = Path(__file__).parent.parent


class GradeTest(unittest.TestCase):
    def test_old_file_is_gone(self):
        self.assertFalse((ROOT / "stuff.py").exists())

    def test_geometry(self):
        self.assertEqual(geometry.area(3, 4), 12)
        self.assertEqual(geometry.perimeter(3, 4), 14)
        self.assertEqual(geometry.area(0, 4), 0)
        self.assertEqual(geometry.perimeter(0.5, 4), 9)

    def test_main_uses_it(self):
        self.assertIs(sys.modules["geometry"], geometry)
        self.assertNotIn("stuff", (ROOT / "main.py").read_text(encoding="utf-8"))

    def test_describe(self):
        self.assertEqual(main.describe(3, 4), ["fence: 14 m", "seed: 300 g"])
        self.assertEqual(main.describe(0.5, 2), ["fence: 5 m", "seed: 25 g"])

    def test_program(self):
        done = subprocess.run([sys.executable, "main.py", "2", "1.5"], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "fence: 7 m\nseed: 75 g\n"))
