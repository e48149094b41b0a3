"""What a job looks like on a terminal: progress, the answer as it is written, the diff, and questions."""

import time
from collections import deque
from pathlib import PurePosixPath

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import (
    Progress as ProgressBar,
)
from rich.text import Text

from agent.diffview import show_patch
from agent.errors import AgentError
from agent.escape import printable
from agent.keys import ask_on_terminal, edit_in_editor
from agent.parse import parse_patch
from agent.patch import Patch
from agent.review import Review, review
from agent.validate import ValidatedPatch
from model.api import Phase, Progress

_LABELS: dict[Phase, str] = {
    "download": "Fetching the model",
    "convert": "Converting it, once",
    "load": "Loading the model",
    "prefill": "Reading the repository",
}
_LINES_SHOWN = 12  # of the answer while it is written
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan", " ": "dim"}


class Terminal:
    """A `loop.Ui` on standard error."""

    def __init__(self, console: Console, *, review_mode: Review = "none", interactive: bool = False) -> None:
        """Show on `console`; `interactive` tells whether somebody can answer questions."""
        self.console = console
        self._review_mode = review_mode
        self._interactive = interactive
        self._bar: _PhaseBar | None = None
        self._answer: _Answer | None = None

    def on_progress(self, progress: Progress) -> None:
        """Show one step of a long phase."""
        if self._bar is None or self._bar.phase != progress.phase:
            self.close()
            self._bar = _PhaseBar(self.console, progress.phase)
        self._bar.update(progress)
        if progress.done >= progress.total:
            self.close()

    def on_answer(self) -> None:
        """Make room for a new answer."""
        self.close()
        self._answer = _Answer(self.console)

    def on_text(self, text: str) -> None:
        """Show a piece of the answer."""
        if self._answer:
            self._answer.add(text)

    def on_rejected(self, error: AgentError) -> None:
        """Say why an attempt was not taken."""
        self.close()
        self.note(f"Not taken: {error}", style="yellow")
        self.note("Asking the model again.", style="yellow")

    def on_test_output(self, text: str) -> None:
        """Show what the test command prints."""
        self.close()
        self.console.print(Text(printable(text, keep="\n\t"), style="dim"), end="", soft_wrap=True)

    def consent(self, path: PurePosixPath, why: str) -> bool:
        """Ask whether a file that executes on its own may be changed; nobody there means no."""
        self.close()
        if not self._interactive:
            return False
        self.note(f"The change touches {path}: {why}.", style="yellow")
        return ask_on_terminal("Allow it [y/n]? ") == "y"

    def review(self, patch: ValidatedPatch) -> Patch:
        """Show the patch and return what the user takes of it."""
        self.close()
        if self._review_mode == "none":
            show_patch(patch.patch, self.console)
        return review(
            patch.patch,
            mode=self._review_mode,
            ask=ask_on_terminal,
            console=self.console,
            edit=edit_in_editor,
            parse=parse_patch,
        )

    def note(self, text: str, *, style: str = "") -> None:
        """Print a sentence."""
        self.close()
        self.console.print(Text(printable(text, keep="\n\t"), style=style), soft_wrap=not self.console.is_terminal)

    def close(self) -> None:
        """Take down whatever is moving on the screen."""
        if self._bar:
            self._bar.close()
        if self._answer:
            self._answer.close()
        self._bar = self._answer = None


class _PhaseBar:
    """A progress bar for one phase; a single line when the phase ends, so that logs have it, too."""

    def __init__(self, console: Console, phase: Phase) -> None:
        self.phase = phase
        self._console = console
        self._started = time.perf_counter()
        self._last: Progress | None = None
        self._bar = ProgressBar(*_columns(phase), console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID = self._bar.add_task(_LABELS[phase], total=None, detail="")
        self._bar.start()

    def update(self, progress: Progress) -> None:
        detail = printable(progress.detail) or (self._last.detail if self._last else "")
        self._last = Progress(progress.phase, progress.done, progress.total, detail)
        total = None if progress.phase == "load" else progress.total
        self._bar.update(self._task, completed=progress.done, total=total, detail=detail)

    def close(self) -> None:
        self._bar.stop()
        seconds = time.perf_counter() - self._started
        if self._last is None or self._last.done < self._last.total:
            return
        amount = {"prefill": f" {self._last.total:,} tokens", "load": f" {self._last.detail}"}.get(self.phase, "")
        rate = f", {self._last.total / seconds:,.0f} tokens/s" if self.phase == "prefill" else ""
        self._console.print(Text(f"{_LABELS[self.phase]}:{amount} in {seconds:.1f} s{rate}", style="dim"))


def _columns(phase: Phase) -> tuple[ProgressColumn, ...]:
    start = (SpinnerColumn(), TextColumn("{task.description}"))
    end = TextColumn("{task.fields[detail]}", style="dim", markup=False)
    if phase == "load":
        return (*start, end)
    if phase == "prefill":
        return (*start, BarColumn(20), MofNCompleteColumn(), _TokenRate(), TimeRemainingColumn(), end)
    return (*start, BarColumn(20), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(), end)


class _TokenRate(ProgressColumn):
    """Tokens a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} tokens/s" if speed else "", style="dim")


class _Answer:
    """The last lines of an answer while it is written; they make way for the checked diff."""

    def __init__(self, console: Console) -> None:
        self._started = time.perf_counter()
        self._n_pieces = 0
        self._lines: deque[str] = deque([""], maxlen=_LINES_SHOWN)
        self._live = Live(console=console, transient=True, auto_refresh=False, get_renderable=self._render)
        self._live.start()

    def add(self, text: str) -> None:
        self._n_pieces += 1
        first, *more = text.split("\n")
        self._lines[-1] += first
        self._lines.extend(more)
        self._live.refresh()

    def close(self) -> None:
        self._live.stop()

    def _render(self) -> Group:
        seconds = time.perf_counter() - self._started
        head = Text(f"Writing the diff: {self._n_pieces} steps, {seconds:.0f} s", style="bold")
        return Group(head, *(_styled(line) for line in self._lines))


def _styled(line: str) -> Text:
    text = Text(printable(line, keep="\t"), style=_LINE_STYLES.get(line[:1], ""), no_wrap=True, overflow="ellipsis")
    text.expand_tabs(4)
    return text
