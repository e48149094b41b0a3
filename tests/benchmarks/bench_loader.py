"""How long it takes to read a repository and count its tokens, and how much memory, beside repomix in the same run.

`make bench-loader`, with real repositories by ARGS="--small DIR --large DIR": git work trees of about 60 MB and 1.5
GB. Where none is given, one is built of our own sources, repeated with words of their own, and the result says so. The
large one is measured with `--full`, or when it is named.

Each tool runs as its user runs it, as a process of its own: `count` is `magicode context --json`, `pack` writes the
very prompt with `--output FILE`; repomix counts and packs at once. `cold`: nothing of the repository is in the page
cache, no count is kept. `first`: its pages are cached, no count is kept. `warm`: the same command once more. Peak
memory is that of the process; `cpu_s` tells how much of the time was work, on a machine that others use.

The last line is one JSON object; a full form, or one with `--keep`, is kept in results/bench_loader.json.
"""

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.bench_memory.salted import salted
from tests.benchmarks.bench_model import machine
from tests.benchmarks.notes import Notes
from tests.benchmarks.sources import RESULTS, ROOT

REPOMIX = "1.18.1"
_MODEL = "qwen2.5-coder-0.5b"
_SIZES = {"small": (2_800, 60_000_000), "large": (86_000, 1_500_000_000)}  # files, bytes
_MIN_PACKED = 0.01  # of a repository's bytes; less is no result
_BYTES_A_TOKEN = 3.6  # as `salted` counts
# What is asked of us: seconds of `count` by state, and bytes.
TARGETS: dict[str, dict[str, float]] = {
    "small": {"cold": 3.0, "warm": 1.0},
    "large": {"cold": 40.0, "peak_bytes": 1e9},
}


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 160)
    rows: list[dict[str, Any]] = []
    repositories: dict[str, dict[str, Any]] = {}
    noted: list[Notes] = []
    with TemporaryDirectory(prefix="magicode-bench-") as directory:
        work = Path(directory)
        repomix = None if options.no_repomix else _repomix(work, console)
        model = _output([sys.executable, "-m", "magicode", "models", "path", _MODEL])
        for size, given in (("small", options.small), ("large", options.large)):
            if size == "large" and not (given or options.full):
                continue
            tree = given.resolve() if given else _build(work / size, *_SIZES[size])
            repositories[size] = _described(tree, built=given is None)
            settings = {**repositories[size], "timeout_s": options.timeout, "repomix": repomix is not None}
            notes = Notes(f"bench_loader-{size}", settings, ("agent", "model", "repo_index"))
            for row in _measured(tree, work, model, repomix, notes, options):
                rows.append({"repository": size, **row})
                console.print(_line(rows[-1]), highlight=False, soft_wrap=True)
            noted.append(notes)
    told = {
        "repositories": repositories,
        "rows": rows,
        "targets": TARGETS,
        "repomix": REPOMIX if repomix else None,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "free_cores": round(machine.free_cores(machine.n_cores()), 2),
        "load_average": round(machine.load_average(), 1),
    }
    console.print(_table(rows))
    if options.full or options.keep:
        (RESULTS / "bench_loader.json").write_text(json.dumps(told, indent=1) + "\n")
    for notes in noted:
        notes.clear()
    console.file.write(json.dumps(told) + "\n")
    return 0


def _measured(
    tree: Path, work: Path, model: str, repomix: Path | None, notes: Notes, options: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Yield what each tool takes; what a run that was stopped has measured is not measured again."""
    n_bytes = _described(tree, built=False)["bytes"]
    known = {(row["tool"], row["what"], row["state"]): row for row in notes.lines}
    cache, out = work / "cache", work / "out"
    ours = [sys.executable, "-m", "magicode", "context", "-C", str(tree), "-m", model]
    env = {"MAGICODE_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    commands = {("magicode", "count"): [*ours, "--json"]}
    if repomix:
        commands["repomix", "pack"] = ["node", str(repomix), "--quiet", "--output", str(out), str(tree)]
    if not options.no_pack:
        commands["magicode", "pack"] = [*ours, "--output", str(out)]
    for (tool, what), command in commands.items():
        for state in ("cold", "first", "warm"):
            row = known.get((tool, what, state))
            if row is None:
                if state != "warm":
                    shutil.rmtree(cache, ignore_errors=True)
                if state == "cold":
                    _forget_pages(tree)
                found = _timed(command, env, work, options.timeout)
                found["out_bytes"] = out.stat().st_size if out.exists() else found["out_bytes"]
                out.unlink(missing_ok=True)
                if what == "pack" and not found["error"] and found["out_bytes"] < _MIN_PACKED * n_bytes:
                    found["error"] = f"it ends well and has packed next to nothing: {found['out_bytes']:,} bytes"
                row = {"tool": tool, "what": what, "state": state, **found}
                notes.note(row)
            yield row
            if row["error"]:
                break


def _timed(command: Sequence[str], env: dict[str, str], cwd: Path, timeout_s: float) -> dict[str, Any]:
    """Run a command and return seconds, the process's peak memory, and what went wrong."""
    with (cwd / "stdout").open("wb") as stdout, (cwd / "stderr").open("wb") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=os.environ | env, stdout=stdout, stderr=stderr)
        status = used = None
        while status is None:
            pid, ended, usage = os.wait4(process.pid, os.WNOHANG)
            seconds = time.perf_counter() - started
            if pid:
                status, used = os.waitstatus_to_exitcode(ended), usage
            elif seconds > timeout_s:
                process.kill()
                _, ended, used = os.wait4(process.pid, 0)
                status = os.waitstatus_to_exitcode(ended)
            else:
                time.sleep(0.005)
        process.returncode = status
    error = ""
    # Ours ends with 7 where a prompt is written that is larger than the model's window.
    if status not in {0, 7}:
        said = (cwd / "stderr").read_text(errors="replace").strip().splitlines()
        error = f"exit {status} after {seconds:.0f} s: {next((line for line in said if 'rror' in line), '')[:200]}"
    return {
        "seconds": round(seconds, 2),
        "cpu_s": round(used.ru_utime + used.ru_stime, 2) if used else None,
        "peak_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) if used else None,
        "out_bytes": (cwd / "stdout").stat().st_size,
        "tokens": _tokens(cwd / "stdout"),
        "error": error,
    }


