"""What a job looks like to a person: progress, the answer as it is written, the diff, questions, and how it ended."""

from collections.abc import Sequence

from rich.console import Console
from rich.segment import Segment, Segments
from rich.text import Text

from agent.attempts import Attempt, ranked
from agent.diffview import show_file, show_patch
from agent.errors import AgentError, message_of
from agent.escape import printable
from agent.keys import ask_on_terminal, edit_in_editor, show_in_editor
from agent.live import LiveAnswer, PhaseBar
from agent.outcome import Delivery, Record, usage
from agent.parse import parse_patch
from agent.patch import FilePatch, Patch
from agent.placed_as import placed_as
from agent.review import Review, review
from agent.sandbox import TestReport
from agent.validate import ValidatedPatch
from agent.workspace import AppliedChange
from agent.writer import listed
from model.api import Attended, Progress


class Terminal:
    """A `loop.Ui` on standard error."""

    def __init__(
        self,
        console: Console,
        *,
        review_mode: Review = "none",
        interactive: bool = False,
        show_usage: bool = False,
        show_all: bool = False,
    ) -> None:
        """Show on `console`; `interactive` tells whether somebody can answer questions."""
        self.console = console
        self._review_mode = review_mode
        self._interactive = interactive
        self._show_usage = show_usage
        self._show_all = show_all
        self._bar: PhaseBar | None = None
        self._answer: LiveAnswer | None = None
        self._in_line = False

    def on_progress(self, progress: Progress) -> None:
        """Show one step of a long phase; what the model looks at while it writes is shown beside what it writes."""
        if progress.phase == "view" and self._answer:
            self._answer.view(progress)
            return
        if self._bar is None or self._bar.phase != progress.phase:
            self.close()
            self._bar = PhaseBar(self.console, progress.phase)
        self._bar.update(progress)

    def on_note(self, text: str) -> None:
        """Say something that the user should know, and that is no error."""
        self.note(text, style="yellow")

    def on_attended(self, attended: Attended) -> None:
        """Say what of the repository the model looks at."""
        self.note(
            f"Looking at {attended.n_tokens:,} of {attended.n_repository_tokens:,} tokens: {attended.n_segments:,} "
            f"places in {attended.n_files:,} of {attended.n_repository_files:,} files "
            f"({attended.index_s + attended.route_s:.1f} s)."
        )

    def on_answer(self) -> None:
        """Make room for a new answer."""
        self.close()
        self._answer = LiveAnswer(self.console)

    def on_text(self, text: str) -> None:
        """Show a piece of the answer."""
        if self._answer:
            self._answer.add(text)

    def on_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Say what came of several answers, and show each diff if that was asked for."""
        for attempt in ranked(attempts):
            alike = f" ({attempt.n_alike} alike)" if attempt.n_alike > 1 else ""
            self.note(f"Attempt {attempt.number}{alike}: {_came_of(attempt)}", style="" if attempt.is_good else "dim")
            if self._show_all and attempt.patch is not None:
                show_patch(attempt.patch.patch, self.console)

    def on_rejected(self, error: AgentError) -> None:
        """Say why an attempt was not taken."""
        self.note(f"Not taken: {message_of(error)}", style="yellow")
        self.note("Asking the model again.", style="yellow")

    def on_tests(self, command: str) -> None:
        """Say that the tests begin."""
        self.note(f"Running `{command}`")

    def on_test_output(self, text: str) -> None:
        """Show what the test command prints."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        # a segment, since a text would be wrapped line by line: seconds for a megabyte
        shown = Segment(printable(lines, keep="\n\t"), self.console.get_style("dim"))
        self.console.print(Segments([shown]), soft_wrap=True, end="")
        self._in_line = not lines.endswith("\n")

    def on_tested(self, report: TestReport) -> None:
        """Say nothing yet: a failure is told by what becomes of the attempt, success at the end."""

    def consent(self, file: FilePatch, why: str) -> bool:
        """Show a file that executes on its own and ask whether it may be changed; nobody there means no."""
        self.close()
        if not self._interactive:
            return False
        show_file(file, self.console)
        self.note(f"{file.path}: {why}.", style="yellow")
        return ask_on_terminal("May the change touch it [y/n]? ") == "y"

    def placed(self, patch: ValidatedPatch) -> None:
        """Say how the patch was placed and checked."""
        for sentence in placed_as(patch):
            self.note(sentence, style="dim")

    def review(self, patch: ValidatedPatch) -> Patch:
        """Show the patch and return what the user takes of it."""
        self.close()
        self.placed(patch)
        if self._review_mode == "none":
            show_patch(patch.patch, self.console)
        return review(
            patch.patch,
            mode=self._review_mode,
            ask=ask_on_terminal,
            console=self.console,
            edit=edit_in_editor,
            parse=parse_patch,
            open_=lambda file: _open(file, patch),
        )

    def nothing_taken(self) -> None:
        """Say that the user took nothing."""
        self.note("Nothing was taken, nothing was changed.")

    def changed(self, change: AppliedChange) -> None:
        """Say what was changed, and how to take it back."""
        self.note(f"Changed {listed(change.paths)}. `magicode undo` takes it back.", style="bold")
        for note in change.notes:
            self.note(note)

    def delivered(self, delivery: Delivery) -> None:
        """Say where a change went, and how to take it back."""
        what, where = listed(delivery.paths), f" in {delivery.worktree}" if delivery.worktree else ""
        if delivery.commit is None:
            self.note(f"Changed {what}{where}. `magicode -C {delivery.worktree} undo` takes it back.", style="bold")
            return
        branch = f" on {delivery.branch}" if delivery.branch else ""
        commit = delivery.commit[:10]
        self.note(f"Committed {what} as {commit}{branch}{where}; `git show {commit}` shows it.", style="bold")

    def changed_back(self, change: AppliedChange) -> None:
        """Say what was undone."""
        self.note(f"Took back {change.undo_id}: {listed(change.paths)}.", style="bold")

    def ended(self, record: Record) -> None:
        """Say what a job did; why it failed, if it did, is said elsewhere."""
        self.close()
        if record.status == "declined":
            self.nothing_taken()
        if record.status == "proposed" and record.patch:
            self.placed(record.patch)
        if record.status is None and record.rejected:
            self._show_rejected(record)
        if record.flaky:
            self.note(f"Flaky, and not counted: {', '.join(sorted(record.flaky))}.", style="yellow")
        if record.report and record.report.passed:
            self.note(f"`{record.report.command}` passed in {record.report.duration_s:.1f} s.", style="green")
        elif record.report and record.status in {"applied", "proposed"}:
            command = record.report.command
            self.note(f"`{command}` still fails, in nothing that passed before.", style="yellow")
        if record.delivery:
            self.delivered(record.delivery)
        elif record.change:
            self.changed(record.change)
        if record.pull_request:
            self.note(f"The pull request is {record.pull_request}", style="bold")
        if self._show_usage:
            tokens = usage(record)
            self.note(
                f"{tokens['prompt_tokens']:,} prompt tokens, {tokens['reused_tokens']:,} of them remembered; "
                f"{tokens['new_tokens']:,} new tokens from "
                f"{tokens['chosen_tokens']:,} decisions{' (our estimate)' * bool(tokens['estimated'])}"
            )
            self.note(", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in record.timings_s.items()))

    def _show_rejected(self, record: Record) -> None:
        """Show the best of what was not taken: to learn from, or to finish by hand."""
        best = ranked(record.attempts)[0]
        if best.patch is None:
            self.note("The best answer, which was not taken:", style="yellow")
            self.note(best.completion.text.rstrip("\n"), style="dim")
        elif not self._show_all or len(record.completions) == 1:  # else all were shown
            self.note("The best change, which was not made:", style="yellow")
            show_patch(best.patch.patch, self.console)

    def note(self, text: str, *, style: str = "") -> None:
        """Print a sentence."""
        self.close()
        self.console.print(Text(printable(text, keep="\n\t"), style=style), soft_wrap=not self.console.is_terminal)

    def close(self) -> None:
        """Take down whatever is moving on the screen, and begin a new line."""
        bar, answer, self._bar, self._answer = self._bar, self._answer, None, None
        if bar:
            bar.close()
        if answer:
            answer.close()
        if self._in_line:
            self.console.print()
            self._in_line = False


def _open(file: FilePatch, patch: ValidatedPatch) -> None:
    """Show a file as it is and as the whole patch leaves it."""
    before = patch.old_texts.get(file.old_path) if file.old_path else None
    after = patch.new_texts.get(file.new_path) if file.new_path else None
    show_in_editor(file.path.name, before.text if before else "", after.text if after else "")


def _came_of(attempt: Attempt) -> str:
    if attempt.error is not None:
        return message_of(attempt.error).partition("\n")[0]
    if attempt.verdict is None:
        return "applies"
    return "applies and passes the tests" if attempt.verdict.report.passed else "applies, and fails what failed before"
