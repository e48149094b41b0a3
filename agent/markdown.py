"""Text of others inside Markdown of ours: nothing in it links, mentions or closes anything."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~&@-])")
_BACKTICKS = re.compile(r"`+")


def fenced(text: str, language: str) -> list[str]:
    """Return the lines of a code block, whatever its text holds."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", text.rstrip("\n"), fence]


def code(text: str) -> str:
    """Return a line as code, whatever it holds."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def escaped(text: str) -> str:
    """Return a line as plain text."""
    return _SPECIAL.sub(r"\\\1", text)
