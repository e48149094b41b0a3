"""What moves on a terminal: a bar for each long phase, and the answer as it is written.

Each leaves one line behind, which is all that a log file gets.
"""

import time

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
from rich.table import Column
from rich.text import Text

from agent.escape import printable
from model.api import Phase, Progress, TakenBack

_LABELS: dict[Phase, str] = {
    "connect": "Asking the server",
    "download": "Fetching the model",
    "convert": "Converting the model",
    "scan": "Reading the files",
    "load": "Loading the model",
    "index": "Indexing the repository",
    "prefill": "Reading the repository",
    "view": "Reading more of",
    "read": "Reading the prompt",
    "answer": "Answering",
}
_UNMEASURED: frozenset[Phase] = frozenset({"connect", "load"})
_OF_TOKENS: frozenset[Phase] = frozenset({"index", "prefill", "read", "answer"})
_LINES_SHOWN = 12  # of the answer while it is written
_REFRESHES_PER_S = 8
_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan", " ": "dim"}


class PhaseBar:
    """A progress bar for one phase. It goes when the next thing is shown, since a phase may begin again at its end."""

    def __init__(self, console: Console, phase: Phase) -> None:
        self.phase = phase
        self._console = console
        self._started = self._ended = time.perf_counter()
        self._last: Progress | None = None
        self._bar = ProgressBar(*_columns(phase), console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID = self._bar.add_task(_LABELS[phase], total=None, detail="")
        self._bar.start()

    def update(self, progress: Progress) -> None:
        """Move on."""
        detail = printable(progress.detail) or (self._last.detail if self._last else "")
        self._last = Progress(progress.phase, progress.done, progress.total, detail)
        self._ended = time.perf_counter()
        total = None if progress.phase in _UNMEASURED else progress.total or None
        self._bar.update(self._task, completed=progress.done, total=total, detail=detail)

    def close(self) -> None:
        """Leave a line, if the phase came to its end."""
        self._bar.stop()
        last, seconds = self._last, self._ended - self._started
        if last is None or not last.total or last.done < last.total:
            return
        gigabytes = f"{last.total / 1e9:.1f} GB"
        is_text = self.phase in _OF_TOKENS
        amounts = dict.fromkeys(_UNMEASURED, last.detail) | {"scan": f"{last.total:,} files"}
        amount = f"{last.total:,} tokens" if is_text else amounts.get(self.phase, gigabytes)
        rate = f", {last.total / seconds:,.0f} tokens/s" if is_text and seconds > 0 else ""
        self._console.print(Text(f"{_LABELS[self.phase]}: {amount} in {seconds:.1f} s{rate}", style="dim"))


class LiveAnswer:
    """The last lines of an answer while it is written; they make way for the checked diff."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.perf_counter()
        self._viewed = ""
        self._lines = [""]  # the last one is not complete
        self._live = Live(
            console=console, transient=True, refresh_per_second=_REFRESHES_PER_S, get_renderable=self._render
        )
        self._live.start()

    def add(self, text: str) -> None:
        """Take a piece of it."""
        self._viewed = ""
        if isinstance(text, TakenBack):
            self._lines[-1 - text.n_lines :] = [""]
            return
        first, *more = text.split("\n")
        self._lines[-1] += first
        self._lines.extend(more)

    def view(self, progress: Progress) -> None:
        """Say that the model reads before it writes on."""
        self._viewed = f"{_LABELS[progress.phase]} {printable(progress.detail)}: {progress.total:,} tokens"

    def close(self) -> None:
        """Leave a line."""
        self._live.stop()
        self._console.print(self._head(), style="dim")

    def _head(self) -> Text:
        return Text(f"Writing the diff: {len(self._lines) - 1} lines in {time.perf_counter() - self._started:.1f} s")

    def _render(self) -> Group:
        lines = self._lines[-_LINES_SHOWN:]  # drawn by a thread of its own, while more of them come
        shown = [_styled(line) for line in lines] if any(lines) else []
        viewed = [Text(self._viewed, style="dim", no_wrap=True, overflow="ellipsis")] if self._viewed else []
        return Group(self._head(), *shown, *viewed)


def _columns(phase: Phase) -> tuple[ProgressColumn, ...]:
    one_line = Column(no_wrap=True)
    start = (SpinnerColumn(), TextColumn("{task.description}", table_column=one_line))
    if phase in _UNMEASURED:
        return (*start, _Detail())
    bar, left = BarColumn(20), TimeRemainingColumn(table_column=one_line)
    if phase in _OF_TOKENS:
        return (*start, bar, MofNCompleteColumn(table_column=one_line), _TokenRate(one_line), left, _Detail())
    if phase == "scan":
        return (*start, bar, MofNCompleteColumn(table_column=one_line), left)
    speed = TransferSpeedColumn(table_column=one_line)
    return (*start, bar, DownloadColumn(table_column=one_line), speed, left, _Detail())


class _Detail(ProgressColumn):
    """What is being done just now, in the room that is left."""

    def render(self, task: Task) -> Text:
        return Text(task.fields["detail"], style="dim", no_wrap=True, overflow="ellipsis")


class _TokenRate(ProgressColumn):
    """Tokens a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} tokens/s" if speed else "", style="dim")


def _styled(line: str) -> Text:
    text = Text(printable(line, keep="\t"), style=_LINE_STYLES.get(line[:1], ""), no_wrap=True, overflow="ellipsis")
    text.expand_tabs(4)
    return text
