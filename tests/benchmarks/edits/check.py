"""Checks the tasks themselves: the repository fails the grading, and the solution passes it.

python -m tests.benchmarks.edits.check [NAME…]
"""

import sys
import tempfile
from pathlib import Path

from git import GitCommandError

from tests.benchmarks.edits.tasks import EditTask, load_tasks


def faults(task: EditTask) -> list[str]:
    """Return what is wrong with a task, nothing if all is well."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        before = Path(name) / "before"
        task.check_out(before)
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
    wrong = 0
    for task in load_tasks(names):
        if task.missing_programs:
            sys.stdout.write(f"{task.name}: not checked, there is no {', '.join(task.missing_programs)}\n")
            continue
        found = faults(task)
        wrong += bool(found)
        sys.stdout.write(f"{task.name}: {'; '.join(found) or 'right'}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
