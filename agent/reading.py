"""The repository as a model reads it: a snapshot whose counts are kept, and what the user is told of it."""

import hashlib
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from agent.protocols import LanguageModel
from model.api import OnProgress, Progress, Query, Turn
from model.disk import cache_root
from repo_index.content import Content
from repo_index.counts import Counted, CountStore, Keys
from repo_index.folder import Source
from repo_index.frame import quote_path
from repo_index.intake import take_snapshot
from repo_index.mentions import Mentions
from repo_index.snapshot import RepoSnapshot, SkippedFile

_QUIET_S = 1.0  # what takes no longer shows no progress
_MANY = 5  # files that one sentence names


def count_store() -> CountStore:
    """Return the store of what was counted, in the user's cache."""
    return CountStore(_counts_path())


def forget_counts() -> int:
    """Remove what was counted, and return how many bytes that freed."""
    path = _counts_path()
    try:
        freed = path.stat().st_size
        path.unlink()
    except OSError:
        return 0
    return freed


def read_source(
    source: Source,
    model: LanguageModel[Any, Any],
    on_progress: OnProgress,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    mentioned: Collection[PurePosixPath] = (),
) -> RepoSnapshot:
    """Take a snapshot counted for a model; what was counted before is not counted again.

    Raises:
        RepoError: see `take_snapshot`.

    """
    started = time.perf_counter()

    def on_read(done: int, total: int) -> None:
        if time.perf_counter() - started >= _QUIET_S:
            on_progress(Progress("scan", done, total))

    return take_snapshot(
        source,
        model.count_tokens,
        include=include,
        exclude=exclude,
        mentioned=mentioned,
        keys=None if model.counts_as is None else Keys(model.counts_as),
        store=count_store(),
        on_read=on_read,
    )


def notes_of(mentions: Mentions, snapshot: RepoSnapshot) -> list[str]:
    """Return what to tell the user of what the task names and the model does not see."""
    notes = [f"@{name} names no file here; the model gets it as words." for name in mentions.unknown]
    left_out = snapshot.skipped_among(mentions.paths)
    notes += [_note_of(skipped) for skipped in left_out[:_MANY]]
    if len(left_out) > _MANY:
        notes.append(f"{len(left_out) - _MANY:,} more that the task names are left out; see `magicode context`.")
    return notes


def _counts_path() -> Path:
    return cache_root() / "counts.sqlite3"


def _note_of(skipped: SkippedFile) -> str:
    note = f"{quote_path(skipped.path)} is named in the task and left out: {skipped.reason}."
    if skipped.reason.startswith("secret"):
        note += f" If the model is to see it beside all else: --include '*' --include {quote_path(skipped.path)}"
    return note


def note_of_room(before: RepoSnapshot, after: RepoSnapshot) -> str | None:
    """Return what to tell of the files that were left out for want of room."""
    kept = {file.path for file in after.files}
    left_out = [file for file in before.files if file.path not in kept]
    if not left_out:
        return None
    largest = sorted(left_out, key=lambda file: -file.n_tokens)[:3]
    names = ", ".join(quote_path(file.path) for file in largest)
    n_tokens = sum(file.n_tokens for file in left_out)
    return (
        f"Read without {len(left_out):,} data file{'s' * (len(left_out) > 1)} of {n_tokens:,} tokens, for which there "
        f"is no room: {names}{', …' * (len(left_out) > len(largest))}. Name one as @PATH if the task needs it."
    )


@dataclass(frozen=True, slots=True)
class KeptFrames:
    """Counts a prompt without its documents as a model does, and keeps that, too: then no tokenizer need be loaded."""

    model: LanguageModel[Any, Any]

    def count_frame(self, system: str, turns: Sequence[Turn], task: str) -> int:
        """Count the tokens of a whole prompt, its documents left out."""
        if self.model.counts_as is None:
            return self.model.count_frame(system, turns, task)
        rendered = "".join(self.model.render(system, (), Query(turns, task)))
        parts = [self.model.counts_as, rendered, system, *(turn.text for turn in turns), task]
        text = "\0".join(["frame", *(f"{len(part)} {part}" for part in parts)])
        key = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()
        with count_store() as store:
            known = store.look_up([key]).get(key)
            if known is None or known.n_tokens is None:
                known = Counted(Content("text"), self.model.count_frame(system, turns, task))
                store.keep({key: known})
        return known.n_tokens or 0
