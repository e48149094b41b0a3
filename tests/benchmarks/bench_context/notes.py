"""What parts of this benchmark have measured so far."""

from typing import Any

from tests.benchmarks.notes import Notes

_MEASURED = ("tests/benchmarks/bench_context", "model", "repo_index")


def notes_of(part: str, settings: dict[str, Any]) -> Notes:
    """Return the notes of one part, for the code as it is."""
    return Notes(f"bench_context-{part}", settings, _MEASURED)
