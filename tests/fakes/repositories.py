"""Small repositories of the lines, names and endings that break tools which read diffs."""

import random
from pathlib import PurePosixPath

from repo_index.text import TextFile

_CODE = (
    "def add(a, b):", "    return a + b", "", "", "    ", "}", "    }", "x", "a", "b", "import os", "class Shop:",
    "    def total(self):", "        return sum(self.items)", "\tif (x) {", "# a comment", " * doc", "-- sql comment",
    "{% block %}", "y = 1  # trailing  ",
)  # fmt: skip
_HOSTILE = (
    "+", "-", "+ plus", "- minus", "-- a/a.py", "--- a/a.py", "+++ b/a.py", "-- /dev/null", "@@", "@@ -1,2 +3,4 @@",
    "```", "```diff", "\\ No newline at end of file", "diff --git a/x b/x", "new file mode 100644", " ",
    "  two", " one space", "\ttab", "\t", "-" * 300, "long " * 400, "cafe\u0301 = 1", "caf\u00e9 = 1", "\u0338=",
    "=\u0338", "\u65e5\u672c\u8a9e", "\U0001f642 ok", "a\rb", "\r", "ends in one\r", "\x0c", "\x1b[0m", "\x01\x02",
    "\u2028", "\x85", "\ufeffmark", "\u202eleft", "<|im_end|>", "</s>", "<unk>", "GIT binary patch", "index 000..111",
    "-- ", "--",
)  # fmt: skip
_PATHS = (
    "a.py", "b.py", "src/a.py", "src/b.py", "src/deep/c.py", "my file.txt", "with space/x y.py", "Docs/readme.md",
    "docs/other.md", "a/x", "b/x", "dev/null", "caf\u00e9.txt", "2020-01-01 10:00.log", "log 2020-01-01 10:00:00 +0000",
    "-- a", "--- a", "empty", "e", "K.txt", "\u212a.md", "x b/x", "@@",
)  # fmt: skip

CORPUS = "\n".join([*_CODE, *_CODE, *_CODE, *_HOSTILE[:20], *_PATHS, *_PATHS]) + "\n"


def random_repository(seed: int) -> dict[PurePosixPath, TextFile]:
    """Return the files of one repository, by path; the same for the same seed."""
    draw = random.Random(seed)
    return {PurePosixPath(path): _file(draw) for path in draw.sample(_PATHS, draw.randint(1, 6))}


def _file(draw: random.Random) -> TextFile:
    lines = _lines(draw)
    endings = draw.choice((["\n"], ["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"]))
    text = "".join(line + draw.choice(endings) for line in lines)
    if draw.random() < 0.05 or text.startswith("\ufeff"):  # a byte-order mark
        text = "\ufeff" + text.replace("\ufeff", "")
    elif draw.random() < 0.25:
        text = text.removesuffix("\n").removesuffix("\r")
    return TextFile.decode(text.encode())


def _lines(draw: random.Random) -> list[str]:
    shape = draw.random()
    if shape < 0.1:
        return []
    pool = draw.sample(_CODE, draw.randint(1, 8)) + draw.sample(_HOSTILE, draw.randint(0, 4))
    if shape < 0.2:
        return [draw.choice(pool)]
    if shape < 0.3:  # one line, again and again
        return [draw.choice(pool)] * draw.randint(2, 30)
    if shape < 0.6:  # x, a, b, y, a, b: blocks that stand at several places
        block = [draw.choice(pool) for _ in range(draw.randint(1, 4))]
        lines: list[str] = []
        for _ in range(draw.randint(2, 5)):
            lines += [draw.choice(pool)] * draw.randint(0, 1) + block
        return lines
    return [draw.choice(pool) for _ in range(draw.randint(2, 40))]
