"""Which files and blocks a task speaks of, by its words: a prior that helps a small model to find the place."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")  # of `parseURL2` and `parse_url`: parse, url
_NAME = re.compile(r"[A-Za-z_][\w./-]*\w")
_PLACE = re.compile(r"([\w./-]*\w)(?:\", line |[:(])(\d{1,7})\b")  # of `a.py", line 3`, `a.c:3:5` and `a.ts(3,5)`
_RENAME = re.compile(r"\b(renam|mov)(e[ds]?|ing)\b", re.IGNORECASE)
_NEW = re.compile(
    r"\b(?:add|create|implement|introduce|provide|write|needs?|gets?)\s+(?:[\w.]+\s+){0,3}?"
    r"(?:[\w.]+\(|(?P<type>class|struct|enum|interface|trait|type)(?:es|s)?\b"
    r"|(?:function|method|constructor|getter|setter|helper|test|macro)s?\b|propert(?:y|ies)\b)",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_CALLED = re.compile(r"([A-Za-z_]\w*)\(")
# BM25 (Robertson and Zaragoza, 2009).
_K1, _B = 1.2, 0.75
# How much likelier, in nats, the best match is made than what has no word in common with the task.
_STRENGTH = 4.0
# As much is what it takes next to follow from the names of files in it.
_NAMED = 4.0
# As much more is a hunk preferred that adds behind a definition, where the task wants something new.
NEW = 2 * _STRENGTH
# As much is a file that uses what the diff takes away, and that it is changed, not deleted.
USING = 2 * _STRENGTH
# As much is a definition that the task names: more than the habit of beginning at a file's top.
NAMED = 3 * _STRENGTH
_MAX_HINTED = 16  # of the choices at one place


@dataclass(frozen=True, slots=True)
class PathHints:
    r"""The files that a task speaks of: by words, `PATH\n`, with nats; by name; names that no file has yet."""

    by_words: Mapping[bytes, float]
    named: Sequence[str]
    new: Sequence[str]
    renames: bool

    def lines(
        self, used: Collection[str], using: Collection[str], *, is_done: bool, completes: bool
    ) -> list[tuple[bytes, Mapping[bytes, float]]]:
        """Return what lines of a header are made likelier by, in nats, by what they begin with.

        Args:
            used: files that the diff has already.
            using: files that use what the diff takes away.
            is_done: whether nothing that the task names is left in the files that the diff has.
            completes: whether something was just completed that the task wants.

        """
        left = {path: _NAMED for path in self.named if path not in used}
        left |= dict.fromkeys((path for path in using if path not in used), USING)
        new = [path for path in self.new if path not in used]
        # The names themselves are preferred in `new_names`.
        whole: dict[bytes, float] = {}
        if self.renames and new:
            whole |= {f"rename from {path}\n".encode(): bonus for path, bonus in left.items()}
        elif new:
            whole[b"--- /dev/null\n"] = _NAMED
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


def mentioned_paths(query: str, paths: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the paths that a query names, whole or by their last part: those that exist, and those that do not.

    What is no file yet counts only if some file's name ends as it does: `math.pi` is none.
    """
    by_name: dict[str, list[str]] = {}
    endings = {path.rpartition(".")[2] for path in paths}
    for path in paths:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    old: dict[str, None] = {}
    new: dict[str, None] = {}
    for name in _NAME.findall(query):
        if name in paths:
            old[name] = None
        elif name in by_name:
            old.update(dict.fromkeys(by_name[name]))
        elif "." in name and name.rpartition(".")[2] in endings:
            new[name] = None
    return list(old), list(new)


def mentioned_lines(query: str, paths: Collection[str]) -> dict[str, list[int]]:
    """Return the lines, counted from 0, that a query names by path and number, as a compiler or a traceback does."""
    found: dict[str, list[int]] = {}
    for path, number in _PLACE.findall(query):
        if path in paths and (line := int(number) - 1) not in found.setdefault(path, []):
            found[path].append(line)
    return found


def named_alike(one: str, other: str) -> bool:
    """Whether the names of two files have a word in common."""
    first, second = (set(_words(path.rpartition("/")[2].partition(".")[0])) for path in (one, other))
    return not first.isdisjoint(second)


def without_paths(query: str, paths: Collection[str]) -> str:
    """Return a query without the paths that it names, whole or by their last part."""
    names = {*paths, *(path.rpartition("/")[2] for path in paths)}
    return _NAME.sub(lambda found: "" if found[0] in names else found[0], query)


def asks_to_rename(query: str) -> bool:
    """Whether a query speaks of renaming or moving, in English."""
    return _RENAME.search(query) is not None


def asks_for_new(query: str) -> Literal["type", "function"] | None:
    """Return what kind of definition a query wants that is not there yet, in English: `function` for `name(`, too."""
    found = _NEW.search(query)
    return found and ("type" if found["type"] else "function")


def identifiers(text: str) -> set[str]:
    """Return the identifiers in a text."""
    return set(_IDENTIFIER.findall(text))


def mentioned_identifiers(query: str) -> set[str]:
    """Return the identifiers in a query that cannot be plain English words: `name(`, `a_name`, `aName`, `Name`."""
    telling = {name for name in identifiers(query) if "_" in name or name.lower() != name}
    return telling | set(_CALLED.findall(query))


def _words(text: str) -> Iterable[str]:
    return (word.lower() for word in _WORD.findall(text) if len(word) > 2)


def _names(text: str) -> Iterable[str]:
    """Return identifiers and paths whole, and the last part of each path."""
    for name in _NAME.findall(text):
        if "_" in name or "." in name or "/" in name or name.lower() != name:
            yield f"={name}"
            for part in re.split(r"[./]", name):
                if len(part) > 2:
                    yield f"={part}"
        elif len(name) > 2:
            yield f"={name}"
