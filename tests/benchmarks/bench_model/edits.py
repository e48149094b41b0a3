"""A replayed history: after each commit one request, in one process with the model loaded, up to its first token."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from model.loading import open_model
from tests.benchmarks.bench_model.cache import own_cache
from tests.benchmarks.bench_model.history import Commit, check_out, clone_history, write_history


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Return seconds to the first token after each commit; the first commit fills the cache and is told apart.

    What is done is noted in the step's own directory, so that a later call goes on behind the last commit noted.
    """
    home = Path(request["home"])
    os.environ |= own_cache(home / "cache")
    commits = _commits(home, request)
    from tests.benchmarks.bench_model.ours import Requests  # noqa: PLC0415 - reads where its cache is

    requests = Requests(request["model"], request["include"])
    log = home / "seconds.jsonl"
    seconds = [float(line) for line in log.read_text().splitlines()] if log.exists() else []
    if seconds and len(seconds) < len(commits):  # the processor's caches, allocator and tokenizer get warm again
        check_out(home / "repository", commits[len(seconds) - 1])
        requests.first_token_s(home / "repository", commits[len(seconds) - 1].message)
    for commit in commits[len(seconds) :]:
        check_out(home / "repository", commit)
        seconds.append(requests.first_token_s(home / "repository", commit.message))
        with log.open("a") as file:
            file.write(f"{seconds[-1]}\n")
        sys.stderr.write(f"{len(seconds) - 1}/{len(commits) - 1} {seconds[-1]:.2f} s  {commit.message[:80]!r}\n")
    shutil.rmtree(home)
    return {"cold_s": seconds[0], "edit_s": seconds[1:], "source": "real" if request["replay"] else "synthetic"}


def _commits(home: Path, request: dict[str, Any]) -> list[Commit]:
    """Make the repository to replay, or find it made."""
    repository, list_ = home / "repository", home / "commits.json"
    if list_.exists():
        return [Commit(**values) for values in json.loads(list_.read_text())]
    shutil.rmtree(repository, ignore_errors=True)
    if request["replay"]:
        commits = clone_history(repository, Path(request["replay"]), request["include"], request["repeats"])
    else:
        model = open_model(request["model"], device="cpu", on_progress=lambda _progress: None)
        commits = write_history(
            repository,
            model.count_tokens,
            n_tokens=request["n_context"],
            n_commits=request["repeats"],
            seed=request["seed"],
        )
    list_.write_text(json.dumps([{"id": commit.id, "message": commit.message} for commit in commits]))
    return commits
