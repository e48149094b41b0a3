"""Converts address books between formats: python convert.py SOURCE TARGET."""

import sys
from pathlib import Path

import csv_format
import json_format
import vcard_format

FORMATS = {
    ".csv": csv_format,
    ".json": json_format,
    ".vcf": vcard_format,
}

USAGE = """usage: convert.py SOURCE TARGET

The formats follow from the names: .csv, .json, or .vcf for vCard."""


class FormatError(Exception):
    """The name of a file does not say a format that there is."""


def format_of(path):
    """Return the module for the format of a file."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise FormatError(f"{path}: not one of {', '.join(FORMATS)}")
    return FORMATS[suffix]


def convert(source, target):
    """Convert a file, and return how many contacts it holds."""
    reader = format_of(source)
    writer = format_of(target)
    contacts = reader.loads(Path(source).read_text(encoding="utf-8"))
    Path(target).write_text(writer.dumps(contacts), encoding="utf-8")
    return len(contacts)


def main(argv):
    """Run the program, and return the exit code."""
    if len(argv) != 2:
        print(USAGE)
        return 2
    try:
        count = convert(*argv)
    except FormatError as error:
        print(f"convert: {error}")
        return 1
    print(f"{count} contacts")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
