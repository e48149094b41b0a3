"""Kills magicode at random moments: the tree must be as before or wholly changed, and the next command say which.

python -m tests.benchmarks.bench_kills [--runs 1000] [--seed 0]. Killed in turn are `-y -n 4 --test-cmd …`, the same
with `--no-sandbox`, `apply -y` and `undo`. The repository has staged, changed, untracked, ignored and stashed work. The
model follows a script, so the moments are those of everything else: reading, checking, testing in the sandbox with
daemons left running, writing, cleaning up. What is killed is the program; what it started must go, too. The last line
is one JSON object.
"""

import argparse
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from agent.cli.app import main as main_of_magicode
from agent.cli.services import Services
from agent.interrupts import treat_stops_as_interrupts
from agent.workspace import Workspace
from repo_index.git import Git
from tests.fakes.git_repo import Files, Repo
from tests.fakes.scripted_model import ScriptedModel

_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PATIENCE_S = 10.0

_CALC = b"def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return a * 2\n"
_CHECK = b"import calc\nassert calc.add(1, 2) == 3\n"
_FILES: Files = {
    "calc.py": (_CALC, 0o644),
    "check.py": (_CHECK, 0o644),
    "docs/use.md": (b"# Use\n", 0o644),
    "run.sh": (b"#!/bin/sh\n", 0o755),
    ".gitignore": (b"/ignored\n", 0o644),
}
_UNCOMMITTED: Files = {
    "run.sh": (b"#!/bin/sh\necho mine\n", 0o755),
    "untracked.txt": (b"mine\n", 0o600),
    "ignored": (b"mine, too\n", 0o644),
}
_RIGHT = """\
--- a/calc.py
+++ b/calc.py
@@
 def add(a, b):
-    return a - b
+    return a + b
--- a/docs/use.md
+++ /dev/null
--- /dev/null
+++ b/docs/new/notes.md
@@
+notes
"""
_WRONG = _RIGHT.replace("a + b", "b - a")


_UNTESTED = "were stopped before they could tell"
KINDS = ("run", "in place", "apply", "undo")


class FaultError(Exception):
    """A tree that is neither as before nor wholly changed, or something left behind."""


