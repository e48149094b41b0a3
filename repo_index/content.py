"""What a file's content says of it: its encoding, whether a model should read it, and whether it is read last."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from repo_index import secrets
from repo_index.errors import UndecodableError
from repo_index.text import decode_text

# What becomes of a file: it is no text here; it is left out unless named; left out unless asked for; read last; read.
Kind = Literal["unreadable", "secret", "generated", "data", "text"]

_LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:[^\n]*\n)*?size (\d+)\n")
_LFS_MAX_BYTES = 1024  # of a pointer, by its specification
# Written by generators of all languages; `@generated` is that of Facebook's and Rust's tools.
_GENERATED = re.compile(
    r"^[\s/#*;<!-]*@generated\b|\bcode generated\b.{0,80}\bdo not edit\b"
    r"|\bauto-?generated\b.{0,80}\bdo not (?:edit|modify)\b",
    re.MULTILINE,
)
_HEAD_CHARACTERS = 1_000
_DATA_SUFFIXES = frozenset(
    {
        ".csv", ".dat", ".geojson", ".ipynb", ".json", ".jsonl", ".log", ".ndjson", ".po", ".pot", ".snap", ".sql",
        ".srt", ".svg", ".tsv", ".txt", ".vtt", ".xlf", ".xliff", ".xml", ".yaml", ".yml",
    }
)  # fmt: skip
_MIN_DATA_BYTES = 64_000  # about half of the default model's window, and more than people write by hand
_MIN_DENSE_BYTES = 10_000
_DENSE_LINE = 400  # characters a line on average; people write 20 to 60
_MINIFIED_SUFFIXES = frozenset({".cjs", ".css", ".js", ".mjs"})

# Tells what `examine` finds.
RULES = repr(
    (
        secrets.RULES,
        (_LFS.pattern, _LFS_MAX_BYTES),
        (_GENERATED.pattern, _HEAD_CHARACTERS),
        (sorted(_DATA_SUFFIXES), _MIN_DATA_BYTES),
        (sorted(_MINIFIED_SUFFIXES), _MIN_DENSE_BYTES, _DENSE_LINE),
    )
)


@dataclass(frozen=True, slots=True)
class Content:
    """What was found: `reason` says why a file is of a kind other than text; `encoding` is empty where it is none."""

    kind: Kind
    reason: str = ""
    encoding: str = ""


def examine(path: PurePosixPath, data: bytes) -> tuple[Content, str]:
    r"""Return what a file's bytes say of it, and its text with `\n` endings."""
    if len(data) <= _LFS_MAX_BYTES and (pointer := _LFS.match(data)):
        return Content("unreadable", f"Git LFS pointer ({int(pointer[1]):,} bytes elsewhere)"), ""
    try:
        text, encoding = decode_text(data)
    except UndecodableError as error:
        return Content("unreadable", str(error)), ""
    wide = encoding.startswith(("utf-16", "utf-32"))
    if (secret := secrets.find_secret(text.encode() if wide else data)) is not None:
        return Content("secret", f"secret file ({secret})", encoding), text
    head = text[:_HEAD_CHARACTERS].casefold()
    if "generated" in head and _GENERATED.search(head):
        return Content("generated", "generated (it says so)", encoding), text
    suffix = path.suffix.lower()
    n_line = len(text) // (text.count("\n") + 1)
    if len(data) > _MIN_DENSE_BYTES and n_line > _DENSE_LINE:
        if suffix in _MINIFIED_SUFFIXES:
            return Content("generated", f"minified ({n_line:,} characters a line)", encoding), text
        return Content("data", f"data ({n_line:,} characters a line)", encoding), text
    if suffix in _DATA_SUFFIXES and len(data) > _MIN_DATA_BYTES:
        return Content("data", f"data file ({len(data):,} bytes)", encoding), text
    return Content("text", "", encoding), text
