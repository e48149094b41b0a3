import unittest

from shipping import free_shipping, hint, shipping_cost


class ShippingTest(unittest.TestCase):
    def test_cost(self):
        self.assertEqual(shipping_cost(20, 2), 5.5)
        self.assertEqual(shipping_cost(80, 2), 0.0)

    def test_free_shipping(self):
        self.assertTrue(free_shipping(50))
        self.assertFalse(free_shipping(49.9))

    def test_too_heavy(self):
        with self.assertRaises(ValueError):
            shipping_cost(20, 31)

    def test_hint(self):
        self.assertEqual(hint(80), "Free shipping!")
        self.assertEqual(hint(47.5), "Only 2.50 more for free shipping")
