"""Invoices as text."""

from money import fmt, with_tax

TAX_PERCENT = 19


def line(name, quantity, cents):
    """Return the line of an item."""
    return f"{quantity} x {name}: {fmt(quantity * cents)}"


def invoice(items):
    """Return the whole text; an item is a name, a quantity and the price of one."""
    net = sum(quantity * cents for _, quantity, cents in items)
    lines = [line(*item) for item in items]
    lines.append(f"Total: {fmt(with_tax(net, TAX_PERCENT))}")
    return "\n".join(lines)
