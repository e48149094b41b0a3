import unittest

from progress import bar, percent


class PercentTest(unittest.TestCase):
    def test_half(self):
        self.assertEqual(percent(5, 10), 50)

    def test_no_work(self):
        self.assertEqual(percent(0, 0), 100)

    def test_more_than_all(self):
        self.assertEqual(percent(12, 10), 100)

    def test_less_than_nothing(self):
        self.assertEqual(percent(-1, 10), 0)

    def test_bar(self):
        self.assertEqual(bar(5, 10, 4), "##..")
