"""The errors that the backup tool can end with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    message: str
    advice: str


PROBLEMS = {
    "E101": Problem(
        "The configuration file could not be read",
        "Check that the file exists and that its syntax is valid TOML.",
    ),
    "E102": Problem(
        "The target is not mounted",
        "Mount the disk that the backups are written to, and start the backup again.",
    ),
    "E201": Problem(
        "There is not enough space on the target",
        "Delete old backups with the command prune, or lower the setting keep.",
    ),
    "E202": Problem(
        "Another backup is running",
        "Wait until it ends; if there is none, delete the lock file.",
    ),
    "E301": Problem(
        "The checksum of an archive is wrong",
        "Do not trust this archive; restore from an older one.",
    ),
}


def describe(code):
    """Return an error as one line for the terminal."""
    return f"{code}: {PROBLEMS[code].message}"
