"""Tests of a change before it is made: the command sees the work tree with the change in it, and nobody else does."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from pathlib import Path

from agent.change import change_of
from agent.errors import ConfigError
from agent.failures import failed_tests, n_reasons, newly_failed
from agent.sandbox import TestReport, run_tests
from agent.treeio import Tree
from agent.validate import ValidatedPatch

_NOT_RUN = frozenset({126, 127})  # what a shell ends with where a program cannot be run, or is not there
_LACKS = re.compile(r"No module named '?(?:pytest|nose)\b|: command not found$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a change did. `new_failures` are tests that fail with it and not without it.

    With one that `is_as_before` the command says just what it says without it.
    """

    report: TestReport
    new_failures: frozenset[str]
    passed: bool
    is_as_before: bool = False

    @property
    def n_failures(self) -> int:
        """Failures that count; one where the command fails and names none."""
        return 0 if self.passed else max(1, len(self.new_failures))

    @property
    def severity(self) -> tuple[float, ...]:
        """How bad it is, to compare: tests that fail newly, those that fail at all, places where it says why.

        A run that names no failed test did not come so far as to test: it is worse than any that did.
        """
        if self.report.passed:
            return ()
        failed = len(failed_tests(self.report.tail)) or inf
        return len(self.new_failures) if failed < inf else inf, failed, n_reasons(self.report.tail)


@dataclass(slots=True)
class Trials:
    """Runs one test command over the same tree with different changes.

    What failed before does not count against a change: the tree as it is is tested once, when a change first fails. It
    is tested a second time when a change then fails a test by name that had passed: what fails in one of both runs
    and not in the other is flaky, and does not count either.
    """

    command: str
    root: Path
    timeout_s: float
    on_output: Callable[[str], None]
    baselines: list[TestReport] = field(default_factory=list, init=False)

    @property
    def flaky(self) -> frozenset[str]:
        """Tests that fail without any change in one run and not in the other."""
        first, *others = [failed_tests(report.tail) for report in self.baselines] or [frozenset[str]()]
        return first.symmetric_difference(*others) if others else frozenset()

    def test(self, patch: ValidatedPatch) -> Verdict:
        """Test a change in a layer over the tree.

        Raises:
            PolicyError: this machine cannot confine the command.
            ConflictError: a file is beyond a symbolic link, or no regular file.
            ConfigError: a program that the command needs is not there.

        """
        with Tree(self.root) as tree:
            changes = change_of(patch, tree).files
        report = run_tests(self.command, self.root, timeout_s=self.timeout_s, on_output=self.on_output, changes=changes)
        if report.passed:
            return Verdict(report, frozenset(), passed=True)
        if not self.baselines:
            self._test_tree()
        if _cannot_run(report) and self.baselines[0].exit_code == report.exit_code:
            raise ConfigError(
                f"the tests cannot run: `{self.command}` ends with exit code {report.exit_code}, "
                "without any change, too; install what it needs, or go without (--test-cmd '')"
            )
        verdict = judge(report, self.baselines)
        if verdict.new_failures and len(self.baselines) == 1 and not self.baselines[0].timed_out:
            self._test_tree()
            verdict = judge(report, self.baselines)
        return verdict

    def _test_tree(self) -> None:
        report = run_tests(self.command, self.root, timeout_s=self.timeout_s, on_output=lambda _text: None, changes=())
        self.baselines.append(report)


def _cannot_run(report: TestReport) -> bool:
    return report.exit_code in _NOT_RUN or (not failed_tests(report.tail) and _LACKS.search(report.tail) is not None)


def judge(report: TestReport, baselines: Sequence[TestReport]) -> Verdict:
    """Compare a red run with the tree's own: it passes if it ended, and all that failed had failed before."""
    failed = failed_tests(report.tail)
    new = newly_failed(failed, chain.from_iterable(failed_tests(each.tail) for each in baselines))
    red = [each for each in baselines if not each.passed]
    ended_alike = not report.timed_out and report.exit_code in {each.exit_code for each in red}
    known = max((n_reasons(each.tail) for each in red), default=0)
    return Verdict(
        report,
        new,
        passed=bool(failed) and not new and ended_alike and n_reasons(report.tail) <= known,
        is_as_before=ended_alike and _words(report) in map(_words, red),
    )


def _words(report: TestReport) -> str:
    return re.sub(r"\d+", "", report.tail)  # times and addresses differ from run to run
