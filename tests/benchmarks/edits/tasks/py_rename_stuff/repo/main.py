"""Says what a garden needs: main.py WIDTH LENGTH"""

import sys

from stuff import area, perimeter

SEED_GRAMS = 25


def describe(width, length):
    """Return the lines that are printed."""
    return [
        f"fence: {perimeter(width, length):g} m",
        f"seed: {area(width, length) * SEED_GRAMS:g} g",
    ]


def main(arguments):
    """Print what a garden needs."""
    width, length = (float(argument) for argument in arguments)
    print("\n".join(describe(width, length)))


if __name__ == "__main__":
    main(sys.argv[1:])
