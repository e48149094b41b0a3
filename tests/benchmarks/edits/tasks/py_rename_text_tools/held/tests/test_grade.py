import re
import unittest
from pathlib import Path

import text_tools
from card import card, index
from recipe import Recipe

ROOT = Path(__file__).resolve().parent.parent


class GradeTest(unittest.TestCase):
    def test_old_name_is_gone(self):
        self.assertFalse((ROOT / "utils.py").exists())
        self.assertFalse((ROOT / "utils").exists())

    def test_no_import_of_the_old_name(self):
        for path in [*ROOT.glob("*.py"), *ROOT.glob("tests/*.py")]:
            with self.subTest(path=path.name):
                text = path.read_text(encoding="utf-8")
                self.assertIsNone(re.search(r"^\s*(import|from)\s+utils\b", text, re.MULTILINE))

    def test_functions(self):
        self.assertEqual(text_tools.wrap("a bb ccc", 4), ["a bb", "ccc"])
        self.assertEqual(text_tools.wrap("", 4), [])
        self.assertEqual(text_tools.wrap("longer than", 4), ["longer", "than"])
        self.assertEqual([text_tools.plural(count, "egg") for count in (0, 1, 2)], ["0 eggs", "1 egg", "2 eggs"])
        self.assertEqual(text_tools.shorten("a long title", 8), "a lon...")
        self.assertEqual(text_tools.shorten("short", 5), "short")

    def test_recipe(self):
        self.assertEqual(Recipe("Tea", 2, [], ["Boil water."]).summary(), "2 portions, 1 step")

    def test_card(self):
        lines = card(Recipe("Tea", 2, ["water"], ["Boil the water and wait for a while."]), 20)
        self.assertEqual(
            lines,
            [
                "Tea",
                "====================",
                "2 portions, 1 step",
                "",
                "- water",
                "1. Boil the water",
                "   and wait for a",
                "   while.",
            ],
        )

    def test_index(self):
        self.assertEqual(index([Recipe("Tea"), Recipe("Black bean stew")], 10), ["Black b...", "Tea"])
