"""The program that reads text with tree-sitter: grammars are C code from many hands, so they run apart from ours.

Hostile text makes some of them crash (YAML in hundreds of nested lists) or work for minutes (unclosed tags in C#).
Here that costs this process alone: after LIMIT seconds of work on one text the kernel ends it.

A text much like one that was read just before, as the attempts at one change are, is read anew where it differs. What
that finds to be right is right. Errors are told from a reading of the whole text: they do not depend on what was read
before.

Run by path and alone (`python -P -E grammar_exec.py LIMIT`), as `agent.sandbox_exec` is. A request on standard input is
a line of JSON, `[package, function, n_bytes]`, and so many bytes of UTF-8. The answer on standard output is a line of
JSON: the errors in the order of the text, each `[row, column, message]`, both from 0, the column in bytes.
"""

import contextlib
import json
import resource
import signal
import sys
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from importlib import import_module

from tree_sitter import Language, Node, Parser, Tree

_MEMORY_BYTES = 4 << 30
_N_KEPT = 8  # trees of the texts that were read last
_MAX_KEPT_BYTES = 4 << 20  # of a text whose tree is kept
_Grammar = tuple[str, str]
_Error = tuple[int, int, str]


def main(limit_s: float) -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is our parent's to answer: it closes the pipe
    with contextlib.suppress(ValueError, OSError):  # some systems have no such limit
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    trees = _Trees()
    for line in sys.stdin.buffer:
        package, function, n_bytes = json.loads(line)
        source = sys.stdin.buffer.read(n_bytes)
        signal.setitimer(signal.ITIMER_PROF, limit_s)  # nothing handles SIGPROF: it ends us, inside C code too
        answer = json.dumps(list(_errors(trees.read((package, function), source))))
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


class _Trees:
    """Parses texts, and keeps the trees of the last ones."""

    def __init__(self) -> None:
        self._kept: deque[tuple[_Grammar, bytes, Tree]] = deque(maxlen=_N_KEPT)

    def read(self, grammar: _Grammar, source: bytes) -> Node:
        package, function = grammar
        parser = Parser(Language(getattr(import_module(package), function)()))
        tree = self._read_on(parser, grammar, source)
        if tree is None or tree.root_node.has_error:
            tree = parser.parse(source)
        if len(source) <= _MAX_KEPT_BYTES:
            self._kept.append((grammar, source, tree))
        return tree.root_node

    def _read_on(self, parser: Parser, grammar: _Grammar, source: bytes) -> Tree | None:
        """Parse what differs from the kept text that is most alike; None if too much does."""
        known = [(_ends_alike(kept, source), kept, tree) for of, kept, tree in self._kept if of == grammar]
        (start, n_after), kept, found = max(known, key=lambda each: sum(each[0]), default=((0, 0), b"", None))
        if found is None or start + n_after <= len(source) // 2:
            return None
        tree = found.copy()
        old_end, new_end = len(kept) - n_after, len(source) - n_after
        tree.edit(start, old_end, new_end, _point(source, start), _point(kept, old_end), _point(source, new_end))
        return parser.parse(source, tree)


def _ends_alike(one: bytes, other: bytes) -> tuple[int, int]:
    """Return how many bytes two texts share at their beginning, and how many behind those at their end."""
    n = min(len(one), len(other))
    start = _n_alike(n, lambda k: one[:k] == other[:k])
    return start, _n_alike(n - start, lambda k: one[len(one) - k :] == other[len(other) - k :])


def _n_alike(n: int, are_alike: Callable[[int], bool]) -> int:
    """Return the largest number up to `n` for which texts are alike, as they are for all below it."""
    return bisect_left(range(1, n + 1), x=True, key=lambda k: not are_alike(k))


def _point(source: bytes, at: int) -> tuple[int, int]:
    return source.count(b"\n", 0, at), at - source.rfind(b"\n", 0, at) - 1


def _errors(root: Node) -> Iterator[_Error]:
    """Walk the nodes that hold errors, outermost errors only. The stack is ours: trees may be very deep."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            row, column = node.start_point
            yield row, column, f"missing {node.type}" if node.is_missing else "syntax error"
        elif node.has_error:
            stack.extend(reversed(node.children))


if __name__ == "__main__":
    main(float(sys.argv[1]))
