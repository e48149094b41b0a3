"""Kills `magicode -y -n 4 --test-cmd …` at random moments: the tree must be as before or wholly changed each time.

python -m tests.benchmarks.bench_kills [--runs 1000] [--seed 0]. The repository has staged, changed, untracked, ignored
and stashed work. The model follows a script, so the moments are those of everything else: reading, checking, testing
in the sandbox with daemons left running, writing, cleaning up. What is killed is the program; what it started must go,
too. The last line is one JSON object.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from agent.workspace import Workspace
from repo_index.git import Git
from tests.fakes.git_repo import Files, Repo

_ROOT = Path(__file__).parents[2]
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
        self._script = folder / "script.json"
        self._script.write_text(json.dumps({"answers": [[_WRONG, _WRONG + "\n", _RIGHT, _WRONG]]}))
        self._before = self._repo.files()
        after = {path: file for path, file in self._before.items() if path != "docs/use.md"}
        changed = _CALC.replace(b"a - b", b"a + b")
        self._after = after | {"calc.py": (changed, 0o644), "docs/new/notes.md": (b"notes\n", 0o644)}
        self._git_state = self._state_of_git()

    def run(self, seconds: float | None, number: signal.Signals = signal.SIGKILL) -> tuple[bool, float]:
        """Begin a run and kill it after so many seconds, if it lasts that long; return whether it changed the tree.

        With it comes how long it ran. The tree is as before in the end.

        Raises:
            FaultError: something is not as it should be.

        """
        tests = f"(setsid sleep {self._marker} &) ; echo x > made; rm -f run.sh; python3 -B check.py"
        command = [sys.executable, str(_ROOT / "tests/fakes/scripted_cli.py"), str(self._script)]
        started = time.monotonic()
        process = subprocess.Popen(
            [*command, "-y", "-n", "4", "--max-repairs", "0", "--test-cmd", tests, "fix add"],
            cwd=self._repo.root,
            env=os.environ | {"PYTHONPATH": str(_ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            process.wait()
        lasted = time.monotonic() - started
        Workspace(Git(self._repo.root)).recover()
        applied = self._look()
        if applied:
            Workspace(Git(self._repo.root)).undo()
            if self._look():
                raise FaultError("the change stays though it was undone")
        self._wait_for_processes()
        return applied, lasted

    def _look(self) -> bool:
        now = self._repo.files()
        if now not in (self._before, self._after):
            wrong = sorted(set(now.items()) ^ set(self._before.items()))
            raise FaultError(f"the tree is neither as before nor changed: {wrong}")
        if self._state_of_git() != self._git_state:
            raise FaultError("the index, the stash or a branch is not as before")
        if left := [*self._repo.root.rglob(".magicode-*")]:
            raise FaultError(f"left behind in the tree: {left}")
        return now == self._after

    def _state_of_git(self) -> bytes:
        return b"".join(
            self._repo.run(*command)
            for command in (("ls-files", "-s"), ("stash", "list"), ("show-ref",), ("symbolic-ref", "HEAD"))
        )

    def _wait_for_processes(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        wanted = {f"sleep {self._marker}", str(self._script)}
        while True:
            listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
            left = [line for line in listing.splitlines() if any(each in line for each in wanted)]
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
        applied, whole_s = killing.run(None)
        if not applied:
            raise FaultError("a run that is left alone changes nothing")
        for run in range(options.runs):
            moment, number = draw.uniform(0, whole_s * 1.1), draw.choice(_SIGNALS)
            try:
                applied, _ = killing.run(moment, number)
            except FaultError as fault:
                faults.append(f"run {run}, {number.name} after {moment:.3f} s: {fault}")
                sys.stdout.write(f"{faults[-1]}\n")
                break
            seen[f"{number.name} {'changed' if applied else 'as before'}"] += 1
            if (run + 1) % 50 == 0:
                sys.stdout.write(f"{run + 1} runs, {time.monotonic() - started:.0f} s: {dict(sorted(seen.items()))}\n")
    told = {"runs": seen.total(), "seen": dict(sorted(seen.items())), "faults": faults, "whole_s": round(whole_s, 2)}
    sys.stdout.write(json.dumps(told | {"seconds": round(time.monotonic() - started), "seed": options.seed}) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
