"""Somebody at a terminal: a pseudo-terminal with the real command line, what it shows, and keys that are pressed."""

import json
import os
import pty
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.cli import ROOT

_PATIENCE_S = 60.0


@dataclass
class Person:
    """`shown` is all that has come so far, with the terminal's sequences in it."""

    process: int
    terminal: int
    shown: str = ""

    def waits_for(self, text: str) -> None:
        """Read until `text` has come since the last wait."""
        deadline = time.monotonic() + _PATIENCE_S
        start = len(self.shown)
        while text not in self.shown[start:]:
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{text!r} did not come; there is {self.shown!r}"
            self.shown += self._read()

    def presses(self, key: str) -> None:
        os.write(self.terminal, key.encode())

    def leaves(self) -> int:
        """Read to the end and return the exit code."""
        while piece := self._read():
            self.shown += piece
        _, status = os.waitpid(self.process, 0)
        self.process = 0
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> str:
        try:
            return os.read(self.terminal, 65536).decode(errors="replace")
        except OSError:  # Linux's way to say that the other side is closed
            return ""


@contextmanager
def person(directory: Path, script: Path, answers: Sequence[str], *args: str) -> Iterator[Person]:
    """Run magicode with a scripted model on a terminal of its own, 80 columns wide."""
    script.write_text(json.dumps({"answers": answers}), encoding="utf-8")
    command = [sys.executable, str(ROOT / "tests/fakes/scripted_cli.py"), str(script), *args]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80", "LINES": "40"}
    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs the tests in the background may have it ignored
        os.chdir(directory)
        os.execve(command[0], command, environment)
    user = Person(process, terminal)
    try:
        yield user
    finally:
        os.close(terminal)
        if user.process:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
