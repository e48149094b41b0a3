"""Small helpers for text."""


def wrap(text, width):
    """Return the words of a text in lines of at most `width` characters."""
    lines = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def plural(count, noun):
    """Return a count with its noun, such as 2 pages."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shorten(text, width):
    """Return a text with dots at the end if it is too long."""
    return text if len(text) <= width else text[: width - 3].rstrip() + "..."
