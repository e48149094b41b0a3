import re
import unittest
from pathlib import Path

STYLE = Path(__file__).parents[1] / "site.css"


class StyleTest(unittest.TestCase):
    def setUp(self):
        self.text = re.sub(r"/\*.*?\*/", "", STYLE.read_text(encoding="utf-8"), flags=re.DOTALL)

    def test_braces(self):
        depth = 0
        for character in self.text:
            depth += {"{": 1, "}": -1}.get(character, 0)
            self.assertIn(depth, (0, 1, 2))
        self.assertEqual(depth, 0)

    def test_properties_are_defined(self):
        defined = set(re.findall(r"(--[\w-]+)\s*:", self.text))
        self.assertLessEqual(set(re.findall(r"var\((--[\w-]+)", self.text)), defined)

    def test_the_blue_is_written_once(self):
        self.assertEqual(re.findall(r"(--[\w-]+):\s*#2b6cb0", self.text), ["--brand"])
        self.assertEqual(self.text.count("#2b6cb0"), 1)
        self.assertIn("border-left: 4px solid var(--brand)", self.text)
