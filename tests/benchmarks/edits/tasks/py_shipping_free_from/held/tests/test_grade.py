import unittest

import shipping
from shipping import free_shipping, hint, shipping_cost


class GradeTest(unittest.TestCase):
    def test_exactly(self):
        self.assertIs(free_shipping(50), True)
        self.assertIs(free_shipping(50.00), True)

    def test_more(self):
        self.assertIs(free_shipping(50.01), True)
        self.assertIs(free_shipping(1000), True)

    def test_less(self):
        for total in (0, 1, 49, 49.01, 49.99):
            self.assertIs(free_shipping(total), False, total)

    def test_cost(self):
        self.assertEqual(shipping_cost(50, 10), 0.0)
        self.assertEqual(shipping_cost(49.99, 10), 11.9)
        self.assertEqual(shipping_cost(0, 0), 3.9)

    def test_weight_limit_stays(self):
        self.assertEqual(shipping_cost(10, 30), 27.9)
        with self.assertRaises(ValueError):
            shipping_cost(50, 30.5)

    def test_hint(self):
        self.assertEqual(hint(50), "Free shipping!")
        self.assertEqual(hint(49.99), "Only 0.01 more for free shipping")
        self.assertEqual(hint(0), "Only 50.00 more for free shipping")

    def test_constants_stay(self):
        self.assertEqual(shipping.FREE_FROM, 50)
