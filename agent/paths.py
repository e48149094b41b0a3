"""Paths as a diff writes them: quoting, what is refused, and what needs an explicit yes."""

import re
import unicodedata
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import PurePosixPath

from agent.errors import PatchError, PolicyError

_MAX_NAME_BYTES = 255  # NAME_MAX on Linux and macOS
_MAX_PATH_BYTES = 1024  # PATH_MAX on macOS, the smaller of the two

# Code points that HFS+ ignores in names, so that `.g\u200cit` opens `.git` (git's `is_hfs_dotgit`).
_HFS_IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF], None)
# They make a name read as another one in a review.
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Globs over the folded path; `*` crosses directories. A pattern without `/` is matched against the file name.
_SELF_EXECUTING: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "it runs in continuous integration",
        (
            ".github/workflows/*", ".github/actions/*", ".gitea/workflows/*", ".forgejo/workflows/*",
            ".circleci/*", ".buildkite/*", ".woodpecker/*", ".teamcity/*", ".ci/*",
            ".gitlab-ci.yml", ".travis.yml", ".drone.yml", ".woodpecker.yml", ".appveyor.yml", "appveyor.yml",
            "azure-pipelines.yml", "bitbucket-pipelines.yml", "buildspec.yml", "cloudbuild.yaml", "jenkinsfile",
        ),
    ),
    (
        "it runs at each commit",
        (
            ".husky/*", ".githooks/*", ".huskyrc*", ".pre-commit-config.y*ml", ".overcommit.yml",
            "lefthook.y*ml", ".lefthook.y*ml", "lefthook-local.y*ml", "captainhook.json",
        ),
    ),
    (
        "git acts on it, and may run filters that it names",
        (".gitattributes", ".gitmodules", ".gitconfig"),
    ),
    (
        "an editor runs what it says when the folder is opened",
        (
            ".vscode/tasks.json", ".vscode/settings.json", ".vscode/launch.json", ".idea/*", ".devcontainer/*",
            ".devcontainer.json", "*.code-workspace", ".zed/*", ".exrc", ".nvimrc", ".nvim.lua", ".dir-locals.el",
        ),
    ),
    (
        "a shell, package manager, debugger or agent runs what it says",
        (
            ".envrc", ".mise.toml", "mise.toml", ".npmrc", ".yarnrc", ".yarnrc.yml", ".yarn/*", ".pnpmfile.cjs",
            ".cargo/*", ".mvn/*", "*.pth", "sitecustomize.py", "usercustomize.py", ".gdbinit", ".lldbinit",
            ".mcp.json", ".cursor/*", ".claude/*", ".codex/*", ".gemini/*",
        ),
    ),
    ("it decides what the model may read", (".magicodeignore",)),
    ("it decides who has to review a change, or opens some by itself", (
        "codeowners", ".github/dependabot.y*ml", "renovate.json*", ".renovaterc*",
    )),
)  # fmt: skip

_DRIVE = re.compile(r"[A-Za-z]:")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_LETTERS = {code: letter for letter, code in _ESCAPES.items()}
_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|.)", re.DOTALL)


def quote(name: str) -> str:
    """Write a path as git does: in double quotes with C escapes if a byte of it is not plain ASCII."""
    data = _bytes(name)
    if all(32 <= byte < 127 and byte not in b'"\\' for byte in data):
        return name
    return '"' + "".join(map(_escape, data)) + '"'


def _escape(byte: int) -> str:
    if byte in _LETTERS:
        return "\\" + _LETTERS[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def unquote(text: str) -> str:
    """Read a path that git may have quoted; the inverse of `quote`.

    Raises:
        PatchError: an escape that git does not write.

    """
    if not (len(text) > 1 and text.startswith('"') and text.endswith('"')):
        return text
    out = bytearray()
    end = 0
    inner = text[1:-1]
    for match in _ESCAPE.finditer(inner):
        out += _bytes(inner[end : match.start()])
        code = match[1]
        if code in _ESCAPES:
            out.append(_ESCAPES[code])
        elif len(code) == 3:
            out.append(int(code, 8))
        else:
            raise PatchError(f"{text[:80]!a}: \\{code} is no escape in a quoted path")
        end = match.end()
    out += _bytes(inner[end:])
    return out.decode("utf-8", "surrogateescape")


def _bytes(name: str) -> bytes:
    """Encode as POSIX Python does for file names: bytes that are no UTF-8 travel as lone surrogates."""
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise PolicyError(f"{name[:80]!a} cannot be a file name: {error.reason}") from error


def check_path(name: str | PurePosixPath) -> PurePosixPath:
    """Return the path, if a change may touch it at all.

    Refused are paths that leave the root, `.git` under any of the names by which some file system opens it,
    control and direction characters, backslashes, and magicode's own configuration.

    Raises:
        PolicyError: the path is one of these; the message says which.

    """
    text = str(name)
    shown = ascii(text if len(text) <= _MAX_PATH_BYTES else text[:80] + "…")
    if text.startswith("/") or _DRIVE.match(text):
        raise PolicyError(f"{shown} is absolute; paths in a diff are relative to the repository's root")
    if "\\" in text:
        raise PolicyError(f"{shown} holds a backslash, which some systems read as a separator")
    for character in "" if text.isascii() and text.isprintable() else text:
        if unicodedata.category(character) == "Cc" or character in _DIRECTION_MARKS:
            raise PolicyError(f"{shown} holds the control character U+{ord(character):04X}")
    sizes = [len(_bytes(part)) for part in text.split("/")]
    if max(sizes) > _MAX_NAME_BYTES or sum(sizes) + len(sizes) > _MAX_PATH_BYTES:
        raise PolicyError(f"{shown} is longer than a file name can be")
    for part in text.split("/"):
        if part in ("", ".", ".."):
            raise PolicyError(f"{shown} has the component {part!r}; write the plain path from the root")
        folded = _fold(part)
        if folded in (".git", "git~1"):
            raise PolicyError(f"{shown} is inside git's own directory ({part!r} opens as .git)")
        if folded == ".magicode.toml":
            raise PolicyError(f"{shown} configures magicode itself; change it by hand")
    return PurePosixPath(text)


def needs_consent(path: PurePosixPath) -> str | None:
    """Say why a file executes on its own, or None if it does not; letter case is ignored."""
    parts = [_fold(part) for part in path.parts]
    for reason, patterns in _SELF_EXECUTING:
        for pattern in patterns:
            # a nested project has the same files: `web/.husky/pre-commit` runs too
            tails = ["/".join(parts[i:]) for i in range(len(parts))] if "/" in pattern else parts[-1:]
            if any(fnmatchcase(tail, pattern) for tail in tails):
                return reason
    return None


@lru_cache(maxsize=1 << 16)  # of a hundred thousand paths, most directories are the same few
def _fold(part: str) -> str:
    """Reduce a name to the one by which HFS+, APFS or NTFS would open it."""
    plain = unicodedata.normalize("NFC", part.translate(_HFS_IGNORED)).casefold()
    return plain.split(":", 1)[0].rstrip(" .")
