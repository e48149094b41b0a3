"""Texts of any length to hide something in: the prose and the code of Python's own library, and plain noise."""

import random
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

_MAX_FILE_BYTES = 200_000

Haystack = Callable[[random.Random], Iterator[str]]  # → lines without end


def prose(draw: random.Random) -> Iterator[str]:
    """Yield paragraphs of the language reference that comes with Python, in random order, again and again."""
    from pydoc_data.topics import topics  # noqa: PLC0415 - half a megabyte

    texts = (" ".join(paragraph.split()) for text in topics.values() for paragraph in text.split("\n\n"))
    return _again_and_again([[text] for text in texts if text], draw)


def code(draw: random.Random) -> Iterator[str]:
    """Yield lines of Python's standard library, its files in random order, again and again."""
    root = Path(sysconfig.get_path("stdlib"))
    paths = sorted(path for path in root.glob("*.py") if path.stat().st_size < _MAX_FILE_BYTES)
    files = [path.read_text(encoding="utf-8", errors="replace").splitlines() for path in paths]
    return _again_and_again(files, draw)


def noise(draw: random.Random) -> Iterator[str]:
    """Yield the sentences that RULER's noise repeats."""
    _ = draw  # there is no chance in it
    while True:
        yield "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."


def letters(draw: random.Random) -> Iterator[str]:
    """Yield lines of random words, which mean nothing and do not come again."""
    while True:
        yield " ".join(word(draw) for _ in range(12))


def word(draw: random.Random) -> str:
    """Draw a word of lower-case letters."""
    return "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(3, 9)))


def _again_and_again(texts: list[list[str]], draw: random.Random) -> Iterator[str]:
    while True:
        for text in draw.sample(texts, len(texts)):
            yield from text
