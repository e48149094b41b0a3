"""Errors that tree-sitter's grammars find in a text, read in a process of its own: see `agent.grammar_exec`."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import lru_cache

from agent import grammar_exec

LIMIT_S = 5.0  # of work on one text; a megabyte of common code takes half a second

# language → (package, the function in it that returns the grammar)
_GRAMMARS = {
    "bash": ("tree_sitter_bash", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
    "css": ("tree_sitter_css", "language"),
    "go": ("tree_sitter_go", "language"),
    "html": ("tree_sitter_html", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "json": ("tree_sitter_json", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "toml": ("tree_sitter_toml", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "yaml": ("tree_sitter_yaml", "language"),
}
LANGUAGES = frozenset(_GRAMMARS)


@dataclass(frozen=True, slots=True)
class Fault:
    """A place that does not parse: `row` and `column` count from 0, the column in bytes of UTF-8."""

    row: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a grammar says of a text: its faults, or in `failure` why it could not be read to its end."""

    faults: tuple[Fault, ...]
    failure: str | None = None


@lru_cache(maxsize=16)  # a file is read before each of several changes to it
def read(language: str, text: str) -> Reading:
    """Read a text in one of `LANGUAGES`. Lone surrogates are read as `?`."""
    return _reader(os.getpid()).read(language, text.encode("utf-8", "replace"))


@lru_cache(maxsize=1)
def _reader(_pid: int) -> "_Reader":
    """Return this process's reader; a fork must not share the pipes of its parent's."""
    return _Reader()


class _Reader:
    """Holds the process that reads, and starts it again where a text has ended it."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, language: str, source: bytes) -> Reading:
        with self._lock:
            # The first try may go on from what was read before; what ends that is read by itself before it is judged.
            reading = self._try(language, source) if self._process else None
            return reading if reading and reading.failure is None else self._try(language, source)

    def _try(self, language: str, source: bytes) -> Reading:
        process = self._process = self._process or _start(self._limit_s)
        try:
            answer = _ask(process, json.dumps([*_GRAMMARS[language], len(source)]).encode() + b"\n" + source)
        except BaseException:  # Ctrl-C: an answer that nobody waits for must not be the next one's
            self._end(process)
            raise
        if not answer.endswith(b"\n"):
            in_time = self._end(process) != -signal.SIGPROF
            why = "broke down over it" if in_time else f"had not read it after {self._limit_s:g} s"
            return Reading((), f"the {language} grammar {why}")
        return Reading(tuple(Fault(*fault) for fault in json.loads(answer)))

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        self._process = None
        process.kill()
        with contextlib.suppress(BrokenPipeError), process:  # it may have ended with a part of the text unread
            pass
        return process.wait()


def _start(limit_s: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-E", grammar_exec.__file__, str(limit_s)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _ask(process: subprocess.Popen[bytes], request: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process was started without pipes")
    with contextlib.suppress(BrokenPipeError):  # it has ended: there is no answer either
        process.stdin.write(request)
        process.stdin.flush()
    return process.stdout.readline()
