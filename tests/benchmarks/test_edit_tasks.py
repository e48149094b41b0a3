"""The editing tasks are what they say: see `tests.benchmarks.edits.check`, which this runs over all of them."""

import shutil
from pathlib import Path

import pytest

from tests.benchmarks.edits.check import faults
from tests.benchmarks.edits.tasks import EditTask, TaskError, load_tasks


@pytest.mark.parametrize("task", load_tasks(), ids=lambda task: task.name)
def test_fails_before_and_passes_with_the_solution(task: EditTask) -> None:
    if task.missing_programs:
        pytest.skip(f"there is no {', '.join(task.missing_programs)}")
    assert faults(task) == []


def test_a_task_whose_tests_say_nothing_is_found(tmp_path: Path) -> None:
    [task] = load_tasks(["sh_count_exit_code"])
    copy = tmp_path / task.name
    shutil.copytree(task.directory, copy)
    (copy / "repo/test/run.sh").write_text("true\n")
    assert faults(EditTask.read(copy)) == ["the tests pass without any change"]


def test_a_task_without_a_word_on_its_tests_is_refused(tmp_path: Path) -> None:
    [task] = load_tasks(["sh_count_exit_code"])
    copy = tmp_path / task.name
    shutil.copytree(task.directory, copy)
    toml = (copy / "task.toml").read_text()
    (copy / "task.toml").write_text(toml.replace("fails_before = true\n", ""))
    with pytest.raises(TaskError, match="has the keys"):
        EditTask.read(copy)
