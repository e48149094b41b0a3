from pathlib import Path

import pytest

from model.machine import Memory, kernel_set, memory
from model.native.library import KERNEL_SETS

GB = 10**9


def test_what_is_available_is_no_more_than_there_is() -> None:
    found = memory()
    assert 0 < found.available_bytes <= found.total_bytes


def test_memory_without_linux_is_taken_as_free(tmp_path: Path) -> None:
    found = memory(tmp_path / "meminfo", ())
    assert found.available_bytes == found.total_bytes


@pytest.mark.parametrize(
    ("limit", "use", "expected"),
    [
        ("3000000000", "1000000000", Memory(3 * GB, 2 * GB)),
        ("3000000000", "4000000000", Memory(3 * GB, 0)),
        ("max", "1000000000", None),
        ("9223372036854771712", "1000000000", None),
    ],
)
def test_a_containers_limit_counts(tmp_path: Path, limit: str, use: str, expected: Memory | None) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   2500000 kB\n")
    (tmp_path / "max").write_text(f"{limit}\n")
    (tmp_path / "current").write_text(f"{use}\n")
    found = memory(tmp_path / "meminfo", ((str(tmp_path / "max"), str(tmp_path / "current")),))
    if expected is None:
        assert found.available_bytes == 2_560_000_000
        assert found.total_bytes == memory().total_bytes
    else:
        assert found == expected


def test_the_kernels_are_those_that_run_here() -> None:
    found = kernel_set()
    assert found is not None
    assert found[0] in KERNEL_SETS
    assert found[1] >= 1
