"""Progress of long work."""


def percent(done, total):
    """Return how much of the work is done, in percent."""
    if total == 0:
        return 100
    return round(100 * done / total)


def bar(done, total, width=20):
    """Return a bar of text."""
    filled = width * percent(done, total) // 100
    return "#" * filled + "." * (width - filled)
