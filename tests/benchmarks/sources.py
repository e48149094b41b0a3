"""Which code a result was measured on, so that a stopped run goes on only with the very same."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "tests" / "benchmarks" / "results"
_SOURCES = {".npz", ".safetensors", ".py", ".c", ".cpp", ".h", ".inc", ".toml", ".md"}


def unfinished() -> Path:
    """Return the directory of what unfinished runs keep, which git does not see."""
    directory = RESULTS / "unfinished"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".gitignore").write_text("*\n")
    return directory


def digest(settings: dict[str, Any], directories: Sequence[str]) -> str:
    """Name settings together with the sources in some directories of the project."""
    found = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for directory in directories:
        for path in sorted((ROOT / directory).rglob("*")):
            if path.suffix in _SOURCES and path.name != "LOG.md":
                found.update(path.read_bytes())
    return found.hexdigest()[:16]
