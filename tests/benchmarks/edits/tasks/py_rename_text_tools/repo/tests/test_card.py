import unittest

from card import card, index
from recipe import Recipe
from utils import plural, shorten, wrap

SOUP = Recipe("Soup", 1, ["1 leek", "water"], ["Cut the leek into very thin slices.", "Boil."])


class CardTest(unittest.TestCase):
    def test_card(self):
        self.assertEqual(
            card(SOUP, 20),
            [
                "Soup",
                "====================",
                "1 portion, 2 steps",
                "",
                "- 1 leek",
                "- water",
                "1. Cut the leek into",
                "   very thin slices.",
                "2. Boil.",
            ],
        )

    def test_index(self):
        self.assertEqual(index([SOUP, Recipe("Black bean stew")], 10), ["Black b...", "Soup"])


class UtilsTest(unittest.TestCase):
    def test_wrap(self):
        self.assertEqual(wrap("a bb ccc", 4), ["a bb", "ccc"])

    def test_plural(self):
        self.assertEqual([plural(1, "egg"), plural(0, "egg")], ["1 egg", "0 eggs"])

    def test_shorten(self):
        self.assertEqual(shorten("a long title", 8), "a lon...")
