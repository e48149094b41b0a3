"""Holds for every test."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

collect_ignore = ["benchmarks/edits/tasks"]  # repositories with tests of their own


# No test fails for being slow, on a machine that does other work, too; and fixtures are not changed by examples.
settings.register_profile(
    "any speed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("any speed")


def pytest_configure() -> None:
    """Let Ctrl-C through: a shell without job control starts what runs behind it with that signal ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    previous = os.umask(0o022)
    yield
    os.umask(previous)
