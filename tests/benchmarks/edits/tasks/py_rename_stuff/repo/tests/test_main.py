import unittest

from geometry import area
from main import describe


class MainTest(unittest.TestCase):
    def test_describe(self):
        self.assertEqual(describe(3, 4), ["fence: 14 m", "seed: 300 g"])

    def test_area(self):
        self.assertEqual(area(3, 4), 12)
