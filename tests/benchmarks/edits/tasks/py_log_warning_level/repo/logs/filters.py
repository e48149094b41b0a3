"""Picks records of a log."""

LEVELS = ["DEBUG", "INFO", "ERROR"]


def at_least(records, level):
    """Return the records of a level and of those above it."""
    if level not in LEVELS:
        raise ValueError(f"{level!r} is not one of {', '.join(LEVELS)}")
    least = LEVELS.index(level)
    return [record for record in records if LEVELS.index(record.level) >= least]


def from_source(records, source):
    """Return the records of a source and of what is below it, as db.pool is below db."""
    return [record for record in records if record.source == source or record.source.startswith(source + ".")]
