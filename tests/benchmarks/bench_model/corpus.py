"""Real code, the same on every run: the standard library of the running interpreter, in sorted order."""

import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

_LEFT_OUT = frozenset({"site-packages", "dist-packages", "test", "tests", "idlelib", "turtledemo", "__pycache__"})
_SMALLEST, _LARGEST = 200, 2_500


def stdlib_files() -> Iterator[tuple[str, str]]:
    """Yield path inside the library and text of each module, sorted by path."""
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if _LEFT_OUT.isdisjoint(name.parts) and (text := path.read_text(encoding="utf-8", errors="replace")):
            yield name.as_posix(), text


def prompt_ids(encode: Callable[[str], list[int]], n_tokens: int) -> list[int]:
    """Return the first `n_tokens` ids of all files in a row."""
    ids: list[int] = []
    for _, text in stdlib_files():
        ids += encode(text)
        if len(ids) >= n_tokens:
            return ids[:n_tokens]
    raise ValueError(f"the standard library has only {len(ids):,} tokens")


def repository_files(count: Callable[[str], int], n_tokens: int) -> dict[str, str]:
    """Return files of 200 to 2,500 tokens each, taken in order as they fit, that have about `n_tokens` together."""
    files: dict[str, str] = {}
    left = n_tokens
    for name, text in stdlib_files():
        n = count(text)
        if _SMALLEST <= n <= min(left, _LARGEST):
            files[name] = text
            left -= n
        if left < _SMALLEST:
            break
    return files
