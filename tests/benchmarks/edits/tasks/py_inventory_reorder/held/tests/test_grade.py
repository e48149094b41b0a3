import json
import unittest

from inventory import Inventory, InventoryError, Item


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.inventory = Inventory()
        self.inventory.add("nut", 100, 5, reorder_level=20)
        self.inventory.add("bolt", 40, 12, reorder_level=40)
        self.inventory.add("glue", 3, 250)

    def test_levels(self):
        self.assertEqual(self.inventory.item("nut").reorder_level, 20)
        self.assertEqual(self.inventory.item("glue").reorder_level, 0)
        self.assertEqual(Item("tape", 1, 1).reorder_level, 0)

    def test_at_the_level(self):
        self.assertEqual(self.inventory.to_reorder(), ["bolt"])

    def test_below_and_sorted(self):
        self.inventory.take("nut", 90)
        self.inventory.add("axle", 1, 900, reorder_level=2)
        self.assertEqual(self.inventory.to_reorder(), ["axle", "bolt", "nut"])

    def test_just_above(self):
        self.inventory.take("nut", 79)
        self.assertNotIn("nut", self.inventory.to_reorder())
        self.inventory.take("nut", 1)
        self.assertIn("nut", self.inventory.to_reorder())

    def test_default_level(self):
        self.inventory.take("glue", 2)
        self.assertEqual(self.inventory.to_reorder(), ["bolt"])
        self.inventory.take("glue", 1)
        self.assertEqual(self.inventory.to_reorder(), ["bolt", "glue"])

    def test_more_keeps_the_level(self):
        self.inventory.add("nut", 1, 5)
        self.assertEqual(self.inventory.item("nut").reorder_level, 20)
        self.assertEqual(self.inventory.item("nut").quantity, 101)

    def test_more_changes_the_level(self):
        self.inventory.add("nut", 1, 5, reorder_level=200)
        self.assertIn("nut", self.inventory.to_reorder())
        self.inventory.add("bolt", 0, 12, reorder_level=0)
        self.assertNotIn("bolt", self.inventory.to_reorder())

    def test_plain_data(self):
        data = json.loads(json.dumps(self.inventory.to_dict()))
        again = Inventory.from_dict(data)
        self.assertEqual(again.item("nut").reorder_level, 20)
        self.assertEqual(again.item("glue").reorder_level, 0)
        self.assertEqual(again.to_reorder(), ["bolt"])
        self.assertEqual(again.value(), self.inventory.value())

    def test_old_data(self):
        old = Inventory.from_dict({"nut": {"quantity": 7, "price": 5}, "cap": {"quantity": 0, "price": 1}})
        self.assertEqual(old.item("nut").reorder_level, 0)
        self.assertEqual(old.to_reorder(), ["cap"])

    def test_empty(self):
        self.assertEqual(Inventory().to_reorder(), [])

    def test_the_rest(self):
        with self.assertRaises(InventoryError):
            self.inventory.add("nut", -1, 5)
        with self.assertRaises(InventoryError):
            self.inventory.take("glue", 4)
        self.assertEqual(self.inventory.report().splitlines()[0], "bolt: 40 x 0.12")