class Killing:
    """A repository with work in progress, and a run on it that can be killed."""

    def __init__(self, folder: Path, marker: str) -> None:
        """Make the repository in a folder; `marker` tells the processes of its tests from all others."""
        self._marker = marker
        self._repo = Repo.init(folder / "repo", _FILES)
        self._repo.write({"docs/use.md": (b"# Use\n\nstash\n", 0o644)})
        self._repo.run("stash")
        self._repo.write({"staged.txt": (b"staged\n", 0o644)})
        self._repo.run("add", "staged.txt")
        self._repo.write(_UNCOMMITTED)
        self._right = folder / "right.diff"
        self._right.write_text(_RIGHT)
        self.said: Counter[str] = Counter()
        self._before = self._repo.files()
        after = {path: file for path, file in self._before.items() if path != "docs/use.md"}
        changed = _CALC.replace(b"a - b", b"a + b")
        self._after = after | {"calc.py": (changed, 0o644), "docs/new/notes.md": (b"notes\n", 0o644)}
        # tested in place, the first attempt stands in the tree until its tests have failed
        self._tried = dict(self._after) | {"calc.py": (_CALC.replace(b"a - b", b"b - a"), 0o644)}
        self._git_state = self._state_of_git()

    def run(
        self, seconds: float | None, number: signal.Signals = signal.SIGKILL, kind: str = "run"
    ) -> tuple[bool, float]:
        """Begin a run, kill it after so many seconds if it lasts that long, return whether the tree is then changed.

        With it comes how long it ran. The tree is as before in the end.

        Raises:
            FaultError: something is not as it should be.

        """
        if kind == "undo":
            self._waited(self._started("apply"), None)
        started = time.monotonic()
        killed = self._waited(self._started(kind), seconds, number)
        lasted = time.monotonic() - started
        said = self._next_command()
        applied = self._look()
        self._judge(said, applied=applied, killed=killed, kind=kind)
        if applied:
            Workspace(Git(self._repo.root)).undo()
            if self._look():
                raise FaultError("the change stays though it was undone")
        self._wait_for_processes()
        return applied, lasted

    def _started(self, kind: str) -> int:
        """Begin a command in a process of its own, forked from ours so that no time goes into imports."""
        process = os.fork()
        if process:
            return process
        code = 1
        try:
            os.setsid()
            os.chdir(self._repo.root)
            sys.stdin, sys.stdout = (Path(os.devnull).open(encoding="utf-8", mode=mode) for mode in "rw")  # noqa: SIM115
            sys.stderr = sys.stdout
            for number in _SIGNALS[1:]:  # a shell lets its background jobs ignore Ctrl-C
                signal.signal(number, signal.SIG_DFL)
            treat_stops_as_interrupts()
            answers = [[_WRONG, _WRONG + "\n", _RIGHT, _WRONG]]
            main_of_magicode(self._arguments(kind), Services(lambda *_, **__: ScriptedModel(answers)))
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        finally:
            os._exit(code)

    @staticmethod
    def _waited(process: int, seconds: float | None, number: signal.Signals = signal.SIGKILL) -> bool:
        """Wait for its end, or send the signal after so many seconds; return whether it was sent."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not (ended := os.waitpid(process, os.WNOHANG)[0]) and (deadline is None or time.monotonic() < deadline):
            time.sleep(0.001)
        if ended:
            return False
        os.kill(process, number)
        os.waitpid(process, 0)
        return True

    def _arguments(self, kind: str) -> list[str]:
        if kind == "undo":
            return ["undo"]
        if kind == "apply":
            return ["apply", "-y", str(self._right)]
        asks = ["-y", "-n", "4", "--max-repairs", "0"]
        if kind == "in place":
            return [*asks, "--no-sandbox", "--test-cmd", "python3 -B check.py", "fix add"]
        tests = f"(setsid sleep {self._marker} &) ; echo x > made; rm -f run.sh; python3 -B check.py"
        return [*asks, "--test-cmd", tests, "fix add"]

    def _next_command(self) -> str:
        """Let `magicode undo --list` finish what was left, and return all that it says."""
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said), suppress(SystemExit):
            main_of_magicode(["undo", "--list", "-C", str(self._repo.root)])
        return said.getvalue()

    def _judge(self, said: str, *, applied: bool, killed: bool, kind: str) -> None:
        """Check that what the next command says is so."""
        newest = next((line for line in said.splitlines() if line[:6].isdigit()), "undone")
        if applied != ("undone" not in newest):
            raise FaultError(f"the tree is {'changed' if applied else 'as before'}, but the next command says {said!r}")
        is_undo = "n undo of" in said  # of ours, or the rolling back of what failed its tests
        for phrase, changed in (("is now complete", not is_undo), ("called off", is_undo)):
            if phrase in said and applied != changed:
                raise FaultError(f"the tree is {'changed' if applied else 'as before'}, but {said!r} was said")
        if self._repo.files() == self._tried and _UNTESTED not in said:
            raise FaultError(f"a change that no test has passed is in place, and the next command says {said!r}")
        if _UNTESTED in said and not (killed and applied and kind == "in place"):
            raise FaultError(f"untested was said of what is not: {said!r}")
        self.said.update(
            phrase for phrase in ("is now complete", "called off", "no file differs", _UNTESTED) if phrase in said
        )

    def _look(self) -> bool:
        now = self._repo.files()
        if now not in (self._before, self._after, self._tried):
            wrong = sorted(set(now.items()) ^ set(self._before.items()))
            raise FaultError(f"the tree is neither as before nor changed: {wrong}")
        if self._state_of_git() != self._git_state:
            raise FaultError("the index, the stash or a branch is not as before")
        if left := [*self._repo.root.rglob(".magicode-*")]:
            raise FaultError(f"left behind in the tree: {left}")
        return now != self._before

    def _state_of_git(self) -> bytes:
        return b"".join(
            self._repo.run(*command)
            for command in (("ls-files", "-s"), ("stash", "list"), ("show-ref",), ("symbolic-ref", "HEAD"))
        )

    def _wait_for_processes(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
            left = [line for line in listing.splitlines() if f"sleep {self._marker}" in line]
            if not left:
                return
            if time.monotonic() > deadline:
                raise FaultError(f"still running: {left}")
            time.sleep(0.05)


def main() -> int:
    """Kill as often as asked, and return the exit code."""
    parser = argparse.ArgumentParser(prog="bench-kills", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw, seen, faults = random.Random(options.seed), Counter[str](), list[str]()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="magicode-kills-") as folder:
        killing = Killing(Path(folder), f"8{time.time_ns() % 10**8}")
        whole_s = dict.fromkeys(KINDS, 0.0)
        for kind in KINDS:
            applied, whole_s[kind] = killing.run(None, kind=kind)
            if applied != (kind != "undo"):
                raise FaultError(f"{kind}, left alone, does nothing")
        for run in range(options.runs):
            kind = KINDS[run % len(KINDS)]
            moment, number = draw.uniform(0, whole_s[kind] * 1.1), draw.choice(_SIGNALS)
            try:
                applied, _ = killing.run(moment, number, kind)
            except FaultError as fault:
                faults.append(f"run {run}, {kind}, {number.name} after {moment:.3f} s: {fault}")
                sys.stdout.write(f"{faults[-1]}\n")
                break
            seen[f"{kind}, {number.name}: {'changed' if applied else 'as before'}"] += 1
            if (run + 1) % 50 == 0:
                sys.stdout.write(f"{run + 1} runs, {time.monotonic() - started:.0f} s: {dict(sorted(seen.items()))}\n")
    told = {
        "runs": seen.total(),
        "seen": dict(sorted(seen.items())),
        "said": killing.said,
        "faults": faults,
        "whole_s": whole_s,
    }
    sys.stdout.write(json.dumps(told | {"seconds": round(time.monotonic() - started), "seed": options.seed}) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
