"""How fast the engine is, side by side with llama.cpp and with what the machine allows, all in one run.

`make bench-model` (short form, at most 15 minutes on two cores) or `make bench-model ARGS=--full`. The last line is one
JSON object. A stopped run goes on where it stopped, as long as the code is the same.

What is measured, and how:

- Every measurement is a process of its own; the two sides take turns. Medians are told. Both sides read the very same
  GGUF weights (ours from its own conversion), the same token ids and use the same number of threads, no GPU.
- The prompt is real code: the running interpreter's standard library, tokenised and cut at the length. "32,768" means a
  prompt of 32,640 tokens and an answer behind it, since that is the models' window. Answers are greedy and do not end.
- llama.cpp is `xllamacpp` with its own defaults (flash attention, repacked weights), memory-mapped, one slot; rates are
  the server's own timings, and the prompt is read from nothing. Its state at 8,192 tokens and more is saved to disk,
  so that a later short form can decode there without minutes of prefill; what is restored tells no prefill rate.
- The rooflines come from the same run: the best of several reads of 1 GiB, and matrix products of 1,024 x 1,536 x
  8,960 in bf16 and in fp32. A processor without bf16 instructions emulates them slowly: look at what it lacks.
- `decode_vs_bandwidth` = tokens/s x (weight bytes read a token + KV bytes of the context) ÷ bytes read a second.
  `prefill_vs_matmul` = operations (matrices and causal attention, no head) ÷ seconds ÷ the bf16 rate.
- `batch8_vs_1`: all tokens a second of eight free-text attempts at temperature 1, against one, behind 512 tokens.
- `pass_ms`: a pass behind 512 tokens, by how many tokens it reads, with the logits behind each of them: what drafts,
  forced text and attempts side by side cost.
- `warm_start_s`: the whole command `magicode run --dry-run` in a fresh process, from its birth to its first token, on a
  git repository of about 16,000 tokens of real code; the first run fills a cache of its own and is told as cold.
- `after_edit_s`: a history is replayed in one process with the model loaded; after each commit its message is the
  task, and the clock runs from there to the first token: reading, encoding what changed, and the task. The history is
  made of the standard library (see `history.write_history`), or real: `--replay REPOSITORY --replay-include PATTERN`.
- `peak_bytes` is the process's peak of resident memory at 8,192 tokens; the table splits it into its own memory and
  pages of mapped files (each at its own peak, so they may add up to more).

Nothing else should be running: how many cores were free before, and how many others used during each measurement, is
in the JSON, with a warning where it matters.
"""

import argparse
import datetime as dt
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from model.catalogue import find
from model.loading import open_model
from model.store import ModelStore
from tests.benchmarks.bench_model import machine, process
from tests.benchmarks.bench_model.corpus import prompt_ids
from tests.benchmarks.bench_model.figures import Figures
from tests.benchmarks.bench_model.plan import MODELS, N_ATTEMPTS, PARTS, Step, expected_s, full_plan, short_plan
from tests.benchmarks.bench_model.progress import RESULTS, Progress, Result
from tests.benchmarks.bench_model.shape import Shape
from tests.benchmarks.bench_model.table import show

_FREE_SHARE, _OTHERS_CORES = 0.95, 0.1  # less free, or more used by others, is worth a warning
_USUAL_SHARE = 0.5  # of the fp32 matrix rate is a prefill's guess before one was seen


