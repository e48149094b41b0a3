"""Writes the list of weather stations in the format that the user wants."""

import argparse

from exporters import EXPORTERS, export

COLUMNS = ["name", "height", "note"]
STATIONS = [
    ["Brocken", 1141, "windy, often in clouds"],
    ["Sylt", 3, 'the "island" station'],
    ["Jena", 155, ""],
]


def main(argv=None):
    """Print the list."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--format", choices=sorted(EXPORTERS), default="text")
    arguments = parser.parse_args(argv)
    print(export(arguments.format, COLUMNS, STATIONS), end="")


if __name__ == "__main__":
    main()
