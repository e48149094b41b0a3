import unittest

from progress import bar, percent


class PercentTest(unittest.TestCase):
    def test_half(self):
        self.assertEqual(percent(5, 10), 50)

    def test_no_work(self):
        self.assertEqual(percent(0, 0), 100)

    def test_bar(self):
        self.assertEqual(bar(5, 10, 4), "##..")
