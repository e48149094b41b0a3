"""Diffs that somebody wrote who means harm, or nothing at all: drawn from a seed, text as `magicode apply` reads it."""

import random
from collections.abc import Callable

from agent.paths import quote
from tests.benchmarks.fuzz_hostile.world import FILES, LINKS

_HOSTILE_PATHS = (
    *("../outside/target.txt", "/etc/passwd", "docs/../../outside/x", "./../x", "a/./b", "..", ".", "", "//x", "x/"),
    *(".git/config", ".GIT/hooks/post-checkout", ".git./config", ".git /config", "git~1/config", "GIT~1/x", ".git"),
    *(
        ".git::$INDEX_ALLOCATION/config",
        ".g\u200cit/config",
        ".gi\ufefft/config",
        "docs/.git/hooks/x",
        "nested/.git/config",
    ),
    *("link", "linked/target.txt", "linked/new.txt", "self", "dangling", "nested/new.txt", "nested/.git/hooks/x"),
    *(".github/workflows/x.yml", ".husky/pre-commit", ".envrc", ".gitattributes", ".gitmodules", ".vscode/tasks.json"),
    *(".env", "pixel.png", ".magicode.toml", ".magicodeignore", "AGENTS.md", "sitecustomize.py", "conftest.py"),
    *("C:/Windows/x", "c:x", "a\\..\\b", "\\\\host\\x", "CON", "NUL.txt", "aux", "x:stream", "a b", " a", "a ", "a\tb"),
    *("x\x1b]0;owned\x07", "x\x1b[2J", "x\r", "x\x9b31m", "\u202etxt.py", "x\0y", "\ud800", "\udcff.txt", "x\ny"),
    *("CALC.PY", "Docs/use.md", "docs", "docs/use.md/below", "calc.py/below", "Cafe\u0301.txt", "docs/Cafe\u0301.txt"),
    *("x" * 256, "d/" * 600 + "x", "a/" * 40 + "b", "~/x", "$HOME/x", "`id`", "-rf", "--output=x", ":(top)x", "*"),
    *("<|im_end|>", "<|im_start|>system", "\u3164", "caf\u00e9", "\u65e5\u672c/\u8a9e.txt"),
)
_MODES = ("100644", "100755", "120000", "160000", "104755", "040000", "100664", "0", "garbage", "", "1006440", "-1")
_TEXTS = (
    *("x", "", " ", "\t", "return a + b", "def add(a, b):", "    return a - b", "echo run", "one", "two", "# Use"),
    *(
        "\x1b[2J\x1b]52;c;cm0gLXJmIH4=\x07",
        "\x9b31m",
        "\r",
        "a\rb",
        "\0",
        "\ufeff",
        "\u202e",
        "\u2028",
        "\ud800",
        "\udcff",
    ),
    *(
        "<|im_end|>",
        "<|endoftext|>",
        "[bold]x[/bold]",
        "-- ",
        "--- a/x",
        "+++ b/x",
        "@@ -1 +1 @@",
        "diff --git a/x b/x",
    ),
    *("\\ No newline at end of file", "x" * 5_000, "(" * 300, "- " * 300, "<a " * 50, "gr\u00f6\u00dfe", "\U0001f600"),
    *("Subproject commit 0123456789012345678901234567890123456789", "../outside/target.txt", "{{ x }}", "$(id)"),
)
_HEADERS = (
    *("GIT binary patch", "literal 5", "delta 3", "Binary files a/x and b/x differ", "copy from calc.py", "copy to x"),
    *("rename from calc.py", "rename to ../x", "rename from link", "rename to .git/hooks/x", "similarity index 100%"),
    *("new file mode 120000", "deleted file mode 160000", "old mode 100644", "new mode 120000", "new mode 100755"),
    *("index 1234567..89abcde 120000", "index 0000000..1111111 160000", "--- /dev/null", "+++ /dev/null", "---", "+++"),
    *(
        "--- a/calc.py",
        "+++ b/calc.py",
        "diff --git a/calc.py b/calc.py",
        "diff --cc calc.py",
        "@@@ -1 -1 +1 @@@",
        "@@",
    ),
    *("@@ -1,99999999 +1 @@", "@@ -999999999,1 +1,1 @@", "@@ -0,0 +1,2 @@", "@@ -1 +1 @@ x\x1b[2J", "@@ -1,-1 +1,1 @@"),
    *(
        "Index: calc.py",
        "Only in x: y",
        "*** Begin Patch",
        "*** Update File: calc.py",
        "2c2",
        "```diff",
        "```",
        "-- ",
        "",
    ),
    *("From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001", "<<<<<<< SEARCH", ">>>>>>> REPLACE"),
)
_TEXT_PATHS = tuple(path for path in FILES if path != "pixel.png")


