"""What a run has measured so far, kept in a directory that git does not see, so that a stopped run goes on."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.bench_model.plan import Step
from tests.benchmarks.sources import RESULTS, digest, unfinished

__all__ = ["RESULTS", "Progress", "Result"]
_MEASURED = ("model", "agent", "repo_index", "tests/benchmarks/bench_model")


@dataclass(frozen=True, slots=True)
class Result:
    """A step and what came of it; `values` is None where there is only a reason for that."""

    step: Step
    values: dict[str, Any] | None
    error: str
    others_cores: float | None


class Progress:
    """The results of unfinished runs, one line each. A line counts only for the very code that it was measured on."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Open the directory; `settings` are what else a result depends on."""
        self.directory = unfinished()
        self._log = self.directory / "bench_model.jsonl"
        self._key = digest(settings, _MEASURED)

    def home(self, step: Step) -> Path:
        """Return a directory for what a step keeps until it is done."""
        home = self.directory / self._key / digest(step.values(), _MEASURED)
        home.mkdir(parents=True, exist_ok=True)
        return home

    def find(self, step: Step) -> Result | None:
        """Return the result of an earlier run that was stopped."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        for line in lines:
            noted = json.loads(line)
            if noted["key"] == self._key and noted["step"] == step.values():
                return Result(step, noted["values"], "", noted["others_cores"])
        return None

    def note(self, result: Result) -> None:
        """Keep a result."""
        line = {"key": self._key, "step": result.step.values(), "values": result.values}
        with self._log.open("a") as file:
            file.write(json.dumps(line | {"others_cores": result.others_cores}) + "\n")

    def clear(self) -> None:
        """Forget them: the run is complete."""
        self._log.unlink(missing_ok=True)
        shutil.rmtree(self.directory / self._key, ignore_errors=True)
