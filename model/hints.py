"""Which files and blocks a task speaks of, by its words: a prior that helps a small model to find the place."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from model.asked import NAME, NamedPaths

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")  # of `parseURL2` and `parse_url`: parse, url
# BM25 (Robertson and Zaragoza, 2009).
_K1, _B = 1.2, 0.75
# How much likelier, in nats, the best match is made than what has no word in common with the task.
_STRENGTH = 4.0
# As much is what it takes next to follow from the names of files in it.
_NAMED = 4.0
# As much is a line that stays as it is, where the block that it stands in is written anew for a name alone.
COPIED = 2 * _STRENGTH
# As much more is a hunk preferred that adds behind a definition, where the task wants something new.
NEW = 2 * _STRENGTH
# As much is a file that uses what the diff takes away, and that it is changed, not deleted; and the others
# that the task names in one breath with one that the diff has.
USING = 2.5 * _STRENGTH
# As much is a definition that the task names, or a file that it wants made: more than the habit of beginning at a
# file's top.
NAMED = 3 * _STRENGTH
# As much is the block that has to be changed, or the file does not hold together.
MENDING = 4 * _STRENGTH
_MAX_HINTED = 16  # of the choices at one place


@dataclass(frozen=True, slots=True)
class PathHints:
    r"""The files that a task speaks of: by words, `PATH\n`; by name, with those named in one breath; new ones."""

    by_words: Mapping[bytes, float]
    named: Mapping[str, float]
    together: Sequence[frozenset[str]]
    deleted: Collection[str]
    new: Mapping[str, float]
    renames: bool

    @classmethod
    def of(cls, by_words: Mapping[bytes, float], found: NamedPaths, new: Collection[str], *, renames: bool) -> Self:
        """Return the hints of what was found in a task; those of `new` are free."""
        return cls(
            by_words,
            {path: NAMED if path in found.deleted else _NAMED for path in found.old},
            found.together,
            found.deleted,
            {path: NAMED if path in found.created else _NAMED for path in new},
            renames,
        )

    def lines(
        self,
        used: Collection[str],
        using: Collection[str],
        defining: Collection[str],
        *,
        is_done: bool,
        completes: bool,
    ) -> list[tuple[bytes, Mapping[bytes, float]]]:
        """Return what lines of a header are made likelier by, in nats, by what they begin with.

        Args:
            used: files that the diff has already.
            using: files that use what the diff takes away, and those that should use what it creates.
            defining: files that define what the task names.
            is_done: whether the diff changes something, and its last file has no place left that the task names.
            completes: whether what the task wants added may be complete, or the diff takes away what others use.

        """
        named = {**dict.fromkeys(defining, _NAMED), **self.named}
        left = {path: nats for path, nats in named.items() if path not in used}
        joined = (path for group in self.together if not group.isdisjoint(used) for path in group)
        left |= dict.fromkeys((path for path in joined if path in left), USING)
        left |= dict.fromkeys((path for path in using if path not in used), USING)
        new = {path: nats for path, nats in self.new.items() if path not in used}
        # The names themselves are preferred in `new_names`.
        whole: dict[bytes, float] = {}
        if self.renames and new:
            whole |= {f"rename from {path}\n".encode(): NAMED for path in self.named if path in left}
        elif new:
            whole[b"--- /dev/null\n"] = max(new.values())
        elif left:
            whole |= {f"--- a/{path}\n".encode(): bonus for path, bonus in left.items()}
        elif is_done and (self.named or completes):
            whole[b"```"] = _NAMED
        return [(b"", whole), (b"--- a/", self.by_words), (b"rename from ", self.by_words)]

    @property
    def new_names(self) -> Mapping[bytes, float]:
        r"""What new paths, `PATH\n`, are made likelier by, in nats."""
        return {f"{path}\n".encode(): 2 * _NAMED for path in self.new}


def bonuses(query: str, texts: Mapping[bytes, Sequence[tuple[str, float]]]) -> dict[bytes, float]:
    """Return what each of the choices that have most in common with a query is made likelier by, in nats.

    Args:
        query: the task.
        texts: for each choice, texts that tell of it, and how much a word in each counts.

    """
    wanted = set(_words(query)) | set(_names(query))
    counts: dict[bytes, Counter[str]] = {}
    for choice, parts in texts.items():
        counts[choice] = Counter()
        for text, weight in parts:
            for word in (*_words(text), *_names(text)):
                if word in wanted:
                    counts[choice][word] += weight  # type: ignore[assignment]
    lengths = {choice: sum(weight * len(text) for text, weight in parts) for choice, parts in texts.items()}
    mean = sum(lengths.values()) / max(1, len(lengths)) or 1.0
    found_in = Counter(word for count in counts.values() for word in count)
    scores: dict[bytes, float] = {}
    for choice, count in counts.items():
        norm = _K1 * (1 - _B + _B * lengths[choice] / mean)
        scores[choice] = sum(
            math.log(1 + (len(counts) - found_in[word] + 0.5) / (found_in[word] + 0.5)) * n * (_K1 + 1) / (n + norm)
            for word, n in count.items()
        )
    best = sorted(scores, key=lambda choice: (-scores[choice], choice))[:_MAX_HINTED]
    top = max(scores.values(), default=0.0)
    return {choice: _STRENGTH * scores[choice] / top for choice in best if scores[choice] > 0}


def descending(choices: Sequence[bytes]) -> dict[bytes, float]:
    """Return what choices in order, the best first, are made likelier by, in nats."""
    return {choice: _STRENGTH * (1 - place / _MAX_HINTED) for place, choice in enumerate(choices[:_MAX_HINTED])}


def named_alike(one: str, other: str) -> bool:
    """Whether the names of two files have a word in common."""
    first, second = (set(_words(path.rpartition("/")[2].partition(".")[0])) for path in (one, other))
    return not first.isdisjoint(second)


def _words(text: str) -> Iterable[str]:
    return (word.lower() for word in _WORD.findall(text) if len(word) > 2)


def _names(text: str) -> Iterable[str]:
    """Return identifiers and paths whole, and the last part of each path."""
    for name in NAME.findall(text):
        if "_" in name or "." in name or "/" in name or name.lower() != name:
            yield f"={name}"
            for part in re.split(r"[./]", name):
                if len(part) > 2:
                    yield f"={part}"
        elif len(name) > 2:
            yield f"={name}"