def hostile_diff(seed: int) -> str:
    """Return the diff of a seed, as it is read from bytes."""
    draw = random.Random(seed)
    parts = "".join(_part(draw) for _ in range(draw.choice((1, 1, 1, 2, 3))))
    text = draw.choice(_DRESSES)(parts)
    for _ in range(draw.choice((0, 0, 1, 1, 2, 4))):
        text = draw.choice(_MUTATIONS)(text, draw)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")


def _part(draw: random.Random) -> str:
    kind = draw.choice(("modify", "modify", "create", "delete", "rename", "mode"))
    old = draw.choice(_TEXT_PATHS) if draw.random() < 0.8 else draw.choice(_HOSTILE_PATHS)
    new = draw.choice(_HOSTILE_PATHS) if draw.random() < 0.5 else f"new/{draw.randrange(50)}.txt"
    if kind == "create":
        old = new
    elif kind != "rename":
        new = old
    a, b = _name(f"a/{old}", draw), _name(f"b/{new}", draw)
    lines = [f"diff --git {a} {b}"] if kind in ("rename", "mode") or draw.random() < 0.7 else []
    if kind == "mode":
        return "\n".join([*lines, f"old mode {draw.choice(_MODES)}", f"new mode {draw.choice(_MODES)}", ""])
    if lines and kind in ("create", "delete"):
        mode = draw.choice(_MODES) if draw.random() < 0.3 else "100644"
        lines.append(f"{'new' if kind == 'create' else 'deleted'} file mode {mode}")
    if kind == "rename":
        lines += [f"rename from {_name(old, draw)}", f"rename to {_name(new, draw)}"]
        if draw.random() < 0.5:
            return "\n".join([*lines, ""])
    lines.append(f"--- {'/dev/null' if kind == 'create' else a}")
    lines.append(f"+++ {'/dev/null' if kind == 'delete' else b}")
    return "\n".join([*lines, *_hunk(kind, old, draw), ""])


def _name(path: str, draw: random.Random) -> str:
    """Write a path as it is, as git would quote it, or with every byte escaped."""
    if draw.random() < 0.3:
        return path
    data = path.encode("utf-8", "surrogatepass")
    if draw.random() < 0.1:
        return '"' + "".join(f"\\{byte:03o}" for byte in data) + '"'
    return quote(data.decode("utf-8", "surrogateescape"))


def _hunk(kind: str, path: str, draw: random.Random) -> list[str]:
    data = FILES.get(path, (b"", 0))[0]
    old = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    at = draw.randrange(len(old))
    kept = [] if kind == "create" else old if kind == "delete" else old[at : at + draw.randrange(1, 4)]
    lines = [("-" if kind == "delete" or draw.random() < 0.4 else " ") + line for line in kept]
    added = ["+" + draw.choice(_TEXTS) for _ in range(0 if kind == "delete" else draw.randrange(1, 4))]
    body = lines + added if draw.random() < 0.7 else added + lines
    n_old, n_new = sum(line[0] != "+" for line in body), sum(line[0] != "-" for line in body)
    start = 0 if kind == "create" else at + 1
    right = f"@@ -{start},{n_old} +{max(start, 1)},{n_new} @@"
    return [draw.choice((right, right, "@@", f"@@ -{draw.randrange(99)},{n_old} +1,{draw.randrange(9)} @@")), *body]


_DRESSES: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: text,
    lambda text: f"Here is the change:\n\n```diff\n{text}```\nDone.\n",
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: text.rstrip("\n"),
)


def _spliced(text: str, draw: random.Random) -> str:
    lines, others = text.split("\n"), _part(draw).split("\n")
    return "\n".join(lines[: draw.randrange(len(lines) + 1)] + others[draw.randrange(len(others)) :])


def _line_dropped(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    del lines[draw.randrange(len(lines))]
    return "\n".join(lines)


def _line_doubled(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    return "\n".join([*lines[:at], lines[at], *lines[at:]])


def _header_put_in(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    lines.insert(draw.randrange(len(lines) + 1), draw.choice(_HEADERS))
    return "\n".join(lines)


def _text_put_in(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(_TEXTS) + text[at:]


def _cut(text: str, draw: random.Random) -> str:
    return text[: draw.randrange(len(text) + 1)]


def _character_changed(text: str, draw: random.Random) -> str:
    if not text:
        return text
    at = draw.randrange(len(text))
    return text[:at] + chr(draw.choice((draw.randrange(128), draw.randrange(0x3000)))) + text[at + 1 :]


def _linked(text: str, draw: random.Random) -> str:
    return text.replace(draw.choice(_TEXT_PATHS), draw.choice((*LINKS, *_HOSTILE_PATHS)))


_MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    _spliced,
    _line_dropped,
    _line_doubled,
    _header_put_in,
    _header_put_in,
    _text_put_in,
    _cut,
    _character_changed,
    _linked,
)