def _tokens(path: Path) -> int | None:
    with suppress(ValueError, KeyError, TypeError):
        n_tokens: int = json.loads(path.read_bytes())["n_tokens"]
        return n_tokens
    return None


def _forget_pages(tree: Path) -> None:
    """Ask the system to drop the files' pages, so that they are read from the disk; where it cannot, they stay."""
    os.sync()
    if not hasattr(os, "posix_fadvise"):
        return
    for folder, _, names in os.walk(tree):
        for name in names:
            with suppress(OSError):
                descriptor = os.open(Path(folder) / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                finally:
                    os.close(descriptor)


def _build(tree: Path, n_files: int, n_bytes: int) -> Path:
    """Write a repository of about so many files and bytes, of our own sources, and commit it."""
    texts = salted(ROOT, round(2 * n_bytes / _BYTES_A_TOKEN))
    for number in range(n_files):
        path = tree / f"package_{number // 400:03}" / f"part_{number // 20 % 20:02}" / f"module_{number:05}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Salt alone may leave short files alike; a line of its own does not.
        parts, n_left = [f"# {number}\n"], n_bytes // n_files
        while n_left > 0:
            parts.append(next(texts).text())
            n_left -= len(parts[-1])
        path.write_text("".join(parts), encoding="utf-8")
    git = ["git", "-C", str(tree), "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "built"]):
        subprocess.run([*git, *arguments], check=True)
    return tree


def _described(tree: Path, *, built: bool) -> dict[str, Any]:
    listed = subprocess.run(["git", "-C", tree, "ls-files", "-z"], check=True, capture_output=True).stdout
    names = listed.split(b"\0")[:-1]
    sizes = [size for name in names if (size := _size(tree / os.fsdecode(name))) is not None]
    return {"name": "built of our own sources" if built else tree.name, "files": len(sizes), "bytes": sum(sizes)}


def _size(path: Path) -> int | None:
    with suppress(OSError):
        return path.lstat().st_size
    return None


def _repomix(work: Path, console: Console) -> Path | None:
    """Install the peer for this run; None, and the reason is printed, where that cannot be done."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        console.print("Without repomix: there is no node and npm here", style="yellow")
        return None
    options = ["--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
    done = subprocess.run([npm, "install", "--prefix", work / "npm", *options, f"repomix@{REPOMIX}"], check=False)
    path = work / "npm" / "node_modules" / ".bin" / "repomix"
    if done.returncode or not path.exists():
        console.print(f"Without repomix: npm could not install {REPOMIX}", style="yellow")
        return None
    return path


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def _line(row: dict[str, Any]) -> str:
    name = f"{row['repository']} {row['tool']} {row['what']} {row['state']}"
    if row["error"]:
        return f"  {name}: {row['error']}"
    return f"  {name}: {row['seconds']:.2f} s ({row['cpu_s']:.2f} s of work), {row['peak_bytes'] / 1e9:.2f} GB"


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table("repository", "tool", "what", "state", "s", "cpu s", "peak GB", "tokens", "asked")
    for row in rows:
        asked = (
            TARGETS[row["repository"]].get(row["state"])
            if (row["tool"], row["what"]) == ("magicode", "count")
            else None
        )
        table.add_row(
            row["repository"], row["tool"], row["what"], row["state"],
            row["error"] or f"{row['seconds']:.2f}", f"{row['cpu_s']:.2f}", f"{row['peak_bytes'] / 1e9:.2f}",
            f"{row['tokens']:,}" if row["tokens"] else "", "" if asked is None else f"{asked:g} s",
        )  # fmt: skip
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-loader", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", type=Path, metavar="DIR", help="a work tree of about 60 MB")
    parser.add_argument("--large", type=Path, metavar="DIR", help="a work tree of about 1.5 GB")
    parser.add_argument("--full", action="store_true", help="measure a large repository, too, built if none is named")
    parser.add_argument("--keep", action="store_true", help="keep the result of a short form, too")
    parser.add_argument("--no-pack", action="store_true", help="count alone, and do not write the prompt")
    parser.add_argument("--timeout", type=float, default=600.0, metavar="S", help="for each command; 600")
    parser.add_argument("--no-repomix", action="store_true", help="measure magicode alone")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
