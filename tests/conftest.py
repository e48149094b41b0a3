"""Holds for every test."""

import os
import signal
from collections.abc import Iterator

import pytest

collect_ignore = ["benchmarks/edits/tasks"]  # repositories with tests of their own


def pytest_configure() -> None:
    """Let Ctrl-C through: a shell without job control starts what runs behind it with that signal ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    previous = os.umask(0o022)
    yield
    os.umask(previous)
