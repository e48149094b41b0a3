"""Lines that a change puts one step too deep: behind what closes a function, or a class, as if they were inside."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

BRACED = frozenset({"c", "cpp", "csharp", "go", "java", "javascript", "php", "rust", "tsx", "typescript"})
_CLOSES = re.compile(r"\s*\};?\s*\Z")
_BEGINS = re.compile(r"\s*[\w@/]")  # others go on with what was closed: `.then()`
_TAB = 8


def find_misplaced(old: Sequence[str], new: Sequence[str]) -> int | None:
    """Return the index of the first line that is deeper than the brace it stands behind, and was not so before."""
    known = Counter(old[index] for index in _misplaced(old))
    for index in _misplaced(new):
        if known[new[index]] == 0:
            return index
        known[new[index]] -= 1
    return None


def _misplaced(lines: Sequence[str]) -> Iterator[int]:
    closing: int | None = None  # the depth of the brace that is the last line so far
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        depth = _depth(line)
        if closing is not None and depth > closing and _BEGINS.match(line):
            yield index
        closing = depth if _CLOSES.match(line) else None


def _depth(line: str) -> int:
    expanded = line.expandtabs(_TAB)
    return len(expanded) - len(expanded.lstrip())
