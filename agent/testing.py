"""The user's tests over changes: before they are made, each in a layer of its own, or else in place."""

from collections.abc import Collection, Sequence
from functools import cached_property

from agent.attempts import Attempt
from agent.errors import FailingTestsError
from agent.failures import failed_tests, reasons
from agent.options import JobOptions
from agent.outcome import Record
from agent.sandbox import TestReport, can_layer, run_tests
from agent.trials import Trials
from agent.ui import Ui
from repo_index.folder import Source

_MANY = 5  # tests that an error names


class Testing:
    """Runs the test command, if there is one, and notes what it says."""

    def __init__(self, source: Source, options: JobOptions, ui: Ui, record: Record) -> None:
        """Take what is tested, and the record to fill in; nothing runs yet."""
        self._source, self._options, self._ui, self._record = source, options, ui, record

    @property
    def comes_after(self) -> bool:
        """Whether changes can only be tested in place."""
        return self._options.test_command is not None and self._trials is None

    def test(self, attempts: Sequence[Attempt]) -> None:
        """Test attempts one after another until one passes, or all of them if the user wants to see all.

        Where changes cannot be tested before they are made, nothing is.

        Raises:
            ConfigError: the tests cannot run.

        """
        trials = self._trials
        if trials is None:
            return
        for attempt in attempts:
            if attempt.patch is None:
                continue
            self._ui.on_tests(trials.command)
            with self._record.timed("test"):
                attempt.verdict = trials.test(attempt.patch)
            self._record.flaky = trials.flaky
            self._record.report = attempt.verdict.report
            self._ui.on_tested(attempt.verdict.report)
            if not attempt.verdict.passed:
                attempt.error = self.failing(attempt.verdict.report, attempt.verdict.new_failures)
            elif attempt.verdict.report.passed and not self._options.tests_all:
                return

    def test_in_place(self) -> None:
        """Test the tree as it is, if that is the way in which changes are tested.

        Raises:
            FailingTestsError: the tests fail.

        """
        options = self._options
        if options.test_command is None or not self.comes_after:
            return
        self._ui.on_tests(options.test_command)
        with self._record.timed("test"):
            report = run_tests(
                options.test_command,
                self._source.root,
                timeout_s=options.test_timeout_s,
                on_output=self._ui.on_test_output,
                sandboxed=options.sandboxed,
            )
        self._record.report = report
        self._ui.on_tested(report)
        if not report.passed:
            raise self.failing(report, failed_tests(report.tail))

    def failing(self, report: TestReport, failed: Collection[str]) -> FailingTestsError:
        """Return the error that tells of a report and names the tests that failed."""
        root = self._source.root
        end = f"stopped after {report.duration_s:.0f} s" if report.timed_out else f"exit code {report.exit_code}"
        shown = [name.removeprefix(f"{root}/") for name in sorted(failed)[:_MANY]]
        names = f": {', '.join(shown)}{', …' * (len(failed) > _MANY)}" if failed else ""
        return FailingTestsError(f"`{report.command}` failed ({end}){names}", reasons(report.tail, root))

    @cached_property
    def _trials(self) -> Trials | None:
        """What tests changes before they are made; None where there is nothing to run, or it cannot be layered."""
        options = self._options
        if options.test_command is None or not options.sandboxed or not can_layer(self._source.root):
            return None
        return Trials(options.test_command, self._source.root, options.test_timeout_s, self._ui.on_test_output)
