"""Checks the tasks themselves: what is asked is not there yet, and the solution brings it.

python -m tests.benchmarks.edits.check [NAME…]
"""

import sys
import tempfile
from pathlib import Path

from git import GitCommandError

from tests.benchmarks.edits.tasks import EditTask, TaskError, load_tasks


def faults(task: EditTask) -> list[str]:
    """Return what is wrong with a task, nothing if all is well."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        before = Path(name) / "before"
        task.check_out(before)
        report = task.run_tests(before)
        if report.passed and task.fails_before:
            found.append("the tests pass without any change")
        if not report.passed and not task.fails_before:
            found.append(f"the tests fail without any change:\n{report.tail}")
        if task.run_grading(before).passed:
            found.append("the grading passes without any change")
    with tempfile.TemporaryDirectory() as name:
        after = Path(name) / "after"
        repo = task.check_out(after)
        try:
            repo.git.apply("--index", "--whitespace=nowarn", str(task.directory / "solution.diff"))
        except GitCommandError as error:
            return [*found, f"the solution does not apply: {error.stderr.strip()}"]
        for kind, report in (("tests", task.run_tests(after)), ("grading", task.run_grading(after))):
            if not report.passed:
                found.append(f"the {kind} fail with the solution:\n{report.tail}")
    return found


def main(names: list[str]) -> int:
    """Check tasks, print what is wrong, and return the exit code."""
    try:
        tasks = load_tasks(names)
    except TaskError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    wrong = 0
    for task in tasks:
        if task.missing_programs:
            sys.stdout.write(f"{task.name}: not checked, there is no {', '.join(task.missing_programs)}\n")
            continue
        found = faults(task)
        wrong += bool(found)
        sys.stdout.write(f"{task.name}: {'; '.join(found) or 'right'}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
