"""The calculator, used by a finger. Its top line shows the number; below are knurls for 0 to 9, + - * / = and C."""

import unittest

from quoin import Finger, Knurl


class CalculatorTest(unittest.TestCase):
    def setUp(self):
        from calculator import build

        self.finger = Finger(build())

    def after(self, texts):
        self.finger.nudge(*texts)
        return self.finger.read()

    def test_begins_with_nothing(self):
        self.assertEqual(self.finger.read(), "0")

    def test_digits(self):
        self.assertEqual(self.after("1203"), "1203")

    def test_no_zeros_in_front(self):
        self.assertEqual(self.after("007"), "7")

    def test_sum(self):
        self.assertEqual(self.after("12+30="), "42")

    def test_difference(self):
        self.assertEqual(self.after("3-5="), "-2")

    def test_product(self):
        self.assertEqual(self.after("6*7="), "42")

    def test_quotient(self):
        self.assertEqual(self.after("84/2="), "42")

    def test_a_new_number_begins_behind_an_operator(self):
        self.assertEqual(self.after("12+3"), "3")

    def test_from_left_to_right(self):
        self.assertEqual(self.after("2+3*4="), "20")

    def test_clear(self):
        self.assertEqual(self.after("12+C"), "0")
        self.assertEqual(self.after("5="), "5")

    def test_division_by_zero(self):
        self.assertEqual(self.after("1/0="), "error")
        self.assertEqual(self.after("C7"), "7")

    def test_every_knurl_is_there_once(self):
        knurls = [mote.text for mote in self.finger.slab.motes if isinstance(mote, Knurl)]
        self.assertEqual(sorted(knurls), sorted("0123456789+-*/=C"))
