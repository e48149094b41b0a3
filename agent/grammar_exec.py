"""The program that reads text with tree-sitter: grammars are C code from many hands, so they run apart from ours.

Hostile text makes some of them crash (YAML in hundreds of nested lists) or work for minutes (unclosed tags in C#).
Here that costs this process alone: after LIMIT seconds of work on one text the kernel ends it.

Run by path and alone (`python -P -E grammar_exec.py LIMIT`), as `agent.sandbox_exec` is. A request on standard input is
a line of JSON, `[package, function, n_bytes]`, and so many bytes of UTF-8. The answer on standard output is a line of
JSON: the errors in the order of the text, each `[row, column, message]`, both from 0, the column in bytes.
"""

import contextlib
import json
import resource
import signal
import sys
from collections.abc import Iterator
from importlib import import_module

from tree_sitter import Language, Parser

_MEMORY_BYTES = 4 << 30
_Error = tuple[int, int, str]


def main(limit_s: float) -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is our parent's to answer: it closes the pipe
    with contextlib.suppress(ValueError, OSError):  # some systems have no such limit
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    for line in sys.stdin.buffer:
        package, function, n_bytes = json.loads(line)
        source = sys.stdin.buffer.read(n_bytes)
        signal.setitimer(signal.ITIMER_PROF, limit_s)  # nothing handles SIGPROF: it ends us, inside C code too
        parser = Parser(Language(getattr(import_module(package), function)()))
        answer = json.dumps(list(_errors(parser, source)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _errors(parser: Parser, source: bytes) -> Iterator[_Error]:
    """Walk the nodes that hold errors, outermost errors only. The stack is ours: trees may be very deep."""
    stack = [parser.parse(source).root_node]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            row, column = node.start_point
            yield row, column, f"missing {node.type}" if node.is_missing else "syntax error"
        elif node.has_error:
            stack.extend(reversed(node.children))


if __name__ == "__main__":
    main(float(sys.argv[1]))
