"""The short form of `bench_kills`."""

import random
import signal
import time
from pathlib import Path

import pytest

from agent.sandbox import sandbox_status
from tests.benchmarks.bench_kills import KINDS, Killing


def test_killed_at_random_moments_the_tree_is_as_before_or_wholly_changed(tmp_path: Path) -> None:
    if not sandbox_status().namespaces:
        pytest.skip(sandbox_status().detail)
    killing = Killing(tmp_path, f"7{time.time_ns() % 10**8}")
    draw = random.Random(1)
    for kind in KINDS:
        applied, whole_s = killing.run(None, kind=kind)
        assert applied == (kind != "undo")
        for number in (signal.SIGKILL, signal.SIGTERM):
            killing.run(draw.uniform(0.2, 1.1) * whole_s, number, kind)
