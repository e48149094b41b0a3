"""The texts of the shop in the languages of its customers."""

import json
from pathlib import Path

FOLDER = Path(__file__).with_name("locales")


class Texts:
    """All texts of one language; keys have dots, such as cart.title."""

    def __init__(self, language):
        path = FOLDER / f"{language}.json"
        self._texts = dict(_flatten(json.loads(path.read_text(encoding="utf-8"))))

    def __getitem__(self, key):
        return self._texts[key]

    def keys(self):
        return self._texts.keys()

    def get(self, key, **values):
        """Return a text with its placeholders filled; the key itself if there is no such text."""
        return self._texts.get(key, key).format(**values)


def _flatten(tree, prefix=""):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
