"""The colors of version 1."""

RED = "\033[31m"
GREEN = "\033[32m"
RESET = "\033[0m"


def red(text):
    """Return a text in red."""
    return RED + text + RESET


def green(text):
    """Return a text in green."""
    return GREEN + text + RESET
