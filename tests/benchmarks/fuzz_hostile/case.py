"""One hostile diff put to all that `magicode apply` does with it, and what must hold whatever it says."""

import io
import random
import sys
import time
import unicodedata
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from agent.change import Change, change_of
from agent.cli.app import main
from agent.errors import ExitCode, exit_code_of
from agent.journal import Entry, Journal, now
from agent.parse import parse_patch
from agent.paths import needs_consent
from agent.place import place
from agent.treeio import Tree
from agent.validate import ValidatedPatch, validate
from agent.workspace import _blobs, _missing_directories, _record, _vacated_directories
from agent.writer import Writer, carry_out
from tests.benchmarks.fuzz_hostile.diffs import hostile_diff
from tests.benchmarks.fuzz_hostile.world import LINKS, World

How = Literal["written", "git", "command"]
_SLOW_S = 10.0  # of the processor's time; the grammars' own limit is five


@dataclass(frozen=True, slots=True)
class Case:
    """What came of a seed: "applied" or the error's name; `wrong` says what must not be."""

    seed: int
    outcome: str
    wrong: str | None = None


def run_case(world: World, seed: int, how: How) -> Case:
    """Put the diff of a seed to the world, which is afterwards as it was before.

    "written" parses, places, validates and writes by the journal, without git; "git" lets the work space do it, where
    git judges; "command" is the whole `magicode apply`.
    """
    text = hostile_diff(seed)
    started = time.process_time()
    try:
        outcome = _command(world, text) if how == "command" else _applied(world, text, seed, by_git=how == "git")
    except _WrongError as error:
        return Case(seed, "wrong", str(error))
    except Exception as error:  # noqa: BLE001 - whatever is not foreseen is what is looked for
        if exit_code_of(error) is ExitCode.UNEXPECTED:
            return Case(seed, "wrong", f"no typed error: {error!r:.300}")
        outcome = type(error).__name__
        if how != "written" and world.state() != world.before:
            return Case(seed, "wrong", f"refused with {outcome}, and yet something changed")
    slow_s = time.process_time() - started
    return Case(seed, outcome, f"{slow_s:.1f} s of work" if slow_s > _SLOW_S else None)


class _WrongError(Exception):
    """What must not be."""


def _applied(world: World, text: str, seed: int, *, by_git: bool) -> str:
    yes_to_all = random.Random(seed).random() < 0.5
    placed = place(parse_patch(text), world.texts, others=world.others)
    touched = [path for file in placed.patch.files for path in (file.old_path, file.new_path) if path is not None]
    patch = validate(placed, consent=touched if yes_to_all else ())
    for path in touched:
        _require_harmless(path, yes_to_all=yes_to_all)
    if by_git:
        workspace = world.repo.workspace()
        done = workspace.apply(patch)
        _require_whole(world, patch)
        workspace.undo(done.undo_id)
    else:
        _write_and_take_back(world, patch)
    if world.state() != world.before:
        raise _WrongError("undo did not give back what was there")
    return "applied"


def _write_and_take_back(world: World, patch: ValidatedPatch) -> None:
    """Write as the work space does, but for git's judgement: a hundred times as fast."""
    journal = Journal(world.repo.root / ".git/magicode")
    with journal.lock(), Tree(world.repo.root) as tree:
        writer = Writer(tree, journal, modes_count=True)
        change = change_of(patch, tree)
        _require_modes(change)
        entry = _entry(journal, tree, change)
        carry_out(writer, entry, _blobs(entry, change))
        _require_whole(world, patch)
        back = entry.inverse()
        blobs = {copy.sha256: journal.read("undo", entry.id, copy) for copy in entry.copies}
        carry_out(writer, _again(journal, back), blobs)


def _entry(journal: Journal, tree: Tree, change: Change) -> Entry:
    records = tuple(_record(file, tree.read(file.path)) for file in change.files)
    missing, vacated = _missing_directories(tree, change.files), _vacated_directories(tree, change.files)
    return Entry(journal.new_id(), now(), "fuzz", None, None, records, missing, vacated)


def _again(journal: Journal, back: Entry) -> Entry:
    return Entry(journal.new_id(), back.at, back.task, None, back.id, back.files, back.creates, back.removes)


def _command(world: World, text: str) -> str:
    """Run the command line; it must end with a code of the table and say nothing that steers a terminal."""
    out, err = io.TextIOWrapper(io.BytesIO(), newline=""), io.StringIO()
    stdin, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogateescape")))
    code: object = None
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main(["apply", "-C", str(world.repo.root), "-y", "-"])
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdin = stdin
    if code not in set(ExitCode) - {ExitCode.UNEXPECTED, ExitCode.USAGE}:
        raise _WrongError(f"exit code {code}: {err.getvalue()[-300:]}")
    steering = [c for c in err.getvalue() if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}]
    if steering:
        raise _WrongError(f"the terminal is told {steering[0]!r}")
    if code == ExitCode.DONE:
        world.repo.workspace().undo()
    if world.state() != world.before:
        raise _WrongError(f"exit code {code}, and something is not as it was")
    return "applied" if code == ExitCode.DONE else f"exit code {code}"


def _require_harmless(path: PurePosixPath, *, yes_to_all: bool) -> None:
    """Judge a path by rules of our own, told apart from those that are tested."""
    for part in path.parts:
        plain = "".join(c for c in unicodedata.normalize("NFKC", part) if unicodedata.category(c) != "Cf").lower()
        if plain.split(":")[0].strip(". ") in ("git", "git~1") and plain[0] in ".g" and part != "git":
            raise _WrongError(f"{path} opens git's directory somewhere")
        if part in ("..", ".", "") or any(unicodedata.category(c) == "Cc" for c in part):
            raise _WrongError(f"{path} is no plain path")
    if path.is_absolute() or path.parts[0] in (*LINKS, "nested"):
        raise _WrongError(f"{path} leads out of the tree")
    if needs_consent(path) and not yes_to_all:
        raise _WrongError(f"{path} runs by itself, and nobody said yes")


def _require_modes(change: Change) -> None:
    for file in change.files:
        if file.after is not None and file.after.mode not in ("100644", "100755"):
            raise _WrongError(f"{file.path} gets mode {file.after.mode}")


def _require_whole(world: World, patch: ValidatedPatch) -> None:
    """Check that each file is as the patch makes it and that nothing else is changed."""
    named = {f"repo/{path}" for path in patch.new_texts}
    state = world.state()
    for name in world.before.keys() | state.keys():
        if name in named or not _is_file(state.get(name) or world.before[name]):
            continue
        if world.before.get(name) != state.get(name):
            raise _WrongError(f"{name} was changed, and the diff does not name it")
    for path, text in patch.new_texts.items():
        found = state.get(f"repo/{path}")
        if (None if text is None else text.encode()) != (found[1] if found and _is_file(found) else None):
            raise _WrongError(f"{path} is not what the diff makes of it")


def _is_file(found: tuple[int, bytes]) -> bool:
    return found[0] & 0o170000 != 0o040000
