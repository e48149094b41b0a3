"""The inventory of a shop."""

from dataclasses import dataclass


class InventoryError(Exception):
    """The inventory cannot do what was asked."""


@dataclass
class Item:
    """A kind of goods on the shelf. The price is in cents."""

    name: str
    quantity: int
    price: int

    @property
    def value(self):
        """What all pieces cost together."""
        return self.quantity * self.price


class Inventory:
    """The items of a shop, by their names."""

    def __init__(self):
        self._items = {}

    def add(self, name, quantity, price):
        """Put pieces on the shelf. The price holds for those already there too."""
        if quantity < 0 or price < 0:
            raise InventoryError("quantity and price are not negative")
        if name in self._items:
            item = self._items[name]
            item.quantity += quantity
            item.price = price
        else:
            self._items[name] = Item(name, quantity, price)

    def take(self, name, quantity=1):
        """Take pieces from the shelf, and return what they cost."""
        item = self.item(name)
        if quantity > item.quantity:
            raise InventoryError(f"there are only {item.quantity} of {name}")
        item.quantity -= quantity
        return quantity * item.price

    def item(self, name):
        """Return an item by its name."""
        if name not in self._items:
            raise InventoryError(f"there is no {name}")
        return self._items[name]

    def value(self):
        """Return what everything costs together."""
        return sum(item.value for item in self._items.values())

    def report(self):
        """Return a line for each item, sorted by name."""
        lines = []
        for name in sorted(self._items):
            item = self._items[name]
            lines.append(f"{name}: {item.quantity} x {item.price / 100:.2f}")
        return "\n".join(lines)

    def to_dict(self):
        """Return the inventory as plain data."""
        return {
            name: {"quantity": item.quantity, "price": item.price}
            for name, item in self._items.items()
        }

    @classmethod
    def from_dict(cls, data):
        """Return the inventory that to_dict() made."""
        inventory = cls()
        for name, fields in data.items():
            inventory.add(name, fields["quantity"], fields["price"])
        return inventory
