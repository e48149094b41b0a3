"""What a request to merge says: the task, what was done, how it was tested, and how to do it again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.batch.plan import Task
from agent.escape import printable
from agent.markdown import code, fenced
from agent.sandbox import TestReport

_MAX_TASK = 10_000  # characters; GitHub takes 65,536 in all
_MAX_OUTPUT = 8_000
_MAX_FILES = 100
# The last line of a body, out of sight. A runner that has never seen the branch knows by it what was pushed.
_RECORD = re.compile(r"<!-- magicode: task (?P<task>[0-9a-f]{16}), pushed (?P<tip>[0-9a-f]{40}|[0-9a-f]{64}) -->")


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of a commit and the lines that it gains and loses there; None in a binary one."""

    path: str
    n_added: int | None
    n_removed: int | None


def body(task: Task, commit: str, message: str, files: Sequence[ChangedFile], report: TestReport | None) -> str:
    """Return a body in Markdown. What the task, the model or the tests wrote stands in code blocks.

    So it mentions nobody and closes no issue, whoever wrote it.
    """
    spec = task.spec
    summary = message.partition("\n\n> ")[0]  # what follows are the task and the tests again
    lines = ["### Task", "", *fenced(_cut(_lines(spec.task), _MAX_TASK), "text")]
    lines += ["", "### Summary", "", *fenced(_lines(summary), "text")]
    lines += ["", "### Files", "", *(_file(each) for each in files[:_MAX_FILES])]
    if len(files) > _MAX_FILES:
        lines.append(f"- and {len(files) - _MAX_FILES:,} more")
    lines += ["", "### Tests", "", *_tests(report)]
    lines += ["", "### Do it again", "", *fenced(_command(task), "sh")]
    lines += ["", f"Written by {code(_line(spec.model))} with magicode. Please review it as you would anybody's work."]
    return "\n".join([*lines, "", f"<!-- magicode: task {task.id}, pushed {commit} -->"])


def pushed_tip(text: str, task_id: str | None = None) -> str | None:
    """Return the commit that a body says was pushed for a task, for any task if none is given."""
    last = text.rstrip().replace("\r\n", "\n").rpartition("\n")[2]
    match = _RECORD.fullmatch(last)
    return match["tip"] if match and task_id in {None, match["task"]} else None


def _file(file: ChangedFile) -> str:
    counts = "binary" if file.n_added is None else f"+{file.n_added:,} −{file.n_removed:,}"  # noqa: RUF001
    return f"- {code(_line(file.path))} {counts}"


def _tests(report: TestReport | None) -> list[str]:
    if report is None:
        return ["None were run: no test command was given."]
    said = "passed" if report.passed else f"ended with {report.exit_code}, as it does without this change,"
    lines = [f"{code(_line(report.command))} {said} in {report.duration_s:.1f} s."]
    tail = _lines(report.tail)
    return [*lines, "", *fenced(tail[-_MAX_OUTPUT:], "text")] if tail.strip() else lines


def _command(task: Task) -> str:
    spec = task.spec
    words = ["magicode", "run", "--model", _quoted(spec.model), "-n", str(spec.attempts), "--yes"]
    if spec.test_cmd is not None:
        words += ["--test-cmd", _quoted(spec.test_cmd)]
    text, end = _lines(spec.task), "TASK"
    while end in text.split("\n"):  # else what follows in the task would be commands
        end += "_"
    return f"git switch --detach {task.base}\n{' '.join(words)} - <<'{end}'\n{text}\n{end}"


def _quoted(text: str) -> str:
    return "'" + _line(text).replace("'", "'\\''") + "'"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[… {len(text) - most:,} characters left out …]"


def _line(text: str) -> str:
    return printable(" ".join(text.split()))


def _lines(text: str) -> str:
    return printable(text.replace("\r\n", "\n"), keep="\n\t").strip("\n")
