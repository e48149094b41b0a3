"""Names of people."""


def initials(name):
    """Return the first letters of a name in upper case, such as AL for Ada Lovelace."""
    return "".join(part[0].upper() for part in name.split())


def sort_key(name):
    """Return what names are sorted by: the last name first."""
    parts = name.lower().split()
    return parts[-1:] + parts[:-1]


def greeting(name):
    """Return how a letter starts."""
    if not name.strip():
        return "Hello,"
    return f"Dear {name.strip()},"
