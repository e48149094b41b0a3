"""Amounts of money, in cents."""


def fmt(cents):
    """Return an amount as it is printed, such as 12.50 EUR."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02} EUR"


def with_tax(cents, percent):
    """Return an amount with a tax on top, rounded to whole cents."""
    return cents + (cents * percent + 50) // 100
