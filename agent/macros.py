"""C and C++ read without their preprocessor: what a macro may explain, and what no macro does."""

import re
from collections import Counter
from collections.abc import Sequence

# A name that is written as macros are, on a line that is neither a directive nor a comment up to there.
_MACRO = re.compile(r"(?!\s*#)(?:(?!//|/\*).)*?\b(?:[A-Z][A-Z0-9]*_[A-Z0-9_]*|[A-Z]{3,}|PRI[A-Za-z]+[0-9]+)\b")
# What may hold brackets that do not count, else a bracket that does.
_BRACKETS = re.compile(
    r"""
      //[^\n]* | /\*.*?(?:\*/|\Z)                      # comments; where one is left open, all the rest
    | R"([^(\s]{0,16})\(.*?(?:\)\1"|\Z)               # raw strings
    | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'         # strings and characters
    | ^[ \t]*\#(?:[^\n\\]|\\.)*                        # directives
    | ([][(){}])
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


def may_explain(number: int, lines: Sequence[str]) -> bool:
    """Whether a macro may be why line `number`, from 1, looks wrong: its name stands there or on the line above."""
    return any(map(_MACRO.match, lines[max(0, number - 2) : number]))


def open_brackets(text: str) -> tuple[int, int, int]:
    """Return how many `(`, `[` and `{` are not closed; comments, strings and directives are left out."""
    counts = Counter(bracket for _, bracket in _BRACKETS.findall(text) if bracket)
    return counts["("] - counts[")"], counts["["] - counts["]"], counts["{"] - counts["}"]
