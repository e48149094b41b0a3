import unittest

from avatar import avatar
from names import greeting, initials, sort_key


class NamesTest(unittest.TestCase):
    def test_initials(self):
        self.assertEqual(initials("Ada Lovelace"), "AL")
        self.assertEqual(initials("cher"), "C")

    def test_initials_of_nothing(self):
        self.assertEqual(initials(""), "?")
        self.assertEqual(initials("   "), "?")

    def test_sort_key(self):
        names = ["Ada Lovelace", "Grace Hopper"]
        self.assertEqual(sorted(names, key=sort_key), ["Grace Hopper", "Ada Lovelace"])

    def test_greeting(self):
        self.assertEqual(greeting("Ada"), "Dear Ada,")
        self.assertEqual(greeting(" "), "Hello,")

    def test_avatar(self):
        self.assertEqual(avatar("Ada Lovelace"), ("AL", "red"))
