"""How much of what real commits edit a choice of context finds, at budgets from 2,048 to 65,536 tokens.

`python -m tests.benchmarks.bench_context --repo OWNER/NAME=PATH …` (5 commits of each repository) or with `--full` (20
of each). PATH is a git repository with its history, bare or not. With `--bits` also how many bits the 0.5B needs for
the true diff behind what an arm chooses. The last line is one JSON object. A stopped run goes on where it stopped, as
long as the code is the same.

The task is a held-back commit's message, the repository is its parent; see `commits.py` for which commits count. All
arms rank the same blocks, and what they rank fills a working set; tied blocks count against the arm.
"""

import argparse
import datetime as dt
import json
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from git import Git
from rich.console import Console

from model.store import ModelStore, resolve
from model.tokenizer import Tokenizer
from tests.benchmarks.bench_context.arms import ARMS, Setting
from tests.benchmarks.bench_context.bits import summary
from tests.benchmarks.bench_context.bits.measure import AllBits, spread
from tests.benchmarks.bench_context.bits.scorer import Scorer
from tests.benchmarks.bench_context.commits import Commit, held_back
from tests.benchmarks.bench_context.corpus import Corpus, CorpusReader, LineCounter
from tests.benchmarks.bench_context.notes import notes_of
from tests.benchmarks.bench_context.ranking import Arm
from tests.benchmarks.bench_context.recall import Recall, measure
from tests.benchmarks.bench_context.table import commits_json, files, lines, mean_seconds, means, show
from tests.benchmarks.bench_model import machine
from tests.benchmarks.sources import RESULTS

_MODEL = "qwen2.5-coder-0.5b"
_N_COMMITS, _N_COMMITS_SHORT = 20, 5
_N_BITS_COMMITS, _N_BITS_COMMITS_SHORT = 40, 5  # of all repositories together
_WITHOUT_BITS = ("random",)


class Recalls:
    """The recalls of a run, noted one line each."""

    def __init__(self, seed: int) -> None:
        """Find what an earlier run of the same code has done."""
        self._notes = notes_of("recall", {"seed": seed})
        self.done = [Recall(**line) for line in self._notes.lines]

    def run(self, reader: CorpusReader, commits: Sequence[Commit], arms: Mapping[str, Arm], console: Console) -> None:
        """Measure what has not been measured yet, of one repository."""
        done = {(recall.repository, recall.commit, recall.arm) for recall in self.done}
        for number, commit in enumerate(commits, start=1):
            missing = [name for name in arms if (commit.repository, commit.id, name) not in done]
            if not missing:
                continue
            corpus = reader.at(commit.parent)
            for name in missing:
                started = time.perf_counter()
                ranking = arms[name].rank(corpus, commit.message)
                self._note(measure(corpus, commit, name, ranking, round(time.perf_counter() - started, 3)))
            console.print(
                f"  {commit.repository} {number} of {len(commits)}: {_size(corpus)}: {commit.message.splitlines()[0]}",
                highlight=False, markup=False,
            )  # fmt: skip

    def clear(self) -> None:
        """Forget them: the run is complete."""
        self._notes.clear()

    def _note(self, recall: Recall) -> None:
        self.done.append(recall)
        self._notes.note(recall.values())


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 160)
    started = time.monotonic()
    directory = resolve(_MODEL, ModelStore(), lambda _progress: None)
    tokenizer = Tokenizer.from_directory(directory)
    recalls = Recalls(options.seed)
    all_bits = AllBits(Scorer(directory, tokenizer), tokenizer) if options.bits else None
    n_commits = _N_COMMITS if options.full else _N_COMMITS_SHORT
    held: dict[str, list[Commit]] = {}
    with_bits: dict[str, list[Commit]] = {}
    about: dict[str, dict[str, Any]] = {}
    try:
        for i, (name, path) in enumerate(options.repo):
            repository = Git(path)
            reader = CorpusReader(repository, LineCounter(tokenizer))
            held[name] = held_back(name, repository, reader, n_commits)
            setting = Setting(path, tokenizer, held[name], options.seed)
            arms = {arm: ARMS[arm](setting) for arm in options.arms}
            recalls.run(reader, held[name], arms, console)
            if all_bits:
                share, rest = divmod(options.bits_commits, len(options.repo))
                with_bits[name] = spread(held[name], share + (i < rest))
                chosen_arms = {arm: made for arm, made in arms.items() if arm not in _WITHOUT_BITS}
                all_bits.run(reader, with_bits[name], chosen_arms, console)
            about[name] = _about(repository, reader, held[name])
            repository.clear_cache()
    except KeyboardInterrupt:
        console.print("Stopped; the same command goes on from here.")
        return 130
    chosen = {(name, commit.id) for name, commits in held.items() for commit in commits}
    wanted = [
        recall
        for arm in options.arms
        for recall in recalls.done
        if recall.arm == arm and (recall.repository, recall.commit) in chosen
    ]
    show(console, wanted)
    for name in about:
        own = [recall for recall in wanted if recall.repository == name]
        about[name] |= {"line_recall": means(own, lines), "file_recall": means(own, files)}
    told: dict[str, Any] = {
        "line_recall": means(wanted, lines),
        "file_recall": means(wanted, files),
        "rank_s": mean_seconds(wanted),
        "repositories": about,
        "form": "full" if options.full else "short",
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - started),
        "seed": options.seed,
        "machine": machine.describe(),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "tokenizers", "tree-sitter")},
    }
    bits = all_bits.of(with_bits, options.arms) if all_bits else []
    if bits:
        told |= summary.told(bits, options.seed)
        told["bits"] |= {key: told[key] for key in ("date", "form", "seed", "machine")}
        summary.show(console, told)
    if options.full or options.keep:
        _keep(told, {"commits": commits_json(wanted)} | ({"bits_commits": summary.commits_json(bits)} if bits else {}))
    if options.full:
        recalls.clear()
        if all_bits:
            all_bits.clear()
    console.file.write(json.dumps(told) + "\n")
    return 0


