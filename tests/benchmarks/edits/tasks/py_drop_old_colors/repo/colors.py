"""The colors of the terminal."""

CODES = {"red": 31, "green": 32, "yellow": 33, "blue": 34}


def paint(text, color):
    """Return a text in a color; an unknown color is a KeyError."""
    return f"\033[{CODES[color]}m{text}\033[0m"
