"""The short form of `python -m tests.benchmarks.fuzz_hostile`."""

from pathlib import Path, PurePosixPath

import pytest

from tests.benchmarks.fuzz_hostile.case import run_case
from tests.benchmarks.fuzz_hostile.chunk import run_chunk
from tests.benchmarks.fuzz_hostile.diffs import hostile_diff
from tests.benchmarks.fuzz_hostile.world import World


def test_none_escapes_and_none_ends_but_in_a_typed_error() -> None:
    cases = run_chunk([*range(1, 400), 1_000, 1_050, 1_100, 1_150, 1_200])
    assert [case for case in cases if case.wrong] == []
    outcomes = {case.outcome for case in cases}
    assert outcomes >= {"applied", "PolicyError", "UntrustedError", "PatchError", "PlacementError", "BrokenSyntaxError"}


def test_a_seed_is_always_the_same_diff() -> None:
    assert [hostile_diff(seed) for seed in range(50)] == [hostile_diff(seed) for seed in range(50)]


@pytest.mark.parametrize(
    "guards", [("agent.headers.check_path", "agent.validate.check_path"), ("agent.validate.needs_consent",)]
)
def test_a_guard_that_is_taken_away_is_missed(
    guards: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the fuzzer would find nothing whatever there was."""
    world = World(tmp_path.resolve())
    for guard in guards:
        monkeypatch.setattr(guard, PurePosixPath if "check_path" in guard else lambda _: None)
    assert any(run_case(world, seed, "written").wrong for seed in range(1, 1_500))
