"""Tests of a change before it is made: the command sees the work tree with the change in it, and nobody else does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent.change import change_of
from agent.failures import failed_tests, n_reasons, newly_failed
from agent.sandbox import TestReport, run_tests
from agent.treeio import Tree
from agent.validate import ValidatedPatch


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a change did. `new_failures` are tests that fail with it and not without it."""

    report: TestReport
    new_failures: frozenset[str]
    passed: bool

    @property
    def n_failures(self) -> int:
        """Failures that count; one where the command fails and names none."""
        return 0 if self.passed else max(1, len(self.new_failures))


@dataclass(slots=True)
class Trials:
    """Runs one test command over the same tree with different changes.

    What failed before does not count against a change: the tree as it is is tested once, when a change first fails.
    """

    command: str
    root: Path
    timeout_s: float
    on_output: Callable[[str], None]
    baseline: TestReport | None = field(default=None, init=False)

    def test(self, patch: ValidatedPatch) -> Verdict:
        """Test a change in a layer over the tree.

        Raises:
            PolicyError: this machine cannot confine the command.
            ConflictError: a file is beyond a symbolic link, or no regular file.

        """
        with Tree(self.root) as tree:
            changes = change_of(patch, tree).files
        report = run_tests(self.command, self.root, timeout_s=self.timeout_s, on_output=self.on_output, changes=changes)
        if report.passed:
            return Verdict(report, frozenset(), passed=True)
        if self.baseline is None:
            self.baseline = run_tests(
                self.command, self.root, timeout_s=self.timeout_s, on_output=lambda _text: None, changes=()
            )
        return judge(report, self.baseline)


def judge(report: TestReport, baseline: TestReport) -> Verdict:
    """Compare a red run with the tree's own: it passes if it ended, and all that failed had failed before."""
    failed = failed_tests(report.tail)
    new = newly_failed(failed, failed_tests(baseline.tail))
    ended_alike = not report.timed_out and report.exit_code == baseline.exit_code
    same = bool(failed) and not new and ended_alike and n_reasons(report.tail) <= n_reasons(baseline.tail)
    return Verdict(report, new, passed=not baseline.passed and same)
