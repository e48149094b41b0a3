"""Holds for every test."""

import os
from collections.abc import Iterator

import pytest

collect_ignore = ["benchmarks/edits/tasks"]  # repositories with tests of their own


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    previous = os.umask(0o022)
    yield
    os.umask(previous)
