import unittest

from inventory import Inventory, InventoryError


class InventoryTest(unittest.TestCase):
    def setUp(self):
        self.inventory = Inventory()
        self.inventory.add("nut", 100, 5)
        self.inventory.add("bolt", 40, 12)

    def test_add_more(self):
        self.inventory.add("nut", 20, 6)
        self.assertEqual(self.inventory.item("nut").quantity, 120)
        self.assertEqual(self.inventory.item("nut").price, 6)

    def test_take(self):
        self.assertEqual(self.inventory.take("bolt", 10), 120)
        self.assertEqual(self.inventory.item("bolt").quantity, 30)

    def test_take_too_many(self):
        with self.assertRaises(InventoryError):
            self.inventory.take("bolt", 41)

    def test_value(self):
        self.assertEqual(self.inventory.value(), 980)

    def test_report(self):
        self.assertEqual(self.inventory.report(), "bolt: 40 x 0.12\nnut: 100 x 0.05")

    def test_plain_data(self):
        again = Inventory.from_dict(self.inventory.to_dict())
        self.assertEqual(again.report(), self.inventory.report())

    def test_to_reorder(self):
        self.inventory.add("glue", 5, 250, reorder_level=5)
        self.inventory.add("axle", 1, 900, reorder_level=3)
        self.assertEqual(self.inventory.to_reorder(), ["axle", "glue"])
        self.inventory.add("glue", 1, 250)
        self.assertEqual(self.inventory.item("glue").reorder_level, 5)
        self.assertEqual(self.inventory.to_reorder(), ["axle"])

    def test_levels_are_kept(self):
        self.inventory.add("glue", 5, 250, reorder_level=5)
        again = Inventory.from_dict(self.inventory.to_dict())
        self.assertEqual(again.item("glue").reorder_level, 5)
        old = Inventory.from_dict({"nut": {"quantity": 1, "price": 5}})
        self.assertEqual(old.item("nut").reorder_level, 0)
