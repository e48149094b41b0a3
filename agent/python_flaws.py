"""What a change gets wrong though it parses: names and members that nothing defines, statements that nothing reaches.

For Python alone; a text that does not parse, or in another language, has no such flaws. What the old text has already
does not count.
"""

import ast
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from pyflakes.checker import Checker
from pyflakes.messages import UndefinedLocal, UndefinedName

from agent.python_members import Found, unknown_members

_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def find_undefined(old: str | None, new: str) -> list[Found]:
    """Return the uses of names that nothing defines, in the order of their lines."""
    return _new(_undefined, old, new)


def find_unknown_members(old: str | None, new: str) -> list[Found]:
    """Return the uses of members that nothing gives their class, in the order of their lines."""
    return _new(unknown_members, old, new)


def find_pointless(path: PurePosixPath, old: str | None, new: str) -> list[Found]:
    """Return the statements that nothing reaches, and what a file imports from itself, in the order of their lines."""

    def pointless(tree: ast.Module) -> Iterable[Found]:
        yield from _unreachable(tree)
        yield from _own_imports(tree, path)

    return _new(pointless, old, new)


def _new(find: Callable[[ast.Module], Iterable[Found]], old: str | None, new: str) -> list[Found]:
    """Return what is found in a new text more often than in the old one."""
    known = Counter(found.what for found in _in(find, old or ""))
    left: list[Found] = []
    for found in _in(find, new):
        if known[found.what] > 0:
            known[found.what] -= 1
        else:
            left.append(found)
    return left


def _in(find: Callable[[ast.Module], Iterable[Found]], text: str) -> list[Found]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sorted(find(_parsed(text)), key=lambda found: found.line)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


@lru_cache(maxsize=2)  # a file before and after a change, which several checks look at
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _undefined(tree: ast.Module) -> Iterator[Found]:
    kinds = (UndefinedName, UndefinedLocal)
    return (Found(str(m.message_args[0]), m.lineno) for m in Checker(tree).messages if isinstance(m, kinds))


def _unreachable(tree: ast.Module) -> Iterator[Found]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):  # of a lambda it is an expression
                ends = next((n for n, each in enumerate(statements) if isinstance(each, _ENDS)), len(statements))
                yield from (Found(ast.unparse(each), each.lineno) for each in statements[ends + 1 : ends + 2])


def _own_imports(tree: ast.Module, path: PurePosixPath) -> Iterator[Found]:
    """Yield the imports by the name that the file itself has, from the top of the repository or from its `src`."""
    parts = path.with_suffix("").parts
    names = {".".join(parts), ".".join(parts[1:] if parts[0] == "src" else parts)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in names:
            yield Found(ast.unparse(node), node.lineno)
