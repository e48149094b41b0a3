from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import PlacementError
from agent.misplaced import evidence
from agent.parse import parse_patch
from agent.place import place
from agent.repair import repair_text
from repo_index.text import TextFile

PATH = PurePosixPath("calc.py")
LINES = ["import os", "", "", "def add(a, b):", "    total = a - b", "    return total", "", "", *["x = 1"] * 60]


def _rejected(diff: str, lines: list[str]) -> PlacementError:
    file = TextFile.decode("".join(f"{line}\n" for line in lines).encode())
    with pytest.raises(PlacementError) as raised:
        place(parse_patch(f"--- a/{PATH}\n+++ b/{PATH}\n{diff}"), {PATH: file})
    return raised.value


def test_the_hunk_and_the_lines_that_are_there() -> None:
    error = _rejected("@@ def add(a, b):\n def add(a, b):\n-    return a - b\n+    return a + b\n", LINES)
    hunk, true = error.evidence.split("The lines that the file has there:")
    assert "\n@@ def add(a, b):\n def add(a, b):\n-    return a - b\n+    return a + b\n```" in hunk
    assert true == "\n\n### calc.py\n```python\n" + "\n".join(LINES[:9]) + "\n⋮\n```\n\n"


def test_each_place_where_there_are_several() -> None:
    lines = ["a = 0", *["b"] * 20, "a = 0", *["c"] * 20]
    error = _rejected("@@\n-a = 0\n+a = 1\n", lines)
    assert "a = 0\nb\nb\nb\nb\n⋮\nb\nb\nb\nb\na = 0\nc\nc\nc\nc\n⋮\n" in error.evidence


def test_a_hunk_whose_first_line_is_nowhere_is_looked_for_by_its_others() -> None:
    error = _rejected("@@\n def sub(a, b):\n-    total = a - b\n+    total = a + b\n", LINES)
    assert "def add(a, b):\n    total = a - b\n    return total\n" in error.evidence


def test_nothing_alike_shows_the_hunk_alone() -> None:
    error = _rejected("@@\n-nothing of it\n+at all\n", LINES)
    assert "-nothing of it\n+at all\n" in error.evidence
    assert "The lines that the file has" not in error.evidence


def test_the_model_is_shown_it_where_it_fits() -> None:
    error = _rejected("@@\n def add(a, b):\n-    return a - b\n+    return a + b\n", LINES)
    whole = repair_text(error, lambda _: True)
    assert whole is not None
    assert error.evidence.strip() in whole
    short = repair_text(error, lambda text: len(text) < len(whole))
    assert short is not None
    assert str(error) in short
    assert "The hunk that was not taken" not in short


@given(
    old=st.lists(st.sampled_from(["a", "b", "", " c", "d"]), min_size=1, max_size=60),
    lines=st.lists(st.sampled_from(["a", "b", "", "c", "e"]), max_size=200),
)
def test_it_stays_short_whatever_was_written(old: list[str], lines: list[str]) -> None:
    patch = parse_patch(f"--- a/{PATH}\n+++ b/{PATH}\n@@\n" + "".join(f"-{line}\n" for line in old) + "+new\n")
    shown = evidence(PATH, patch.files[0].hunks[0], TextFile.decode("".join(f"{line}\n" for line in lines).encode()))
    assert len(shown.splitlines()) <= 40 + 3 * (40 + 2 * 4 + 1) + 14