def _keep(told: Mapping[str, Any], by_commit: Mapping[str, Any]) -> None:
    """Write the result, a line for each commit; a run without bits leaves those of an earlier one as they are."""
    path = RESULTS / "bench_context.json"
    earlier = json.loads(path.read_text()) if path.exists() else {}
    kept = {key: earlier[key] for key in summary.KEYS if key in earlier} | dict(told) | dict(by_commit)
    lists = {key: kept.pop(key) for key in ("commits", "bits_commits") if key in kept}
    text = json.dumps(kept, indent=1).removesuffix("\n}")
    for key, commits in lists.items():
        text += f',\n "{key}": [\n' + ",\n".join(f"  {json.dumps(commit)}" for commit in commits) + "\n ]"
    path.write_text(text + "\n}\n")


def _about(repository: Git, reader: CorpusReader, commits: Sequence[Commit]) -> dict[str, Any]:
    corpus = reader.at(commits[0].parent)
    return {
        "head": repository.rev_parse("HEAD"),
        "n_commits": len(commits),
        "oldest": repository.log("-1", "--format=%cs", commits[-1].id),
        "newest": repository.log("-1", "--format=%cs", commits[0].id),
        "n_files": len(corpus.files),
        "n_blocks": len(corpus.blocks),
        "n_tokens": int(corpus.n_tokens.sum()),
    }


def _size(corpus: Corpus) -> str:
    return f"{len(corpus.files):,} files, {corpus.n_tokens.sum() / 1e6:.2f} M tokens"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-context", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--repo", action="append", type=_named, required=True, metavar="[NAME=]PATH", help="give it once for each"
    )
    parser.add_argument("--full", action="store_true", help="20 commits of each; takes some minutes")
    parser.add_argument("--keep", action="store_true", help="keep the result of a short form, too")
    parser.add_argument("--bits", action="store_true", help="also bits per byte of true diffs: 3 to 5 minutes a commit")
    parser.add_argument("--bits-commits", type=int, metavar="N", help="of all repositories together; 5, or 40 if full")
    parser.add_argument("--arms", type=_arms, default=tuple(ARMS), help=f"some of {', '.join(ARMS)}; commas between")
    parser.add_argument("--seed", type=int, default=0, help="of the random arm, and of intervals")
    options = parser.parse_args()
    if options.bits_commits is None:
        options.bits_commits = _N_BITS_COMMITS if options.full else _N_BITS_COMMITS_SHORT
    return options


def _named(text: str) -> tuple[str, Path]:
    name, _, path = text.rpartition("=")
    return name or Path(path).resolve().name, Path(path)


def _arms(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in names if name not in ARMS]:
        raise argparse.ArgumentTypeError(f"no arm {unknown[0]!r}; there are {', '.join(ARMS)}")
    return names


if __name__ == "__main__":
    raise SystemExit(main())
