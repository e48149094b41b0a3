r"""Repositories of the names, lines and endings that break tools which read diffs, around code in many languages."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tests.benchmarks.sources import ROOT

_TASKS = ROOT / "tests" / "benchmarks" / "edits" / "tasks"
_HOSTILE = (
    "+", "-", "++", "--", "+ plus", "- minus", "+\ttab", "-- a/x", "-- a/src/main.py", "--- a/x", "+++ b/x", "++ b/x",
    "-- /dev/null", "--- /dev/null", "@@", "@@ -1,2 +3,4 @@", "@@ def f():", " @@", "```", "```diff", " ```", "````",
    "\\ No newline at end of file", "diff --git a/x b/x", "new file mode 100644", "rename from x", "rename to y",
    "index 1234567..89abcde 100644", "GIT binary patch", "Binary files a/x and b/x differ", "similarity index 100%",
    "", "", " ", "  ", "    ", "\t", "\t\t", " \t", " one", "  two", "   three", "\tone tab", " * doc", " */",
    "trailing ", "trailing\t", "}", "}", "    }", "pass", "x = 1", "<<<<<<< HEAD", "=======", ">>>>>>> main",
    "-" * 300, "long " * 1500, "x" * 20_000, "caf\u00e9 = 1", "cafe\u0301 = 1", "\u0338=", "=\u0338",
    "\u65e5\u672c\u8a9e\u306e\u884c", "\U0001f642 ok", "\u0645\u0631\u062d\u0628\u0627", "\u202eleft", "a\rb", "\r",
    "ends in one\r", "\x0c", "\x1b[0m", "\u2028", "\x85", "\ufeffmark", "\u00a0space", "<|im_end|>", "<|endoftext|>",
    "</s>", "<unk>", "<0x0A>", "\u2581piece", "\u0120space",
)  # fmt: skip
_DIRECTORIES = (
    "", "", "", "src/", "src/", "lib/core/", "a/", "b/", "a/b/", "tests/", "Docs/", "docs/", "with space/", "dev/",
    "caf\u00e9/", "\u65e5\u672c/", "-- a/", "@@/", "one/two/three/four/five/six/seven/eight/nine/ten/", ".config/",
    ".github/workflows/", "p" * 80 + "/" + "q" * 80 + "/",
)  # fmt: skip
_STEMS = (
    "main", "util", "index", "x", "null", "readme", "README", "my file", "2020-01-01 10:00", "a b", "-", "--", "+",
    "@@", "empty", "f" * 100, "caf\u00e9", "cafe\u0301", "\u212a", "K", "k", "rename from x", "x b", "`", "data.v1",
    "\u00df", 'to be quoted "', "back\\slash", ".hidden", "git~2",
)  # fmt: skip
_WHOLE_PATHS = (
    "Makefile", "Dockerfile", ".gitignore", ".travis.yml", "dev/null", "b/b/x", "go.mod", "LICENSE",
    ".vscode/settings.json", "AGENTS.md",
)  # fmt: skip
_MAX_WINDOW = 120  # lines of a source file, at most


@dataclass(frozen=True, slots=True)
class Sources:
    """Real code by file ending, to make files of."""

    texts: Mapping[str, Sequence[str]]

    @classmethod
    def load(cls) -> "Sources":
        """Read the repositories of the editing tasks."""
        texts: dict[str, list[str]] = {}
        for path in sorted(_TASKS.glob("*/repo/**/*")):
            if path.is_file():
                texts.setdefault(_ending(path), []).append(path.read_text(encoding="utf-8"))
        return cls(texts)


@dataclass(frozen=True, slots=True)
class Generated:
    """The bytes of a repository's files by path, and which of them are executable."""

    files: Mapping[str, bytes]
    executable: frozenset[str]


def generate(sources: Sources, draw: random.Random) -> Generated:
    """Return one repository; the same for the same state of `draw`."""
    files: dict[str, bytes] = {}
    for _ in range(draw.choice((1, 2, 3, 5, 8, 8))):
        ending = draw.choice(sorted(sources.texts))
        path = draw.choice(_WHOLE_PATHS) if draw.random() < 0.08 else _path(ending, draw)
        if _fits(path, files):
            files[path] = _content(sources.texts[ending], draw)
    if draw.random() < 0.3:
        files["logo.png"] = b"\x89PNG\r\n\x1a\n\0\0" + draw.randbytes(40)
    return Generated(files, frozenset(path for path in files if draw.random() < 0.1))


def _path(ending: str, draw: random.Random) -> str:
    return f"{draw.choice(_DIRECTORIES)}{draw.choice(_STEMS)}{ending if draw.random() < 0.9 else ''}"


def _fits(path: str, files: Mapping[str, bytes]) -> bool:
    """Whether no file is where the path needs a directory, nor the other way round."""
    above = {str(parent) for parent in PurePosixPath(path).parents}
    taken = {str(parent) for other in files for parent in PurePosixPath(other).parents}
    return path not in files and path not in taken and above.isdisjoint(files)


def _content(texts: Sequence[str], draw: random.Random) -> bytes:
    lines = _lines(texts, draw)
    kind = draw.random()
    endings = ["\n"] if kind < 0.7 else ["\r\n"] if kind < 0.85 else ["\n", "\r\n"]
    text = "".join(line + draw.choice(endings) for line in lines)
    if draw.random() < 0.25:
        text = text.removesuffix("\n").removesuffix("\r")
    encoding = draw.random()
    if encoding < 0.03:
        return ("# \u00e4\u00f6\u00fc\n" + text).encode("latin-1", "replace")
    if encoding < 0.05:
        return ("\ufeff" + text).encode("utf-16-le")
    marked = encoding < 0.12 or text.startswith("\ufeff")
    return (("\ufeff" if marked else "") + text.lstrip("\ufeff")).encode()


def _lines(texts: Sequence[str], draw: random.Random) -> list[str]:
    kind = draw.random()
    if kind < 0.07:
        return []
    code = draw.choice(texts).split("\n")
    start = draw.randrange(len(code))
    code = code[: draw.randint(1, _MAX_WINDOW)] if draw.random() < 0.5 else code[start : start + _MAX_WINDOW]
    pool = draw.sample(code, min(len(code), draw.randint(1, 6))) + draw.sample(_HOSTILE, draw.randint(0, 5))
    if kind < 0.12:
        return [draw.choice(pool)]
    if kind < 0.17:  # one line, again and again
        return [draw.choice(pool)] * draw.randint(2, 60)
    if kind < 0.32:  # blocks that stand at several places
        block = [draw.choice(pool) for _ in range(draw.randint(1, 6))]
        return [line for _ in range(draw.randint(2, 6)) for line in (*draw.sample(pool, draw.randint(0, 1)), *block)]
    if kind < 0.45:
        return [draw.choice(pool) for _ in range(draw.randint(2, 60))]
    if draw.random() < 0.4:  # a block of the code once more, further on
        start = draw.randrange(len(code))
        at = draw.randint(0, len(code))
        code[at:at] = code[start : start + draw.randint(1, 20)]
    for line in draw.sample(_HOSTILE, draw.choice((0, 0, 1, 2, 5))):
        code.insert(draw.randint(0, len(code)), line)
    return code


def _ending(path: Path) -> str:
    return path.suffix or path.name
