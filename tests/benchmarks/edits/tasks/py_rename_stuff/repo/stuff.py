"""The geometry of rectangular gardens, in meters."""


def area(width, length):
    """Return the area in square meters."""
    return width * length


def perimeter(width, length):
    """Return how long a fence around it is."""
    return 2 * (width + length)
