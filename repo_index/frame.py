"""How one file looks inside the prompt: a heading with its path, and its text in a fence that it cannot close."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from repo_index.languages import language_of

LEFT_OUT = "\u22ee\n"  # a line of three dots
_FENCES = re.compile("```+")
_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}


def frame_file(path: PurePosixPath, text: str) -> str:
    r"""Return the text that stands for one file in the prompt.

    The fence is longer than any run of backticks in `text`, so no line of a file can end it, and the path is
    quoted onto one line; whatever a file is named or holds, it stays inside its frame.

    Args:
        path: path inside the repository.
        text: the file's text with `\n` endings.

    """
    longest = max(map(len, _FENCES.findall(text)), default=2)
    fence = "`" * (longest + 1)
    newline = "" if not text or text.endswith("\n") else "\n"
    return f"### {quote_path(path)}\n{fence}{language_of(path) or ''}\n{text}{newline}{fence}\n\n"


def cut_lines(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return lines of a text, a mark in each place where some are left out.

    Args:
        text: the whole text.
        spans: first line and the line behind the last, from 0; in order, and apart from each other.

    """
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)  # a line ends at `\n` alone
    parts: list[str] = []
    at = 0
    for first, last in spans:
        parts += [LEFT_OUT] * (first > at) + lines[first:last]
        at = last
    return "".join(parts) + LEFT_OUT * (at < len(lines))


def quote_path(path: PurePosixPath) -> str:
    r"""Return a path on one printable line, as git writes it in a diff.

    A plain path is left as it is. One with control or format characters, quotes, backslashes, bytes that are
    not UTF-8, or a space at its edge is put in double quotes with C escapes; git reads both forms back.
    """
    name = str(path)
    if name.isprintable() and name == name.strip() and _ESCAPES.keys().isdisjoint(name):
        return name
    return '"' + "".join(map(_escape, name)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))