class Run:
    """One run of the benchmark: goes through its plan and keeps what comes of it."""

    def __init__(self, options: argparse.Namespace, console: Console) -> None:
        """Prepare files that the measurements share; nothing is measured yet."""
        self._options, self._console = options, console
        self._deadline = None if options.full else time.monotonic() + 60 * options.minutes
        settings = {key: str(getattr(options, key)) for key in ("threads", "seed", "replay", "replay_include")}
        self._progress = Progress(settings | machine.versions())
        self._states = self._progress.directory / "states"
        self._states.mkdir(exist_ok=True)
        store = ModelStore()
        self._gguf = {name: store.root / name / find(name).file for name in options.models}
        self.shapes = {
            name: Shape.cached(path, self._progress.directory / f"{find(name).sha256}.shape.json")
            for name, path in self._gguf.items()
        }
        self.results: list[Result] = []
        self.left_out: list[str] = []
        self.failed: list[str] = []
        self.warnings: list[str] = []
        self.free_cores = machine.free_cores(options.threads)
        self.load_average = machine.load_average()
        if self.free_cores < _FREE_SHARE * options.threads:
            self._warn(f"only {self.free_cores:.2f} of {options.threads} cores were free before the first measurement")

    def go(self, plan: Sequence[Step]) -> None:
        """Measure step by step; what fails or has no time left is named and passed over."""
        for step in plan:
            result = self._progress.find(step) or self._measure(step)
            if result is None:
                continue
            self.results.append(result)
            if result.others_cores is not None and result.others_cores > _OTHERS_CORES:
                self._warn(f"{step}: others used {result.others_cores:.2f} cores meanwhile")

    def finish(self) -> None:
        """Forget the notes of a run that is complete."""
        self._progress.clear()

    def _measure(self, step: Step) -> Result | None:
        left_s = None if self._deadline is None else self._deadline - time.monotonic()
        if left_s is not None and left_s < self._expected_s(step):
            self.left_out.append(str(step))
            self._console.print(f"  left out for lack of time: {step}")
            return None
        ran = process.run(self._request(step), timeout_s=left_s)
        self._console.print(f"  {ran.seconds:6.1f} s  {step}{'' if ran.values else ': ' + ran.error}", highlight=False)
        if ran.values is None:
            (self.left_out if ran.error == "no time left" else self.failed).append(str(step))
            return None
        result = Result(step, ran.values, "", ran.others_cores)
        self._progress.note(result)
        return result

    def _expected_s(self, step: Step) -> float:
        """Guess from what was seen; a state of llama.cpp's that was saved spares its prefill."""
        figures = Figures(self.results, self.shapes)
        if step.side == "llama.cpp" and (self._states / _state_name(step)).exists():
            return 10.0 + step.repeats * step.n_new
        seen: dict[tuple[str, str], float] = {
            (result.step.model, result.step.side): result.values["prefill"]
            for result in self.results
            if result.values and result.values.get("prefill")
        }
        flops = _USUAL_SHARE * figures.rooflines.get("fp32_flops", 1e11)
        usual = {name: flops / shape.prefill_flops(1) for name, shape in self.shapes.items()}
        return expected_s(step, seen, usual)

    def _request(self, step: Step) -> dict[str, Any]:
        request = step.values() | {
            "n_threads": self._options.threads,
            "seed": self._options.seed,
            "n_prompt": step.n_prompt,
            "n_attempts": N_ATTEMPTS,
        }
        if step.kind in {"generate", "attempts"}:
            request |= {
                "gguf": str(self._gguf[step.model]),
                "ids": str(self._ids(step.model)),
                "states": str(self._states),
                "state_name": _state_name(step),
                "fresh": self._options.full and step.round == 0,
            }
        if step.kind == "edits":
            replay = str(self._options.replay.resolve()) if self._options.replay else ""
            request |= {"replay": replay, "include": self._options.replay_include}
            request["home"] = str(self._progress.home(step))
        return request

    def _ids(self, model: str) -> Path:
        """Return a file with the longest prompt's ids; shorter prompts are its beginning."""
        path = self._progress.directory / f"{model}-python{machine.versions()['python']}.ids.json"
        if not path.exists():
            tokenizer = open_model(model, device="cpu", on_progress=lambda _progress: None).encoder.tokenizer
            path.write_text(json.dumps(prompt_ids(tokenizer.encode, find(model).context_length)))
        return path

    def _warn(self, text: str) -> None:
        self.warnings.append(text)
        self._console.print(f"Warning: {text}", style="yellow", highlight=False)


def main() -> int:
    """Run the benchmark and return the exit code: 1 where a measurement failed."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 160)
    started = time.monotonic()
    run = Run(options, console)
    plan = (full_plan if options.full else short_plan)(options.only, options.models)
    try:
        run.go(plan)
    except KeyboardInterrupt:
        console.print("Stopped; the same command goes on from here.")
        return 130
    figures = Figures(run.results, run.shapes)
    about = machine.describe()
    show(console, figures, about)
    for text in run.warnings:
        console.print(f"Warning: {text}", style="yellow", highlight=False)
    told = figures.as_json() | {
        "form": "full" if options.full else "short",
        "parts": list(options.only),
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started),
        "seed": options.seed,
        "n_threads": options.threads,
        "machine": about,
        "versions": machine.versions(),
        "llama_cpp_built_for": figures.told("built_for", "llama.cpp"),
        "our_kernels": figures.told("kernels", "ours"),
        "replay": "real" if options.replay else "synthetic",
        "rooflines": figures.rooflines,
        "details": figures.details(),
        "free_cores": round(run.free_cores, 2),
        "load_average": round(run.load_average, 2),
        "warnings": run.warnings,
        "left_out": run.left_out,
        "failed": run.failed,
    }
    if options.full or options.keep:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / "bench_model.json").write_text(json.dumps(told, indent=2) + "\n")
    if not run.failed:
        run.finish()
    console.file.write(json.dumps(told) + "\n")
    return 1 if run.failed else 0


def _state_name(step: Step) -> str:
    told = machine.versions()
    return f"{step.model}-{step.n_prompt}-python{told['python']}-xllamacpp{told['xllamacpp']}.state"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-model", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="every context, both models, 50 commits; may take hours")
    parser.add_argument("--minutes", type=float, default=14.5, help="of the short form; what does not fit is left out")
    parser.add_argument("--keep", action="store_true", help="keep the result of a short form, too")
    parser.add_argument("--only", type=_parts, default=PARTS, metavar="PARTS", help=f"some of {','.join(PARTS)}")
    parser.add_argument(
        "--models", type=_models, default=MODELS, metavar="NAMES", help="catalogue names, commas between"
    )
    parser.add_argument(
        "--threads", type=int, default=machine.n_cores(), help="of both sides; the first cores are used"
    )
    parser.add_argument("--seed", type=int, default=0, help="of draws and of the synthetic history")
    parser.add_argument("--replay", type=Path, metavar="REPOSITORY", help="replay its commits, not a synthetic history")
    parser.add_argument(
        "--replay-include", action="append", default=[], metavar="PATTERN", help="only these files of it"
    )
    return parser.parse_args()


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(text.split(","))
    if unknown := set(parts) - set(PARTS):
        raise argparse.ArgumentTypeError(f"unknown part {min(unknown)}; known are {', '.join(PARTS)}")
    return parts


def _models(text: str) -> tuple[str, ...]:
    return tuple(find(name).name for name in text.split(","))


if __name__ == "__main__":
    raise SystemExit(main())
