"""Names that a change uses and nothing defines, where a language has a checker for them here: Python."""

import ast
import warnings
from collections import Counter
from dataclasses import dataclass

from pyflakes.checker import Checker
from pyflakes.messages import UndefinedLocal, UndefinedName


@dataclass(frozen=True, slots=True)
class UndefinedUse:
    """A name that is used on a line, counted from 1, and that nothing in its file defines."""

    name: str
    line: int


def find_undefined(language: str | None, old: str | None, new: str) -> tuple[UndefinedUse, ...]:
    """Return the uses of undefined names that the new text has more than the old one, in the order of their lines.

    A text that does not parse has none, nor has one in a language other than Python.
    """
    if language != "python":
        return ()
    known = Counter(use.name for use in _undefined(old or ""))
    found: list[UndefinedUse] = []
    for use in _undefined(new):
        if known[use.name] > 0:
            known[use.name] -= 1
        else:
            found.append(use)
    return tuple(found)


def _undefined(text: str) -> list[UndefinedUse]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            messages = Checker(ast.parse(text)).messages
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    kinds = (UndefinedName, UndefinedLocal)
    return sorted(
        (UndefinedUse(str(m.message_args[0]), m.lineno) for m in messages if isinstance(m, kinds)),
        key=lambda use: use.line,
    )
