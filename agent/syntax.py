"""Whether a change breaks a file's syntax: tree-sitter's errors that the file did not have before."""

import ast
import re
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from agent import grammars, macros
from repo_index import languages

# `.h` may be C, C++ or Objective-C, and zsh is not bash: the wrong grammar finds errors in right code.
_OF_SEVERAL_LANGUAGES = frozenset({".h", ".zsh"})
# No text is wrong in them.
_ALWAYS_RIGHT = frozenset({"markdown"})
# Data that is often written with gaps for a template engine to fill; `${{` is GitHub's, and plain text in YAML.
_DATA = frozenset({"json", "toml", "yaml"})
_GAP = re.compile(r"(?<!\$)\{\{-?\s*[\w.#/$]|\{%")
# Read here without their preprocessor, so a macro in right code may look like an error.
_PREPROCESSED = frozenset({"c", "cpp"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that does not parse. `line` and `column` count characters from 1; `source_line` is quoted whole."""

    path: PurePosixPath
    line: int
    column: int
    message: str
    source_line: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}: {self.source_line.strip()[:120]}"


def language_of(path: PurePosixPath) -> str | None:
    """Return the language in which a file of this name is judged here, or None if it is in none of them."""
    language = languages.language_of(path)
    known = language in grammars.LANGUAGES or language in _ALWAYS_RIGHT
    return language if known and path.suffix.lower() not in _OF_SEVERAL_LANGUAGES else None


def check_syntax(language: str | None, old: str | None, new: str, *, path: PurePosixPath) -> tuple[Finding, ...]:
    """Return the syntax errors that the new text has and the old one had not.

    An error is known from before if the old text had one of the same kind on a line that reads the same; each old
    error excuses one new error. So a file that was broken may stay as broken, however its lines move, while an error
    that a change causes on another line, or on a line that it writes, is found. Within a stretch that is one error
    to tree-sitter, errors are not told apart.

    Python is also read by CPython's own parser, which is stricter (indentation) and has the last word on what is
    right. Its errors count unless it rejected the old text too: the file may be for another version of Python.

    C and C++ are read here without their preprocessor. Where as many brackets are open at the end as before, an error
    beside a macro's name does not count, and none in a file in which the grammar failed already.

    A text that its grammar cannot read to the end (see `agent.grammars`) is one error, unless the old text was so, too.

    JSON, TOML and YAML with gaps for a template engine are not judged: only what fills them makes a file of it.
    Markdown has no errors. A language without a grammar here gives no findings; `language_of` tells it apart.

    """
    if language == "python":
        broken = _python_error(new, path)
        if broken is None:
            return ()
        if old is None or _python_error(old, path) is None:
            return (broken,)
    if language not in grammars.LANGUAGES:
        return ()
    read = grammars.read(language, new)
    if read.failure is None and (not read.faults or (language in _DATA and _GAP.search(new))):
        return ()
    read_before = grammars.Reading(()) if old is None else grammars.read(language, old)
    if read_before.failure is not None:
        return ()
    if read.failure is not None:
        return (Finding(path, 1, 1, read.failure, new.partition("\n")[0]),)
    errors = _findings(read, new, path)
    known = Counter(map(_identity, _findings(read_before, old or "", path)))
    if language in _PREPROCESSED and macros.open_brackets(new) == macros.open_brackets(old or ""):
        lines = new.split("\n")
        errors = [] if known else [error for error in errors if not macros.may_explain(error.line, lines)]
    findings: list[Finding] = []
    for error in errors:
        identity = _identity(error)
        if known[identity] > 0:
            known[identity] -= 1
        else:
            findings.append(error)
    return tuple(findings)


def _identity(error: Finding) -> tuple[str, str]:
    return error.message, error.source_line.strip()


def _findings(read: grammars.Reading, text: str, path: PurePosixPath) -> list[Finding]:
    lines = text.encode("utf-8", "replace").split(b"\n") if read.faults else []
    return [_finding(fault, lines, path) for fault in read.faults]


def _finding(fault: grammars.Fault, lines: list[bytes], path: PurePosixPath) -> Finding:
    line = lines[fault.row] if fault.row < len(lines) else b""
    return Finding(
        path=path,
        line=fault.row + 1,
        column=len(line[: fault.column].decode("utf-8", "replace")) + 1,
        message=fault.message,
        source_line=line.decode("utf-8", "replace"),
    )


def _python_error(text: str, path: PurePosixPath) -> Finding | None:
    """Return CPython's error if it rejects the text, be it for its syntax or for a depth it cannot run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        number = error.lineno or 1
        lines = text.split("\n")
        return Finding(
            path=path,
            line=number,
            column=max(error.offset or 1, 1),
            message=error.msg,
            source_line=lines[number - 1] if 0 < number <= len(lines) else "",
        )
    except (ValueError, RecursionError, MemoryError) as error:
        first, _, _ = text.partition("\n")
        return Finding(path, 1, 1, f"Python cannot read it: {error or type(error).__name__}", first)
    return None
