"""The example of a toolkit that no model has seen: its tests pass but for the calculator's, which a calculator passes."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/gui_toolkit"
ANSWER = Path(__file__).with_name("calculator.py")
# What every toolkit that a model may have seen calls its things.
KNOWN = {"button", "label", "pack", "window", "widget", "grid", "click", "entry", "frame", "canvas", "layout", "column"}


def _tests(root: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-m", "unittest", "-q", *names]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("__pycache__")))


def test_only_the_calculator_is_missing(example: Path) -> None:
    assert _tests(example, "tests.test_quoin").returncode == 0
    done = _tests(example)
    assert done.returncode == 1
    assert "No module named 'calculator'" in done.stderr


def test_a_calculator_can_be_built(example: Path) -> None:
    shutil.copy(ANSWER, example / "calculator.py")
    done = _tests(example)
    assert done.returncode == 0, done.stderr


def test_its_names_are_its_own() -> None:
    defined = {
        node.name.lower()
        for path in (EXAMPLE / "quoin").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    assert not defined & KNOWN
    assert {"slab", "mote", "knurl", "trellis", "finger"} <= defined


def test_everything_is_documented() -> None:
    for path in (EXAMPLE / "quoin").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Module) and not getattr(
                node, "name", ""
            ).startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {getattr(node, 'name', 'module')}"
