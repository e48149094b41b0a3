"""How many editing tasks a model solves, and what a diff costs, written freely and under the automaton.

`make bench-edits` (every seventh task, both models, one attempt) or `make bench-edits ARGS=--full` (every task, and
eight attempts with and without repair, too). The last line is one JSON object; `--full` and `--keep` leave that and a
picture of what is solved in which time in `tests/benchmarks/results`. A stopped run goes on where it stopped, as long
as the code is the same.

A task is solved if the held tests pass, which the model does not see; see `tests/benchmarks/edits`. Each is done as
`magicode -y` does it: greedy, one attempt, no repair, unless the arm says otherwise; those with several attempts are
ranked by the tests that the model sees; where those pass, repair has nothing to do, and the trial without it is that
with it; where they fail, repair goes on from the same answers, and its seconds are those of both. `free` is the same
model with the same prompt, its text placed by its lines; nothing is drafted for it, as in plain decoding. Tokens are
those of the answers, passes the network's.
"""

import argparse
import datetime as dt
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console

from model.loading import open_model
from tests.benchmarks.bench_edits.picture import picture
from tests.benchmarks.bench_edits.table import arms_json, show
from tests.benchmarks.bench_edits.trial import ARMS, Arm, FirstRound, Trial, run_trial
from tests.benchmarks.bench_model import machine
from tests.benchmarks.edits.tasks import EditTask, load_tasks
from tests.benchmarks.notes import Notes
from tests.benchmarks.sources import RESULTS

_MODELS = ("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b")
_SHORT_ARMS = ("free", "constrained")
_FULL_ARMS = (*_SHORT_ARMS, "n = 8", "n = 8 with repair")
_SHORT_STEP = 7
_MEASURED = ("model", "agent", "repo_index", "tests/benchmarks/bench_edits", "tests/benchmarks/edits")


class Trials:
    """The trials of a run, noted one line each."""

    def __init__(self, seed: int, device: str) -> None:
        """Find what an earlier run of the same code has done."""
        self._seed, self._device = seed, device
        self._notes = Notes("bench_edits", {"seed": seed, "device": device}, _MEASURED)
        self.done = [Trial(**line) for line in self._notes.lines]

    def run(self, name: str, arms: Sequence[Arm], tasks: Sequence[EditTask], console: Console) -> None:
        """Let a model do what it has not done yet."""
        model = open_model(name, device=self._device, on_progress=lambda _progress: None)
        for task in tasks:
            rounds: dict[str | None, FirstRound] = {}
            for arm in arms:
                if self._find(name, arm.name, task.name):
                    continue
                first = self._find(name, arm.begins_as, task.name)
                if first and first.tests_pass:
                    trial = replace(first, arm=arm.name)
                else:
                    rounds[arm.name] = rounds.get(arm.begins_as, FirstRound())
                    trial = run_trial(model, arm, task, self._seed, rounds[arm.name])
                self.done.append(trial)
                self._notes.note(trial.values())
                how = "solved" if trial.solved else "applied" if trial.applied else f"exit {trial.exit_code}"
                console.print(f"  {trial.seconds:6.1f} s  {name}  {arm.name}  {task.name}: {how}", highlight=False)

    def _find(self, model: str, arm: str | None, task: str) -> Trial | None:
        wanted = (model, arm, task)
        return next((trial for trial in self.done if (trial.model, trial.arm, trial.task) == wanted), None)

    def clear(self) -> None:
        """Forget them: the run is complete."""
        self._notes.clear()


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 160)
    started = time.monotonic()
    tasks = load_tasks(options.tasks)
    if not (options.full or options.tasks):
        tasks = tasks[::_SHORT_STEP]
    left_out = {task.name: task.missing_programs for task in tasks if task.missing_programs}
    tasks = [task for task in tasks if task.name not in left_out]
    arms = [arm for arm in ARMS if arm.name in options.arms]
    trials = Trials(options.seed, options.device)
    try:
        for name in options.models:
            trials.run(name, arms, tasks, console)
    except KeyboardInterrupt:
        console.print("Stopped; the same command goes on from here.")
        return 130
    names = {task.name for task in tasks}
    wanted = [
        trial
        for trial in trials.done
        if trial.task in names and trial.model in options.models and trial.arm in options.arms
    ]
    show(console, wanted)
    for name, programs in left_out.items():
        console.print(f"Left out: {name}, there is no {', '.join(programs)}", style="yellow", highlight=False)
    told: dict[str, Any] = {
        "arms": arms_json(wanted),
        "form": "full" if options.full else "short",
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started),
        "seed": options.seed,
        "machine": machine.describe(),
        "versions": machine.versions(),
        "left_out": left_out,
        "trials": [{key: value for key, value in trial.values().items() if key != "diff"} for trial in wanted],
    }
    if options.full or options.keep:
        (RESULTS / "bench_edits.json").write_text(json.dumps(told, indent=1) + "\n")
        (RESULTS / "bench_edits.svg").write_text(picture(wanted), encoding="utf-8")
    if options.full:
        trials.clear()
    console.file.write(json.dumps({key: value for key, value in told.items() if key != "trials"}) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-edits", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="every task and eight attempts, too; takes hours")
    parser.add_argument("--keep", action="store_true", help="keep the result of a short form, too")
    parser.add_argument("--models", type=_names, default=_MODELS, metavar="NAMES", help="commas between")
    parser.add_argument("--arms", type=_names, help=f"some of {', '.join(a.name for a in ARMS)}")
    parser.add_argument("--tasks", type=_names, default=(), metavar="NAMES", help="only these")
    parser.add_argument("--device", default="cpu", help="auto, cpu or cuda")
    parser.add_argument("--seed", type=int, default=0, help="of draws, where the temperature is not 0")
    options = parser.parse_args()
    options.arms = options.arms or (_FULL_ARMS if options.full else _SHORT_ARMS)
    if unknown := set(options.arms).difference(arm.name for arm in ARMS):
        parser.error(f"there is no arm {', '.join(sorted(unknown))}")
    return options


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


if __name__ == "__main__":
    raise SystemExit(main())
