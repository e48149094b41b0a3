"""What it costs to send an order."""

FREE_FROM = 50.00
BASE_PRICE = 3.90
PRICE_PER_KG = 0.80
MAX_KG = 30


def free_shipping(total):
    """Say whether an order is sent for free; total is in euros."""
    return total > FREE_FROM


def shipping_cost(total, kg):
    """Return the price of sending an order."""
    if kg > MAX_KG:
        raise ValueError(f"we send {MAX_KG} kg at most")
    if free_shipping(total):
        return 0.0
    return round(BASE_PRICE + PRICE_PER_KG * kg, 2)


def hint(total):
    """Return what the cart says below the total."""
    if free_shipping(total):
        return "Free shipping!"
    return f"Only {FREE_FROM - total:.2f} more for free shipping"
