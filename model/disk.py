"""The disk: where the cache is, small files and renames that survive a crash, and how much room there is."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from model.errors import WeightsError


def cache_root() -> Path:
    """Return the directory of all that can be made anew: the user's cache, or where MAGICODE_CACHE_DIR points."""
    moved = os.environ.get("MAGICODE_CACHE_DIR")
    return Path(moved).expanduser().absolute() if moved else platformdirs.user_cache_path("magicode")


def shares(cache_bytes: int) -> tuple[int, int]:
    """Return how many bytes of a cache are for what was encoded, and how many for what was tokenised."""
    return cache_bytes - cache_bytes // 3, cache_bytes // 3


def sync(path: Path) -> None:
    """Flush a file's bytes, or a directory's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(new: Path, path: Path) -> None:
    """Rename `new`, already synced, to `path` in one step, and make the rename last."""
    new.replace(path)
    sync(path.parent)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file that is either whole or not there."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sync(beside)
    replace(beside, path)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where the file is missing or is no JSON object."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def tree_bytes(directory: Path) -> int:
    """Sum the sizes of the files below a directory, which other processes may be changing."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += (Path(folder) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def require_room(directory: Path, needed_bytes: int, what: str) -> None:
    """Check that the disk of an existing directory has room.

    Raises:
        WeightsError: it has not; the message says what needs how much.

    """
    free_bytes = shutil.disk_usage(directory).free
    if free_bytes < needed_bytes:
        raise WeightsError(
            f"{what} needs {needed_bytes / 1e9:.1f} GB in {directory}, which has {free_bytes / 1e9:.1f} GB "
            "free; make room, or set MAGICODE_CACHE_DIR to a directory on a larger disk"
        )
