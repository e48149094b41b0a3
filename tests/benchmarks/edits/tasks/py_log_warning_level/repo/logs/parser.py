"""Reads log files."""

import re
from dataclasses import dataclass

_LINE = re.compile(r"(\d\d:\d\d:\d\d) (DEBUG|INFO|ERROR) ([\w.]+): (.*)")


@dataclass
class Record:
    """A message in a log."""

    time: str
    level: str
    source: str
    message: str


def parse(text):
    """Return the records of a log.

    A line that does not start a record, such as one of a traceback, belongs to the record before it.
    """
    records = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match:
            records.append(Record(*match.groups()))
        elif records:
            records[-1].message += "\n" + line
    return records
