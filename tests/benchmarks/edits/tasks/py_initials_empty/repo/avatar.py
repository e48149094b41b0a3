"""Small pictures for those who have none."""

from names import initials

COLORS = ("red", "green", "blue")


def avatar(name):
    """Return the letters and the color of the picture of a user."""
    return initials(name)[:2], COLORS[len(name) % len(COLORS)]
