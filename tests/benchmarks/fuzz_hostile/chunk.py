"""Many seeds in one world."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.fuzz_hostile.case import Case, How, run_case
from tests.benchmarks.fuzz_hostile.world import World

_GIT_EVERY, _COMMAND_EVERY = 50, 200
_MEMORY = Path("/dev/shm")  # where there is one, waiting for the disk takes no time


def run_chunk(seeds: Iterable[int]) -> list[Case]:
    """Return what comes of each seed, in a world that is made for them and removed."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as scratch:
        world = World(Path(scratch).resolve())
        return [run_case(world, seed, _how(seed)) for seed in seeds]


def _how(seed: int) -> How:
    return "command" if seed % _COMMAND_EVERY == 0 else "git" if seed % _GIT_EVERY == 0 else "written"
