import unittest

from progress import bar, percent


class GradeTest(unittest.TestCase):
    def test_too_much(self):
        self.assertEqual(percent(15, 10), 100)

    def test_too_little(self):
        self.assertEqual(percent(-1, 10), 0)

    def test_between(self):
        self.assertEqual([percent(n, 4) for n in range(5)], [0, 25, 50, 75, 100])

    def test_no_work(self):
        self.assertEqual(percent(0, 0), 100)

    def test_bar(self):
        self.assertEqual(bar(30, 10, 4), "####")
