"""Slugs: readable names for the addresses of pages."""

import re
import unicodedata

_SPECIAL = {"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "&": " and "}


def _plain(text):
    """Return the text in lower case and without accents."""
    text = text.lower()
    for letter, plain in _SPECIAL.items():
        text = text.replace(letter, plain)
    text = unicodedata.normalize("NFKD", text)
    return text.encode("ascii", "ignore").decode("ascii")


def slugify(text, separator="-"):
    """Return the words of a text in lower case, joined by the separator.

    >>> slugify("Crème Brûlée & Co.")
    'creme-brulee-and-co'
    """
    words = re.findall(r"[a-z0-9]+", _plain(text))
    return separator.join(words)


def unique_slug(text, taken, separator="-"):
    """Return a slug that is not among those taken, with a number behind it if need be."""
    slug = slugify(text, separator) or "page"
    if slug not in taken:
        return slug
    number = 2
    while f"{slug}{separator}{number}" in taken:
        number += 1
    return f"{slug}{separator}{number}"
