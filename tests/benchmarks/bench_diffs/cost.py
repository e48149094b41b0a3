"""What the automaton costs beside the network, at any size of repository.

The real constraint and the real decoding are given logits that spell a diff which is written down beforehand, with the
tokens of Qwen2.5: two hunks in one file, a function of another written anew, a third file created. Nothing but the
network is left out, whose time for the very same passes is measured apart, or given. Nothing is drafted, so that there
is a pass for each step.
"""

import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console

from agent.editable import editable
from agent.proposal import Checker
from model.api import Editable, Sampling
from model.constraint import DiffConstraint
from model.decoding import Decoding
from model.engine import Engine
from model.sampler import Logits, Sampler
from model.store import ModelStore
from model.tokenizer import Tokenizer
from model.tree import FileTree
from model.vocabulary import Vocabulary
from tests.benchmarks.bench_diffs.lazy import N_LINES, LazyFile, snapshot
from tests.benchmarks.bench_diffs.log import log_of

_MODEL = "qwen2.5-coder-1.5b"
_N_ROWS = 151_936  # of the model's logits
_N_PROMPT_TOKENS = 512
_REPEATS = 3


class ScriptError(Exception):
    """The constraint does not let the script be written as it is."""


@dataclass(frozen=True, slots=True)
class Written:
    """One diff as it was decoded: seconds of each step, and the ids that the network reads after it."""

    text: str
    step_s: tuple[float, ...]
    feeds: tuple[tuple[int, ...], ...]
    n_tokens: int

    @property
    def seconds(self) -> float:
        """All steps together."""
        return sum(self.step_s)


class _Told(DiffConstraint):
    """A constraint that keeps the text, for the script to see where it is."""

    def __init__(self, tree: FileTree) -> None:
        super().__init__(tree)
        self.written = b""

    def advance(self, text: bytes) -> None:
        self.written += text
        super().advance(text)


class _Script:
    """Logits that write these lines, one whenever a line begins. Lines that are forced may be left out of them."""

    def __init__(self, vocabulary: Vocabulary, lines: Sequence[str]) -> None:
        self._vocabulary = vocabulary
        self._left = [line.encode() for line in lines]
        self._n_lines = 0  # whole lines that were seen; the fence that opens the answer is forced
        self._wanted = b""

    def logits(self, written: bytes) -> Logits:
        *lines, now = written.split(b"\n")
        if written and (not self._n_lines or len(lines) > self._n_lines):
            for forced in lines[self._n_lines + 1 :]:
                if self._left[:1] == [forced + b"\n"]:
                    self._left.pop(0)
            self._n_lines, self._wanted = len(lines), self._left.pop(0) if self._left else b""
        if not self._wanted.startswith(now):
            raise ScriptError(f"{now!r} was written, not {self._wanted!r}")
        out = np.zeros(_N_ROWS, dtype=np.float32)
        for id_ in self._vocabulary.prefixes_of(self._wanted[len(now) :]):
            out[id_] = 20.0 + len(self._vocabulary.tokens[id_] or b"")
        return out


