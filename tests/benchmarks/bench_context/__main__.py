"""How much of what real commits edit a choice of context finds, at budgets from 2,048 to 65,536 tokens.

`python -m tests.benchmarks.bench_context --repo OWNER/NAME=PATH …` (5 commits of each repository) or with `--full` (20
of each). PATH is a git repository with its history, bare or not. The last line is one JSON object. A stopped run goes
on where it stopped, as long as the code is the same.

The task is a held-back commit's message, the repository is its parent; see `commits.py` for which commits count. All
arms rank the same blocks, and what they rank fills a working set; tied blocks count against the arm.
"""

import argparse
import datetime as dt
import json
import platform
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from git import Git
from rich.console import Console

from model.store import ModelStore, resolve
from model.tokenizer import Tokenizer
from tests.benchmarks.bench_context.arms import ARMS, Setting
from tests.benchmarks.bench_context.commits import Commit, held_back
from tests.benchmarks.bench_context.corpus import Corpus, CorpusReader, LineCounter
from tests.benchmarks.bench_context.recall import Recall, measure
from tests.benchmarks.bench_context.table import commits_json, files, lines, mean_seconds, means, show
from tests.benchmarks.bench_model import machine
from tests.benchmarks.sources import RESULTS, digest, unfinished

_MODEL = "qwen2.5-coder-0.5b"
_N_COMMITS, _N_COMMITS_SHORT = 20, 5
_MEASURED = ("tests/benchmarks/bench_context", "repo_index")


class Recalls:
    """The recalls of a run, noted one line each."""

    def __init__(self, seed: int) -> None:
        """Find what an earlier run of the same code has done."""
        self._seed = seed
        self._path = unfinished() / f"bench_context-{digest({'seed': seed}, _MEASURED)}.jsonl"
        noted = self._path.read_text().splitlines() if self._path.exists() else []
        self.done = [Recall(**json.loads(line)) for line in noted]

    def run(self, reader: CorpusReader, commits: Sequence[Commit], arms: Sequence[str], console: Console) -> None:
        """Measure what has not been measured yet, of one repository."""
        done = {(recall.repository, recall.commit, recall.arm) for recall in self.done}
        setting = Setting(commits, self._seed)
        made = {name: ARMS[name](setting) for name in arms}
        for number, commit in enumerate(commits, start=1):
            missing = [name for name in arms if (commit.repository, commit.id, name) not in done]
            if not missing:
                continue
            corpus = reader.at(commit.parent)
            for name in missing:
                started = time.perf_counter()
                ranking = made[name].rank(corpus, commit.message)
                self._note(measure(corpus, commit, name, ranking, round(time.perf_counter() - started, 3)))
            console.print(
                f"  {commit.repository} {number} of {len(commits)}: {_size(corpus)}: {commit.message.splitlines()[0]}",
                highlight=False, markup=False,
            )  # fmt: skip

    def clear(self) -> None:
        """Forget them: the run is complete."""
        self._path.unlink(missing_ok=True)

    def _note(self, recall: Recall) -> None:
        self.done.append(recall)
        with self._path.open("a") as file:
            file.write(json.dumps(recall.values()) + "\n")


def main() -> int:
    """Run the benchmark and return the exit code."""
    options = _options()
    console = Console(width=None if Console().is_terminal else 160)
    started = time.monotonic()
    tokenizer = Tokenizer.from_directory(resolve(_MODEL, ModelStore(), lambda _progress: None))
    recalls = Recalls(options.seed)
    n_commits = _N_COMMITS if options.full else _N_COMMITS_SHORT
    held: dict[str, list[Commit]] = {}
    about: dict[str, dict[str, Any]] = {}
    try:
        for name, path in options.repo:
            repository = Git(path)
            reader = CorpusReader(repository, LineCounter(tokenizer))
            held[name] = held_back(name, repository, reader, n_commits)
            recalls.run(reader, held[name], options.arms, console)
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
    if options.full or options.keep:
        by_commit = ",\n".join(f"  {json.dumps(commit)}" for commit in commits_json(wanted))  # a line each
        text = json.dumps(told, indent=1).removesuffix("\n}") + f',\n "commits": [\n{by_commit}\n ]\n}}\n'
        (RESULTS / "bench_context.json").write_text(text)
    if options.full:
        recalls.clear()
    console.file.write(json.dumps(told) + "\n")
    return 0


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
    parser.add_argument("--arms", type=_arms, default=tuple(ARMS), help=f"some of {', '.join(ARMS)}; commas between")
    parser.add_argument("--seed", type=int, default=0, help="of the random arm")
    return parser.parse_args()


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
