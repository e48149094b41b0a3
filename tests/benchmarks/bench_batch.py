"""An unattended batch over real repositories, killed twice in the middle, and its throughput beside single runs.

`python -m tests.benchmarks.bench_batch --repo DIR --repo DIR …` serves a copy of each repository over HTTP from a forge
on this machine, gives a user a checkout of each with work that is not committed, and has `magicode batch --pr` do the
tasks there. The first two processes are killed (SIGKILL) when a third and two thirds of the tasks have ended; the third
goes on. Then it is checked that no task is lost and none done twice, that each branch on the remote is what its request
says, and that the users' checkouts are as they were. With `--scripted` no model is needed, and no speed is measured.

Speed is that of the same tasks without requests: `magicode batch --dry-run --jobs N` beside one
`magicode run --dry-run` after the other, both with everything read and kept before. No tests are run. The last line is
one JSON object.
"""

import argparse
import datetime as dt
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from model.api import Query
from tests.benchmarks.bench_model import machine
from tests.benchmarks.sources import ROOT
from tests.fakes.forge.server import TOKEN, LocalForge

_WRITTEN_IN = {".py": "#", ".go": "//", ".rs": "//", ".js": "//", ".ts": "//", ".java": "//", ".rb": "#", ".c": "//"}
_MIN_BYTES, _MAX_BYTES = 200, 20_000  # of a file that a task is about
_FLAGS = ("--attention", "memory", "--working-set", "1024", "--max-new-tokens", "256")
_USER = {"user.name": "Ada", "user.email": "ada@example.org", "commit.gpgsign": "false"}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A repository on the forge, and where a user works on it."""

    name: str
    root: Path

    def git(self, *args: str) -> bytes:
        return subprocess.run(["git", "-C", self.root, *args], capture_output=True, check=True).stdout

    def state(self) -> str:
        """Digest all that the user can see: files, index, HEAD, configuration, stash, and branches but for ours."""
        found = hashlib.sha256()
        for path in sorted(self.root.rglob("*")):
            relative = path.relative_to(self.root)
            if relative.parts[0] != ".git" and path.is_file() and not path.is_symlink():
                found.update(f"{relative} {path.stat().st_mode}".encode(errors="surrogateescape") + path.read_bytes())
        for name in ("index", "HEAD", "config"):
            found.update((self.root / ".git" / name).read_bytes())
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        found.update(b"\n".join(ref for ref in refs if b"/magicode/" not in ref))
        found.update(self.git("worktree", "list", "--porcelain"))
        return found.hexdigest()


def checked_out(forge: LocalForge, source: Path, folder: Path) -> Checkout:
    """Serve a repository and check it out, with changes that are staged, not staged, stashed and untracked."""
    name = f"team/{source.parent.name if source.name in {'repo', '.git'} else source.name}".replace("+", "-")
    url = forge.add(name, source)
    root = folder / name.partition("/")[2]
    subprocess.run(["git", "clone", "-q", forge.root / f"{name}.git", root], check=True)
    here = Checkout(name, root.resolve())
    here.git("remote", "set-url", "origin", url)
    for key, value in _USER.items():
        here.git("config", key, value)
    first, second, *_ = (root / path for path in here.git("ls-files").decode().splitlines() if (root / path).is_file())
    first.write_bytes(first.read_bytes() + b"\n")
    here.git("stash", "-q")
    first.write_bytes(first.read_bytes() + b"\n\n")
    here.git("add", "--", str(first.relative_to(root)))
    second.write_bytes(second.read_bytes() + b"\n")
    (root / "untracked by the user").write_text("mine\n")
    return here


def tasks_for(checkouts: Sequence[Checkout], n: int) -> list[dict[str, Any]]:
    """Make `n` small tasks, by turns for each repository: a comment at the top of a file."""
    files = [_small_files(each) for each in checkouts]
    tasks: list[dict[str, Any]] = []
    for number in range(n):
        checkout, candidates = checkouts[number % len(checkouts)], files[number % len(checkouts)]
        path = next(candidates, None)
        if path is None:
            raise SystemExit(
                f"{checkout.name} has too few source files for its share of {n} tasks; name another --repo"
            )
        mark = _WRITTEN_IN[Path(path).suffix]
        words = f"In {path}, add one comment line that begins with `{mark}` above the first function."
        tasks.append({"task": words, "repo": str(checkout.root), "branch": "magicode/{number:02}-{slug}"})
    return tasks


def _small_files(checkout: Checkout) -> Iterator[str]:
    for path in checkout.git("ls-files").decode().splitlines():
        file = checkout.root / path
        if file.suffix in _WRITTEN_IN and not file.is_symlink() and _MIN_BYTES < file.stat().st_size < _MAX_BYTES:
            yield path


def answer(query: Query) -> str:
    """Answer without a model: a new file, whose name is told from the task; every seventh task comes to nothing."""
    if "Write the commit message" in query.task:
        return "Add a note about the task"
    name = hashlib.sha256(query.task.encode()).hexdigest()[:12]
    time.sleep(0.02)
    return "no diff" if int(name, 16) % 7 == 0 else f"--- /dev/null\n+++ b/notes/{name}.md\n@@\n+{query.task[:60]}\n"


@dataclass(slots=True)
class Runs:
    """Runs `magicode`, with a scripted model if asked, and keeps what it tells."""

    arguments: argparse.Namespace
    folder: Path
    cache: Path | None

    def command(self, *args: str | Path) -> list[str]:
        module = ("tests.benchmarks.bench_batch", "--answer") if self.arguments.scripted else ("magicode",)
        return [sys.executable, "-m", *module, *map(str, args)]

    @property
    def environment(self) -> dict[str, str]:
        more = {"PYTHONPATH": str(ROOT), "GITEA_TOKEN": TOKEN}
        return os.environ | more | ({"MAGICODE_CACHE_DIR": str(self.cache)} if self.cache else {})

    def batch(self, *args: str | Path, kill_after: int | None = None) -> list[dict[str, Any]]:
        """Run a batch, kill it when so many tasks have ended, and return the events that it told."""
        options = ("--model", self.arguments.model, "--jobs", str(self.arguments.jobs), "--max-repairs", "0", *_FLAGS)
        command = self.command("batch", self.folder / "tasks.yaml", "--json", *options, *args)
        events: list[dict[str, Any]] = []
        with subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            for line in process.stdout or ():
                events.append(json.loads(line))
                _show(events[-1])
                if kill_after is not None and sum(each["event"] in {"done", "failed"} for each in events) >= kill_after:
                    os.killpg(process.pid, signal.SIGKILL)
                    return events
        return events

    def single(self, task: dict[str, Any]) -> None:
        """Do one task by itself."""
        words = ("run", "--dry-run", "-C", task["repo"], "--model", self.arguments.model, "--max-repairs", "0", *_FLAGS)
        command = self.command(*words, task["task"])
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode not in {0, 3, 4, 5}:  # a model may write what cannot be taken
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")


def check_all(
    summary: dict[str, Any], runs: Sequence[Sequence[dict[str, Any]]], forge: LocalForge, n_tasks: int
) -> None:
    """Stop with what is wrong."""
    wrong: list[str] = [*forge.violations]
    tasks = summary["tasks"]
    if [task["number"] for task in tasks] != list(range(1, n_tasks + 1)):
        wrong.append("tasks are missing from the summary")
    wrong += [f"task {each['number']} is open" for each in tasks if each["status"] == "open"]
    ended = Counter(each["id"] for events in runs for each in events if each["event"] in {"done", "failed"})
    wrong += [f"task {name} was done {count} times" for name, count in ended.items() if count > 1]
    heads = Counter((pull.repository, pull.head) for pull in forge.pulls)
    wrong += [f"{head} has {count} requests" for head, count in heads.items() if count > 1]
    for task in tasks:
        name = f"team/{Path(task['repository']).name}"
        if task["status"] == "failed":
            if task["branch"] and (name, task["branch"]) in heads:
                wrong.append(f"task {task['number']} failed and has a request")
            continue
        if forge.tip(name, task["branch"]) != task["commit"]:
            wrong.append(f"{task['branch']} on the remote is not what task {task['number']} made")
        if (name, task["branch"]) not in heads or not task["pull_request"]:
            wrong.append(f"task {task['number']} has no request")
    if len(forge.pulls) != sum(task["status"] == "done" for task in tasks):
        wrong.append(f"{len(forge.pulls)} requests for {sum(task['status'] == 'done' for task in tasks)} done tasks")
    if wrong:
        raise SystemExit("WRONG:\n" + "\n".join(wrong))


def unattended(runs: Runs, forge: LocalForge, checkouts: Sequence[Checkout], n_tasks: int) -> dict[str, Any]:
    """Do all tasks, killed twice in the middle; return what came of it."""
    before = [each.state() for each in checkouts]
    state = ("--pr", "--forge", "gitea", "--state", runs.folder / "state.jsonl", "--report", runs.folder / "report")
    started = time.perf_counter()
    told = [runs.batch(*state, kill_after=max(1, n_tasks // 3)) for _ in range(2)]
    told.append(runs.batch(*state))
    seconds = time.perf_counter() - started
    summary = told[-1][-1]
    check_all(summary, told, forge, n_tasks)
    if [each.state() for each in checkouts] != before:
        raise SystemExit("WRONG: a user's checkout was changed")
    n_done = sum(each["status"] == "done" for each in summary["tasks"])
    again = runs.batch(*state)[-1]
    if again["n_done"] or again["n_failed"] or len(forge.pulls) != n_done:
        raise SystemExit("WRONG: what was done is done again")
    return {
        "tasks": n_tasks,
        "repositories": len(checkouts),
        "kills": 2,
        "done": n_done,
        "failed": dict(Counter(str(each["exit_code"]) for each in summary["tasks"] if each["status"] == "failed")),
        "requests": len(forge.pulls),
        "worded_by_the_model": sum("The subject is the task's own" not in pull.body for pull in forge.pulls),
        "seconds": round(seconds, 1),
    }


def throughput(runs: Runs, tasks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return seconds for all tasks in a batch and one by one, after everything was read once."""
    for task in {each["repo"]: each for each in tasks}.values():
        runs.single(task)
    started = time.perf_counter()
    summary = runs.batch("--dry-run")[-1]
    batch_s = time.perf_counter() - started
    started = time.perf_counter()
    for number, task in enumerate(tasks, start=1):
        runs.single(task)
        print(f"single run {number} of {len(tasks)}", file=sys.stderr)  # noqa: T201 - the benchmark's own output
    single_s = time.perf_counter() - started
    return {
        "batch_s": round(batch_s, 1),
        "single_s": round(single_s, 1),
        "batch_vs_single": round(single_s / batch_s, 2),
        "batch_new_tokens": summary["new_tokens"],
        "jobs": runs.arguments.jobs,
    }


