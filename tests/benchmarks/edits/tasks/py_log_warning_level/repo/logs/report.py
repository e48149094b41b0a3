"""Sums a log up."""


def count_levels(records):
    """Return how many records there are of each level."""
    counts = {"DEBUG": 0, "INFO": 0, "ERROR": 0}
    for record in records:
        counts[record.level] += 1
    return counts


def report(records):
    """Return a line for each level, from the least to the worst."""
    counts = count_levels(records)
    lines = [f"{level:<8}{count:>5}" for level, count in counts.items()]
    if records:
        lines.append(f"from {records[0].time} to {records[-1].time}")
    return "\n".join(lines)
