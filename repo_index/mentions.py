"""`@path` in a task: which files and directories it names."""

import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from repo_index.languages import language_of

# An address has a word before its `@`; quotes hold a path with blanks.
_MENTION = re.compile(r"""(?<![\w@./\\-])@(?:"([^"\n]+)"|([^\s"'`<>|]+))""")
_TRAILING = ".,;:!?)]}*_…"


@dataclass(frozen=True, slots=True)
class Mentions:
    """A task whose mentions are plain paths from the root, and what they name.

    `unknown` are those that look like a path and name nothing that is there.
    """

    text: str
    paths: tuple[PurePosixPath, ...]
    unknown: tuple[str, ...]


def resolve_mentions(task: str, root: Path, here: Path | None = None) -> Mentions:
    """Find what a task names by `@path` or `@"path"`, relative to the directory `here`, else to `root`.

    What is not there, as a decorator's or a person's name, stays as it is; so does what is outside `root` or inside a
    git directory. No symbolic link is followed out of the root: only names are looked at, nothing is read.
    """
    paths: dict[PurePosixPath, None] = {}
    unknown: dict[str, None] = {}
    prefix = _prefix(root, here)

    def replace(match: re.Match[str]) -> str:
        quoted, plain = match.groups()
        for name in [quoted] if quoted else _shortened(plain):
            if (path := _found(name, root, prefix)) is not None:
                paths[path] = None
                shown = f'"{path}"' if " " in str(path) else str(path)
                return shown + match[0][len(name) + 1 :] if plain else shown
        name = quoted or plain.rstrip(_TRAILING)
        if quoted or "/" in name.strip("/") or language_of(PurePosixPath(name)) is not None:
            unknown[name] = None
        return match[0]

    return Mentions(_MENTION.sub(replace, task), tuple(paths), tuple(unknown))


def _prefix(root: Path, here: Path | None) -> PurePosixPath:
    """Return the directory of the user below the root."""
    if here is None:
        return PurePosixPath()
    try:
        return PurePosixPath(here.resolve().relative_to(root))
    except (OSError, ValueError):
        return PurePosixPath()


def _shortened(name: str) -> list[str]:
    """Return a name, and what of it is left without the signs at its end, the longest first."""
    names = [name]
    while names[-1] and names[-1][-1] in _TRAILING:
        names.append(names[-1][:-1])
    return names


def _found(name: str, root: Path, prefix: PurePosixPath) -> PurePosixPath | None:
    for base in dict.fromkeys([prefix, PurePosixPath()]):
        whole = posixpath.normpath(base / name) if name and not name.startswith("/") else ".."
        path = PurePosixPath(whole)
        if whole == "." or ".." in path.parts or any(part.lower() == ".git" for part in path.parts):
            continue
        try:
            if "\0" not in name and os.path.lexists(root / path):
                return path
        except (OSError, ValueError):  # a name that is too long, or no name for this system
            continue
    return None
