"""Histories to replay: a synthetic one made of the standard library, or the commits of any repository."""

import ast
import os
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.bench_model.corpus import repository_files, stdlib_files

_EPOCH_S = 1_700_000_000
_HOUR_S = 3_600
_MAX_LINES = 40
_MAX_MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit to check out, and its message, which is the task."""

    id: str
    message: str


def git(repository: Path, *arguments: str, at: int = 0) -> str:
    """Run git without the user's configuration, at hour `at` of a fixed calendar; return what it prints."""
    date = f"{_EPOCH_S + at * _HOUR_S} +0000"
    who = {"NAME": "Benchmark", "EMAIL": "benchmark@example.org", "DATE": date}
    environment = os.environ | {f"GIT_{role}_{key}": v for role in ("AUTHOR", "COMMITTER") for key, v in who.items()}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, encoding="utf-8").stdout


def write_repository(repository: Path, files: Mapping[str, str]) -> None:
    """Make a repository with one commit that holds `files`."""
    repository.mkdir(parents=True)
    git(repository, "init", "--quiet")
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _commit(repository, "Import the modules", 0)


def write_history(
    repository: Path, count: Callable[[str], int], *, n_tokens: int, n_commits: int, seed: int
) -> list[Commit]:
    """Make a repository of `n_tokens` and edit it `n_commits` times; return the first commit and each edit.

    As in real histories few files take most edits: the file of rank r is drawn with weight 1/r, and one commit in five
    touches two. An edit puts a top-level function of another module (at most 40 lines, unchanged) between two
    top-level statements; once a file holds two such guests, its next edit takes the older out again, so that the size
    stays. Everything follows from `seed` and the interpreter's library.
    """
    drawn = random.Random(seed)
    files = repository_files(count, n_tokens * 7 // 8)  # guests fill the rest
    names = sorted(files, key=lambda _: drawn.random())
    weights = [1 / rank for rank in range(1, len(names) + 1)]
    guests = _guests(files, drawn)
    held: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
    write_repository(repository, files)
    commits = [Commit(_head(repository), "Import the modules")]
    for hour in range(1, n_commits + 1):
        said = []
        for name in dict.fromkeys(drawn.choices(names, weights, k=1 + (drawn.random() < 0.2))):
            if len(held[name]) == 2:
                guest, source = held[name].pop(0)
                files[name] = files[name].replace(f"{source}\n\n\n", "", 1)
                said.append(f"{name}: remove {guest}, which nothing here calls")
            else:
                guest, source = next(guests)
                files[name] = _inserted(files[name], source, drawn)
                held[name].append((guest, source))
                said.append(f"{name}: add {guest}")
            (repository / name).write_text(files[name], encoding="utf-8")
        message = "; ".join(said)
        _commit(repository, message, hour)
        commits.append(Commit(_head(repository), message))
    return commits


def clone_history(repository: Path, source: Path, include: Sequence[str], n_commits: int) -> list[Commit]:
    """Clone any repository; return its last commits on the first-parent line that touch `include`, oldest first."""
    repository.parent.mkdir(parents=True, exist_ok=True)
    git(repository.parent, "clone", "--quiet", "--no-checkout", "--no-hardlinks", str(source), repository.name)
    log = ["log", "--first-parent", "--no-merges", "--reverse", "-z", "--format=%H%n%B"]
    told = git(repository, *log, "--", *(f":(glob){pattern}" for pattern in include)).split("\0")
    split = (text.partition("\n") for text in told if text.strip())
    commits = [Commit(id_, message.strip()[:_MAX_MESSAGE] or id_) for id_, _, message in split]
    if len(commits) < 2:
        raise ValueError(f"{source} has no two commits that touch {', '.join(include) or 'anything'}")
    return commits[-n_commits - 1 :]


def check_out(repository: Path, commit: Commit) -> None:
    """Put a commit's tree in place."""
    git(repository, "checkout", "--quiet", "--force", "--detach", commit.id)


def _guests(files: Mapping[str, str], drawn: random.Random) -> Iterator[tuple[str, str]]:
    """Yield functions of modules that the repository does not hold: what to call each, and its source."""
    found = []
    for name, text in stdlib_files():
        if name in files:
            continue
        try:
            tree = ast.parse(text)
        except SyntaxError:  # a test of syntax errors
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.end_lineno and node.end_lineno - node.lineno < _MAX_LINES:
                first = min((decorator.lineno for decorator in node.decorator_list), default=node.lineno)
                source = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
                found.append((f"{node.name}() as {name} has it", source))
    drawn.shuffle(found)
    yield from found


def _inserted(text: str, source: str, drawn: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    starts = [node.lineno for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    at = drawn.choice(starts) - 1 if starts else len(lines)
    while at and lines[at - 1].startswith(("@", "#")):
        at -= 1
    return "".join([*lines[:at], f"{source}\n\n\n", *lines[at:]])


def _commit(repository: Path, message: str, hour: int) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message, at=hour)


def _head(repository: Path) -> str:
    return git(repository, "rev-parse", "HEAD").strip()
