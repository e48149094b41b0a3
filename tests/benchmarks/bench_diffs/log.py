"""What parts of this benchmark have measured so far."""

from typing import Any

from tests.benchmarks.notes import Notes

_MEASURED = ("model", "agent", "repo_index", "tests/benchmarks/bench_diffs", "tests/fakes")


def log_of(part: str, settings: dict[str, Any]) -> Notes:
    """Return the notes of one part, for the code as it is."""
    return Notes(f"bench_diffs-{part}", settings, _MEASURED)
