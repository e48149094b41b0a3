"""Whether a change breaks a file's syntax: tree-sitter's errors that the file did not have before."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath

from tree_sitter import Language, Node, Parser

# language → (package, the function in it that returns the grammar)
_GRAMMARS = {
    "c": ("tree_sitter_c", "language"),
    "css": ("tree_sitter_css", "language"),
    "go": ("tree_sitter_go", "language"),
    "html": ("tree_sitter_html", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "json": ("tree_sitter_json", "language"),
    "python": ("tree_sitter_python", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}

# `.h` is not here: it may be C, C++ or Objective-C, and the wrong grammar finds errors in right code.
_LANGUAGES = {
    ".c": "c",
    ".cjs": "javascript",
    ".css": "css",
    ".cts": "typescript",
    ".go": "go",
    ".htm": "html",
    ".html": "html",
    ".java": "java",
    ".js": "javascript",
    ".json": "json",
    ".jsx": "javascript",
    ".mjs": "javascript",
    ".mts": "typescript",
    ".py": "python",
    ".pyi": "python",
    ".rs": "rust",
    ".ts": "typescript",
    ".tsx": "tsx",
}


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
    """Return the language whose grammar reads a file of this name, or None if none here does."""
    return _LANGUAGES.get(path.suffix.lower())


def check_syntax(language: str | None, old: str | None, new: str, *, path: PurePosixPath) -> tuple[Finding, ...]:
    """Return the syntax errors that the new text has and the old one had not.

    An error is known from before if the old text had one of the same kind on a line that reads the same; each old
    error excuses one new error. So a file that was broken may stay as broken, however its lines move, while an error
    that a change causes on another line, or on a line that it writes, is found. Within a stretch that is one error
    to tree-sitter, errors are not told apart.

    Python is also read by CPython's own parser, which is stricter (indentation) and has the last word on what is
    right. Its errors count unless it rejected the old text too: the file may be for another version of Python.

    C is read here without its preprocessor: a file in which the grammar fails over macros already is not judged.

    A language without a grammar here gives no findings; `language_of` tells it apart.

    """
    if language == "python":
        broken = _python_error(new, path)
        if broken is None:
            return ()
        if old is None or _python_error(old, path) is None:
            return (broken,)
    if language is None or language not in _GRAMMARS:
        return ()
    package, function = _GRAMMARS[language]
    parser = Parser(Language(getattr(import_module(package), function)()))
    errors = list(_errors(parser, new, path))
    if not errors:
        return ()
    known = Counter() if old is None else Counter(map(_identity, _errors(parser, old, path)))
    if known and language == "c":
        return ()
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


def _errors(parser: Parser, text: str, path: PurePosixPath) -> Iterator[Finding]:
    """Walk the nodes that hold errors, outermost errors only. The stack is ours: trees may be very deep."""
    source = text.encode("utf-8", "replace")
    lines = source.split(b"\n")
    stack = [parser.parse(source).root_node]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            yield _finding(node, lines, path)
        elif node.has_error:
            stack.extend(reversed(node.children))


def _finding(node: Node, lines: list[bytes], path: PurePosixPath) -> Finding:
    row, column = node.start_point
    line = lines[row] if row < len(lines) else b""
    return Finding(
        path=path,
        line=row + 1,
        column=len(line[:column].decode("utf-8", "replace")) + 1,
        message=f"missing {node.type}" if node.is_missing else "syntax error",
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
