"""What the lines of a hunk say, as plain text: whether they repeat each other, open brackets, change anything."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from model.blocks import names_block
from model.uses import defined_name

_BEGINNING = re.compile(r"\s*\S\w*")
_WORDS = re.compile(r"\w+|[^\w\s]")

Marker = Literal[" ", "-", "+"]

# The same added line so often in a row, or the same few lines, is a model that goes round in circles.
_MAX_SAME_LINES = 8
_MAX_SAME_BLOCKS = 4
_LONGEST_BLOCK = 16


def goes_round(added: Sequence[str]) -> bool:
    """Whether the last of these lines are the same line, or block of lines, again and again."""
    return _length_of_round(added) > 0


def n_gone_round(added: Sequence[str]) -> int:
    """Return how many of the last lines only repeat a block of two lines or more, again and again."""
    n_block = _length_of_round(added)
    return n_block * (_MAX_SAME_BLOCKS - 1) if n_block > 1 and any(map(is_telling, added[-n_block:])) else 0


def _length_of_round(added: Sequence[str]) -> int:
    """Return how many lines the block has that stands at the end again and again; 0 if there is none."""
    for n_block in range(1, min(_LONGEST_BLOCK, len(added)) + 1):
        n_lines = n_block * (_MAX_SAME_LINES if n_block == 1 else _MAX_SAME_BLOCKS)
        if len(added) >= n_lines and added[-n_lines:-n_block] == added[n_block - n_lines :]:
            return n_block
    return 0


def word_replaced(old: str, new: str) -> tuple[str, str] | None:
    """Return the one word of a line that the new line has another one for, and that one; None if more differs."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) != len(after):
        return None
    differing = {pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]}
    return differing.pop() if len(differing) == 1 else None


def opens_definition(line: str) -> bool:
    """Whether a line is the first one of a function, say, or a class; a call that takes a function is none."""
    text = line.strip()
    if text.endswith(":"):
        return text.startswith(("def ", "async def ", "class "))
    return (
        text.endswith("{")
        and n_opened(text) == 1
        and "=>" not in text
        and bool(defined_name(text))
        and names_block(text)
    )


def refined(lines: Sequence[tuple[Marker, str]]) -> list[tuple[Marker, str]]:
    """Return a hunk's lines with those kept that a run removes and adds again, as where a block is written anew."""
    kept: list[tuple[Marker, str]] = []
    for is_kept, group in groupby(lines, lambda line: line[0] == " "):
        run = list(group)
        if is_kept:
            kept += run
            continue
        removed, added = ([line for marker, line in run if marker == side] for side in "-+")
        for kind, start, end, new_start, new_end in SequenceMatcher(None, removed, added, autojunk=False).get_opcodes():
            if kind == "equal":
                kept += [(" ", line) for line in removed[start:end]]
            else:
                kept += [("-", line) for line in removed[start:end]]
                kept += [("+", line) for line in added[new_start:new_end]]
    return kept


def replacements(lines: Sequence[tuple[Marker, str]]) -> list[tuple[str, str]]:
    """Return the removed lines of a hunk with those that are added in their place, as far as each has one."""
    found: list[tuple[str, str]] = []
    for is_kept, group in groupby(lines, lambda line: line[0] == " "):
        run = [] if is_kept else list(group)
        removed, added = ([line for marker, line in run if marker == side] for side in "-+")
        if len(removed) == len(added):
            found += zip(removed, added, strict=True)
    return found


def renamed(line: str, names: Mapping[str, str]) -> str:
    """Return a line with other names in place of those that it has."""
    for old, new in names.items():
        if old in line:
            line = re.sub(rf"\b{re.escape(old)}\b", lambda _: new, line)  # noqa: B023 - called at once
    return line


def n_opened(line: str) -> int:
    """Count the brackets that a line opens, less those that it closes."""
    return sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))


def beginning_of(line: str) -> str:
    """Return what says what a line begins: its indentation and its first word, or sign with the word behind it."""
    found = _BEGINNING.match(line)
    return found[0] if found else ""


def indentation_of(line: str) -> str:
    """Return the white space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def composed(lines: Sequence[str]) -> list[str]:
    """Return lines as they compare: many a tokenizer composes accents, so its model cannot tell the forms apart."""
    return [unicodedata.normalize("NFC", line) for line in lines]


def is_telling(line: str) -> bool:
    """Whether a line is so long that meeting it twice is no accident, as with blank lines and braces."""
    return len(line.strip()) >= 6