def _show(event: dict[str, Any]) -> None:
    if event["event"] in {"done", "failed"}:
        said = event.get("pull_request") or event.get("reason") or ""
        line = f"task {event['number']} {event['event']} in {event.get('seconds') or 0:.0f} s  {str(said)[:100]}"
        print(line, file=sys.stderr)  # noqa: T201


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--repo", type=Path, action="append", required=True, help="a repository, bare or not; repeat it"
    )
    parser.add_argument("--tasks", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--scripted", action="store_true", help="answers from a script; nothing is timed")
    parser.add_argument("--no-throughput", action="store_true", help="leave the single runs out")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="magicode-bench-") as name:
        folder = Path(name).resolve()
        with LocalForge(folder / "served") as forge:
            checkouts = [checked_out(forge, path.resolve(), folder) for path in arguments.repo]
            tasks = tasks_for(checkouts, arguments.tasks)
            (folder / "tasks.yaml").write_text(json.dumps({"tasks": tasks}))
            runs = Runs(arguments, folder, folder / "cache" if arguments.scripted else None)
            result: dict[str, Any] = {"unattended": unattended(runs, forge, checkouts, arguments.tasks)}
            if not (arguments.scripted or arguments.no_throughput):
                result["throughput"] = throughput(runs, tasks)
    model = "scripted" if arguments.scripted else arguments.model
    date = dt.datetime.now(dt.UTC).date().isoformat()
    print(json.dumps({"date": date, "machine": machine.describe(), "model": model, **result}))  # noqa: T201


def answer_as_magicode(args: Sequence[str]) -> None:
    """Be `magicode` with a model that answers from the script here."""
    from agent.cli.app import main as magicode  # noqa: PLC0415
    from agent.cli.services import Services  # noqa: PLC0415
    from agent.interrupts import treat_stops_as_interrupts  # noqa: PLC0415
    from tests.fakes.scripted_model import ScriptedModel  # noqa: PLC0415

    treat_stops_as_interrupts()
    magicode(args, Services(lambda _name, **_: ScriptedModel([answer] * 10_000)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--answer"]:
        answer_as_magicode(sys.argv[2:])
    else:
        main()
