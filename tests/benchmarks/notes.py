"""What a part of a run has measured so far, one line each, so that a stopped run goes on."""

import json
from collections.abc import Sequence
from typing import Any

from tests.benchmarks.sources import digest, unfinished


class Notes:
    """The lines of one part of a benchmark, for the very same code and settings."""

    def __init__(self, part: str, settings: dict[str, Any], measured: Sequence[str]) -> None:
        """Read what an earlier run has noted; `settings` and the sources in `measured` are what a line depends on."""
        self._path = unfinished() / f"{part}-{digest(settings, measured)}.jsonl"
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        whole, _, torn = text.rpartition("\n")
        if torn:  # the run was killed while it wrote
            self._path.write_text(whole + "\n" if whole else "", encoding="utf-8")
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in whole.split("\n") if line]

    def note(self, line: dict[str, Any]) -> None:
        """Keep a line."""
        self.lines.append(line)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def clear(self) -> None:
        """Forget them: the run is complete."""
        self._path.unlink(missing_ok=True)
