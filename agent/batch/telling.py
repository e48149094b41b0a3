"""How a batch is told while it runs: a table that moves on a terminal, a JSON object a line elsewhere."""

import os
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import IO, Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from agent.batch.plan import Task
from agent.escape import printable
from agent.events import write_line
from model.api import Progress

_REFRESHES_PER_S = 4
_ENDED_SHOWN = 12  # tasks that have ended
_ENDS = {"done": "green", "failed": "red", "done_before": "dim", "failed_before": "red"}


class JsonLines:
    """A `Listener` that writes an object a line."""

    def __init__(self, out: IO[str]) -> None:
        """Write to `out`. A reader that goes away does not stop the batch: nothing more is written."""
        self._out = out
        self._lock = threading.Lock()
        self._open = True
        self._phase = ""

    def on_event(self, task: Task | None, event: str, fields: Mapping[str, Any]) -> None:
        """Write an event, and which task it happened to."""
        which = {} if task is None else {"id": task.id, "number": task.spec.number}
        self.write({"event": event, **which, **fields})

    def on_step(self, _task: Task, _what: str) -> None:
        """Say nothing: there are too many of these."""

    def on_loading(self, progress: Progress) -> None:
        """Say that a model is being fetched or converted, once each."""
        if progress.phase != self._phase:
            self._phase = progress.phase
            self.write({"event": "model", "phase": progress.phase, "detail": progress.detail})

    def write(self, value: Mapping[str, Any]) -> None:
        """Write an object."""
        with self._lock:
            try:
                if self._open:
                    write_line(self._out, value)
            except (OSError, ValueError):
                self._open = False
                _forsake(self._out)


def _forsake(out: IO[str]) -> None:
    """Let what is still in the buffer go nowhere; at the end of the process it would be an error of its own."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)


class LiveTable(AbstractContextManager["LiveTable"]):
    """A `Listener` that shows a table: tasks that run, those that ended last, and how many are left."""

    def __init__(self, console: Console, n_todo: int) -> None:
        """Show on `console`; `n_todo` tasks are to be done."""
        self._console = console
        self._n_todo = n_todo
        self._counts: dict[str, int] = {}
        self._running: dict[str, tuple[Task, float, str]] = {}
        self._ended: deque[tuple[Task, str, Mapping[str, Any]]] = deque(maxlen=_ENDED_SHOWN)
        self._loading = ""
        self._lock = threading.Lock()
        self._live = Live(console=console, refresh_per_second=_REFRESHES_PER_S, get_renderable=self._render)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the table stand as it is."""
        self._live.stop()

    def on_event(self, task: Task | None, event: str, fields: Mapping[str, Any]) -> None:
        """Move a task on."""
        if task is None:
            if reason := fields.get("reason"):
                self._console.print(Text(printable(f"No worker on {fields['worker']}: {reason}"), style="yellow"))
            return
        with self._lock:
            self._loading = ""
            if event in _ENDS:
                self._running.pop(task.id, None)
                self._counts[event] = self._counts.get(event, 0) + 1
                if not event.endswith("_before"):
                    self._ended.append((task, event, fields))
            else:
                _, started, _ = self._running.get(task.id, (task, time.monotonic(), ""))
                said = str(fields.get("command") or fields.get("reason") or fields.get("worker") or "")
                self._running[task.id] = (task, started, f"{event} {said}".strip())

    def on_step(self, task: Task, what: str) -> None:
        """Say what a task is at."""
        with self._lock:
            if task.id in self._running:
                _, started, _ = self._running[task.id]
                self._running[task.id] = (task, started, what)

    def on_loading(self, progress: Progress) -> None:
        """Say how far a model is."""
        share = f" {100 * progress.done // progress.total} %" if progress.total else ""
        self._loading = f"{progress.phase} {progress.detail}{share}"

    def _render(self) -> Group:
        with self._lock:
            ended, running = list(self._ended), list(self._running.values())
            counts = dict(self._counts)
        table = Table(box=None, expand=True, header_style="dim", pad_edge=False)
        for name, options in _COLUMNS.items():
            table.add_column(name, no_wrap=True, overflow="ellipsis", **options)
        for task, event, fields in ended:
            what = fields.get("reason") or fields.get("pull_request") or fields.get("branch") or ""
            _add(table, task, event, _ENDS[event], f"{fields.get('seconds') or 0:.0f} s", str(what))
        for task, started, what in running:
            _add(table, task, "running", "cyan", f"{time.monotonic() - started:.0f} s", what)
        n_ended = sum(counts.get(end, 0) for end in ("done", "failed"))
        n_left = max(0, self._n_todo - n_ended - len(running))  # what was done before can fail to be published
        said = [f"{count} {event.replace('_', ' ')}" for event, count in counts.items()]
        return Group(table, Text(printable(", ".join([*said, f"{n_left} to do", self._loading]).rstrip(", "))))


_COLUMNS: dict[str, dict[str, Any]] = {
    "#": {"justify": "right", "min_width": 3},
    "task": {"ratio": 3},
    "": {"min_width": 7},
    "time": {"justify": "right", "min_width": 6},
    "request, branch, or what is going on": {"ratio": 3},
}


def _add(table: Table, task: Task, state: str, style: str, seconds: str, what: str) -> None:
    cells: Sequence[str] = (str(task.spec.number), task.title[:200], state, seconds, what.partition("\n")[0][:200])
    table.add_row(*(Text(printable(cell), style=style if cell is state else "") for cell in cells))
