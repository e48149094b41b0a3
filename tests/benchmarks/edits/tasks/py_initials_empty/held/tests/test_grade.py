import unittest

from avatar import avatar
from names import greeting, initials, sort_key


class GradeTest(unittest.TestCase):
    def test_empty(self):
        self.assertEqual(initials(""), "?")

    def test_only_spaces(self):
        self.assertEqual(initials(" "), "?")
        self.assertEqual(initials("     "), "?")

    def test_names(self):
        self.assertEqual(initials("Ada Lovelace"), "AL")
        self.assertEqual(initials("  ada   king lovelace "), "AKL")
        self.assertEqual(initials("cher"), "C")
        self.assertEqual(initials("? x"), "?X")

    def test_avatar(self):
        self.assertEqual(avatar(""), ("?", "red"))
        self.assertEqual(avatar(" "), ("?", "green"))
        self.assertEqual(avatar("Ada King Lovelace"), ("AK", "blue"))

    def test_others_stay(self):
        self.assertEqual(greeting(""), "Hello,")
        self.assertEqual(greeting(" Ada "), "Dear Ada,")
        self.assertEqual(sort_key("Ada King Lovelace"), ["lovelace", "ada", "king"])
        self.assertEqual(sort_key(""), [])