class CostPart:
    """Measures each size, and what the network takes for the same passes."""

    def __init__(self, sizes: Sequence[int], pass_ms: float | None, console: Console) -> None:
        """Take numbers of files; `pass_ms` stands in for the network where it is given."""
        self._sizes = sizes
        self._given_ms = pass_ms
        self._console = console
        self._log = log_of("cost", {"pass_ms": pass_ms})

    def run(self) -> dict[str, Any]:
        """Measure what is not noted yet; return the result."""
        started = time.perf_counter()
        directory = ModelStore().directory(_MODEL)
        tokenizer = Tokenizer.from_directory(directory)
        tokenizer_s = time.perf_counter() - started
        started = time.perf_counter()
        vocabulary = Vocabulary.from_definition(tokenizer.definition)
        vocabulary_s = time.perf_counter() - started
        started = time.perf_counter()
        cold = _write(_tree(20, vocabulary)[0], tokenizer, 20)
        first_s = time.perf_counter() - started
        warm = _write(_tree(20, vocabulary)[0], tokenizer, 20)
        rows = [
            self._once("size", size, partial(_measure, size, tokenizer, vocabulary)) for size in sorted(self._sizes)
        ]
        # Last, for its weights would hide what memory the sizes take.
        network = self._once("network", 0, partial(self._network, directory, warm.feeds))
        return {
            "sizes": [row | _shares(row, network["pass_ms"]) for row in rows],
            "network": network,
            "once_s": {
                "tokenizer": round(tokenizer_s, 3),
                "vocabulary": round(vocabulary_s, 3),
                "masks": round(cold.seconds - warm.seconds, 3),
                "first diff of 20 files": round(first_s, 3),
            },
            "diff": warm.text,
        }

    def clear(self) -> None:
        """Forget what was noted: the run is complete."""
        self._log.clear()

    def _once(self, kind: str, size: int, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        for line in self._log.lines:
            if line["kind"] == kind and line["size"] == size:
                found: dict[str, Any] = line["values"]
                return found
        values = measure()
        self._log.note({"kind": kind, "size": size, "values": values})
        self._console.print(f"  {kind} {size:,}: {values}", highlight=False)
        return values

    def _network(self, directory: Path, feeds: Sequence[Sequence[int]]) -> dict[str, Any]:
        """Return the milliseconds of a pass, each reading what a step of the script fed."""
        if self._given_ms is not None:
            return {"pass_ms": self._given_ms, "from": "given"}
        network = Engine.load(directory, device="cpu").network
        cache = network.new_cache()
        network.feed([(cache, list(range(1000, 1000 + _N_PROMPT_TOKENS)))])
        times = []
        for feed in feeds:
            started = time.perf_counter()
            network.feed([(cache, feed)])
            times.append((time.perf_counter() - started) * 1000)
        return {
            "pass_ms": round(sum(times) / len(times), 2),
            "median_pass_ms": round(median(times), 2),
            "n_passes": len(times),
            "n_prompt_tokens": _N_PROMPT_TOKENS,
            "from": _MODEL,
        }


def _measure(size: int, tokenizer: Tokenizer, vocabulary: Vocabulary) -> dict[str, Any]:
    """Write the diff several times, each over a repository that is set up anew; the median counts."""
    setups: list[dict[str, float]] = []
    runs: list[Written] = []
    for _ in range(_REPEATS):
        tree, setup = _tree(size, vocabulary)
        setups.append(setup)
        runs.append(_write(tree, tokenizer, size))
    run = sorted(runs, key=lambda run: run.seconds)[_REPEATS // 2]
    n_steps = len(run.step_s)
    steps = sorted(run.step_s)
    return {
        "n_files": size,
        "n_lines": size * N_LINES,
        "n_tokens": run.n_tokens,
        "n_steps": n_steps,
        "n_passes": len(run.feeds),
        "own_s": round(run.seconds, 4),
        "own_ms_per_token": round(run.seconds * 1000 / run.n_tokens, 3),
        "own_ms_per_step": round(run.seconds * 1000 / n_steps, 3),
        "median_step_ms": round(median(steps) * 1000, 3),
        "slowest_steps_ms": [round(step * 1000, 2) for step in steps[:-4:-1]],
        "free_median_step_ms": round(_free_ms(tokenizer, vocabulary, run.feeds), 3),
        "setup_s": {name: round(median(setup[name] for setup in setups), 4) for name in setups[0]},
        "peak_bytes": _peak_bytes(),
    }


def _shares(row: Mapping[str, Any], pass_ms: float) -> dict[str, float]:
    """Return what the network takes for a row's passes, and which share of all time the rest is."""
    own_s, network_s = row["own_s"], row["n_passes"] * pass_ms / 1000
    return {"network_s": round(network_s, 3), "share": round(own_s / (own_s + network_s), 4)}


def _tree(size: int, vocabulary: Vocabulary) -> tuple[FileTree, dict[str, float]]:
    """Set up what a constraint works with, as the agent does; return the seconds of each part."""
    found = snapshot(size, Path("/"))
    setup: dict[str, float] = {}

    def timed(name: str, do: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        done = do()
        setup[name] = time.perf_counter() - started
        return done

    edits: Editable = timed("editable", lambda: editable(Checker(found, lambda _file, _why: True)))
    task = f"Raise the limits in {_files(size)[0].path} and write {_files(size)[1].path} anew"
    tree: FileTree = timed("tree", lambda: FileTree(edits, vocabulary, task))
    timed("headers", lambda: (tree.headers, tree.sources))
    timed("hints", lambda: tree.hints)
    timed("new paths", tree.new_paths)
    setup["all"] = sum(setup.values())
    return tree, setup


def _write(tree: FileTree, tokenizer: Tokenizer, size: int) -> Written:
    """Decode the script; only the decoding's own steps are timed.

    Raises:
        ScriptError: the constraint wants other lines.

    """
    constraint = _Told(tree)
    decoding = Decoding(tokenizer, Sampler(Sampling()), frozenset(), constraint, lambda _text: None)
    script = _Script(tree.vocabulary, _script(*_files(size)))
    steps: list[float] = []
    feeds: list[tuple[int, ...]] = []
    while True:
        logits = script.logits(constraint.written)
        started = time.perf_counter()
        feed = decoding.step(logits)
        steps.append(time.perf_counter() - started)
        if feed is None:
            return Written(decoding.text(), tuple(steps), tuple(feeds), decoding.n_tokens)
        if feed.n_dropped:
            raise ScriptError(f"the constraint corrects the script behind {constraint.written[-200:]!r}")
        feeds.append(tuple(feed.ids))


def _free_ms(tokenizer: Tokenizer, vocabulary: Vocabulary, feeds: Sequence[Sequence[int]]) -> float:
    """Return what a step costs without a constraint: sampling, and making text of tokens."""
    decoding = Decoding(tokenizer, Sampler(Sampling()), frozenset(), None, lambda _text: None)
    ids = [id_ for feed in feeds for id_ in feed if vocabulary.tokens[id_]]
    times = []
    for id_ in ids:
        logits = np.zeros(_N_ROWS, dtype=np.float32)
        logits[id_] = 20.0
        started = time.perf_counter()
        decoding.step(logits)
        times.append(time.perf_counter() - started)
    return median(times) * 1000


def _files(size: int) -> tuple[LazyFile, LazyFile]:
    return LazyFile(size // 3), LazyFile(size * 2 // 3)


def _script(one: LazyFile, other: LazyFile) -> list[str]:
    """Return the lines that are chosen: each opens a place, or says what stands there."""
    lines, heading = one.lines(), other.lines()[28]
    first, later = lines[3], lines[57]
    return [
        f"--- a/{one.path}\n",
        f"+++ b/{one.path}\n",
        "@@\n",
        f" {lines[2]}\n",
        f"-{first}\n",
        f"+{first}  # where it begins\n",
        f" {lines[4]}\n",
        "@@\n",
        f" {lines[56]}\n",
        f"-{later}\n",
        f"+{later}  # as before, but told\n",
        "+    if not values:\n",
        "+        return total\n",
        f" {lines[58]}\n",
        f"--- a/{other.path}\n",
        f"+++ b/{other.path}\n",
        f"@@ {heading}\n",
        f"+{heading}\n",
        '+    """Return the sum of those values that are above the limit."""\n',
        "+    above = [value for value in values if value > limit]\n",
        "+    return sum(above)\n",
        "--- /dev/null\n",
        f"+++ b/{other.path.parent}/written_anew.py\n",
        "@@ -0,0 +1 @@\n",
        '+"""Says how many there are."""\n',
        "+\n",
        "+\n",
        "+def how_many(values):\n",
        "+    return len(list(values))\n",
        "```",
    ]


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10
