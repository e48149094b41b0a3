"""From a `Patch` to the files it makes: each hunk is found by its old lines, never by a guess.

Zero places or several are an error that quotes the lines. The one exception: a hunk whose counts are right may name one
of several exact places by its own line number.
"""

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from pathlib import PurePosixPath

from agent.edits import Edit, NewLine, apply_edits, hunks_of, neighbour_ending, settle
from agent.errors import NoChangeError, PlacementError
from agent.existing import Existing, listed
from agent.misplaced import evidence
from agent.patch import FilePatch, Hunk, Line, Patch
from agent.tiers import TIERS, Match, Shift, Tier, find, longest_start
from repo_index.text import TextFile

_MANY = 8  # how many candidates an error lists
_CLOSE_LIMIT = 5_000  # lines to compare for a hint; beyond it the error would take seconds
_OWN_BYTES = re.compile("[\udc80-\udcff]")  # that were no UTF-8, as `surrogateescape` carries them
_LINE_WIDTH = 120  # how much of a line an error quotes


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a hunk was found: `old_start` counts from 1 in the old file, `hunk_index` from 0 in the patch as given.

    `offset` says how many lines that is below the place that the hunk's header names, 0 where it names none.
    """

    path: PurePosixPath
    hunk_index: int
    old_start: int
    tier: Tier
    offset: int = 0


@dataclass(frozen=True, slots=True)
class PlacedPatch:
    """A patch whose old lines are the files' own, with three lines of context, and the files before and after it.

    `old_texts` and `new_texts` have every path that the patch names; None stands for a file that is not there.
    """

    patch: Patch
    old_texts: Mapping[PurePosixPath, TextFile | None]
    new_texts: Mapping[PurePosixPath, TextFile | None]
    placements: tuple[Placement, ...]


Part = tuple[FilePatch, TextFile, Sequence[Edit], Sequence[Placement]]


def place(
    patch: Patch, texts: Mapping[PurePosixPath, TextFile], *, others: Collection[PurePosixPath] = ()
) -> PlacedPatch:
    """Find every hunk's place and return the changed files.

    Old lines are compared exactly, then without trailing white space, then without indentation (the added lines are
    shifted with them), then with typographic punctuation folded. Added lines take their neighbours' line ending,
    unless the hunk's old lines state the file's endings rightly: then what it states for the added ones is taken.

    Args:
        patch: what was parsed.
        texts: the repository's text files; only those that the patch names are looked up.
        others: further paths that exist but hold no text; they can be neither changed nor overwritten.

    Raises:
        PlacementError: a hunk fits nowhere or at several places, or a path is missing, taken or named twice.
        NoChangeError: the patch changes nothing.

    """
    _check_named_once(patch)
    existing = Existing(texts, others, patch)

    def parts() -> Iterator[Part]:
        for file in patch.files:
            existing.check(file)
            old = TextFile((), ()) if file.old_path is None else texts[file.old_path]
            yield file, old, *_place_file(file, old)

    placed = assembled(parts())
    if not placed.patch.files:
        raise NoChangeError("the diff changes nothing: its new lines are its old lines")
    return placed


def assembled(parts: Iterable[Part]) -> PlacedPatch:
    """Make a patch of files, their old texts, edits and the places of their hunks; what changes nothing is left out."""
    files: list[FilePatch] = []
    placements: list[Placement] = []
    old_texts: dict[PurePosixPath, TextFile | None] = {}
    new_texts: dict[PurePosixPath, TextFile | None] = {}
    for file, old, edits, found in parts:
        if file.kind == "modify" and not edits and file.mode is None:
            continue
        files.append(replace(file, hunks=hunks_of(edits, old)))
        placements += found
        if file.old_path is not None:
            old_texts[file.old_path] = old
            new_texts.setdefault(file.old_path, None)  # unless another file has taken its place
        if file.new_path is not None:
            old_texts.setdefault(file.new_path, None)
            new_texts[file.new_path] = apply_edits(edits, old)
    return PlacedPatch(Patch(tuple(files)), old_texts, new_texts, tuple(placements))


def _check_named_once(patch: Patch) -> None:
    """Check that no file is changed twice or made twice. One that moves away may leave its path to another."""
    for paths in ([file.old_path for file in patch.files], [file.new_path for file in patch.files]):
        twice = [path for path, n in Counter(path for path in paths if path is not None).items() if n > 1]
        if twice:
            raise PlacementError(f"{min(twice)} is named by two parts of the diff; write one part for each file")


def _in_encoding(hunk: Hunk, old: TextFile) -> Hunk:
    """Read a file's own bytes as it does where a diff holds them, as that of `git diff` does: they are no UTF-8."""
    if old.encoding == "utf-8" or not any(_OWN_BYTES.search(line.text) for line in hunk.lines):
        return hunk

    def read(line: Line) -> Line:
        data = line.text.encode("utf-8", "surrogateescape")
        return replace(line, text=data.decode(old.encoding)) if _OWN_BYTES.search(line.text) else line

    return replace(hunk, lines=tuple(map(read, hunk.lines)))


def _place_file(file: FilePatch, old: TextFile) -> tuple[tuple[Edit, ...], list[Placement]]:
    if file.old_path is None:
        return _created(file), []
    if file.new_path is None:
        for index, hunk in enumerate(file.hunks):
            _check_deleted(file, index, hunk, old)
        whole = Edit(0, len(old.lines), ())
        return (whole,) if old.lines else (), []
    edits: list[Edit] = []
    placements: list[Placement] = []
    floor = 0
    for index, given in enumerate(_in_encoding(each, old) for each in file.hunks):
        hunk = _cleaned(_without_mark(given, old) if old.bom else given)
        if all(line.marker == " " for line in hunk.lines):
            continue
        try:
            match, tier = _find(f"{file.path}, hunk {index + 1}", hunk, old, floor)
            found = _edits(hunk, match, old)
        except PlacementError as error:
            error.evidence = evidence(file.path, given, old)
            raise
        floor = max(floor, *(edit.hi for edit in found))
        edits += found
        # a hunk without old lines names the line before it
        offset = match.start - (hunk.old_start - bool(hunk.old_lines)) if hunk.trusted else 0
        placements.append(Placement(file.path, index, match.start + 1, tier, offset))
    return settle(edits, old), placements


def _created(file: FilePatch) -> tuple[Edit, ...]:
    """Read a new file's body. A blank line whose `+` was forgotten can only be meant as a line of the file."""
    if len(file.hunks) > 1:
        raise PlacementError(f"{file.path} is new, so it is written in one hunk, not {len(file.hunks)}")
    lines = file.hunks[0].lines if file.hunks else ()
    wrong = next((line for line in lines if line.marker == "-" or (line.marker == " " and line.text)), None)
    if wrong is not None:
        raise PlacementError(
            f"{file.path} is new, so each of its lines begins with '+', not {_quoted(wrong.marker + wrong.text)}"
        )
    new = tuple(NewLine(line.text, line.ending) for line in lines)
    return settle([Edit(0, 0, new)], TextFile((), ()))


def _check_deleted(file: FilePatch, index: int, hunk: Hunk, old: TextFile) -> None:
    """Check that the file to delete is the one that the model saw; where in it the lines stand does not matter."""
    where = f"{file.path}, hunk {index + 1}"
    if any(line.marker == "+" for line in hunk.lines):
        raise PlacementError(f"{where}: a deleted file has no added lines")
    if not any(find(tier, hunk.old_lines, old.lines, 0) for tier in TIERS):
        raise _not_found(where, hunk.old_lines, old, 0)


def _cleaned(hunk: Hunk) -> Hunk:
    """Turn lines that are removed and added again into context, so that they keep the file's own bytes."""
    lines: list[Line] = []
    for is_context, run in groupby(hunk.lines, key=lambda line: line.marker == " "):
        if is_context:
            lines += run
        else:
            block = tuple(run)
            lines += _trimmed(
                [line for line in block if line.marker == "-"], [line for line in block if line.marker == "+"]
            )
    return replace(hunk, lines=tuple(lines))


def _without_mark(hunk: Hunk, old: TextFile) -> Hunk:
    """Take the byte-order mark off: a diff made of the file's bytes shows it at the first line, where it is no text.

    A line further on may really begin with that character. An old line does if the file has it so; a new one if it
    cannot be the file's first.
    """
    texts = set(old.lines)
    lines: list[Line] = []
    may_be_first = hunk.old_start is None or hunk.old_start <= 1
    for line in hunk.lines:
        is_mark = may_be_first if line.marker == "+" else line.text not in texts
        lines.append(replace(line, text=line.text.removeprefix("\ufeff")) if is_mark else line)
        may_be_first = may_be_first and line.marker == "-"
    return replace(hunk, lines=tuple(lines))


def _trimmed(removed: Sequence[Line], added: Sequence[Line]) -> list[Line]:
    """Return a block of changes with the lines that both sides begin and end with as context."""
    again = [replace(line, marker="-") for line in added]
    head = _n_common(removed, again)
    tail = _n_common(removed[head:][::-1], again[head:][::-1])
    end = len(removed) - tail
    kept = [replace(line, marker=" ") for line in removed]
    return [*kept[:head], *removed[head:end], *added[head : len(added) - tail], *kept[end:]]


def _n_common(one: Sequence[Line], other: Sequence[Line]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _find(where: str, hunk: Hunk, old: TextFile, floor: int) -> tuple[Match, Tier]:
    """Return the one place of a hunk at or after line index `floor`."""
    wanted = hunk.old_lines
    if not wanted:
        return _insertion(where, hunk, old, floor)
    for tier in TIERS:
        matches = find(tier, wanted, old.lines, floor)
        if tier == "exact" and hunk.trusted and len(matches) > 1:
            matches = [match for match in matches if match.start == hunk.old_start - 1] or matches
        if len(matches) > 1:
            starts = [str(match.start + 1) for match in matches]
            if len(starts) > _MANY:
                starts[_MANY:] = [f"{len(starts) - _MANY} more"]
            raise PlacementError(
                f"{where}: its {len(wanted)} old lines, from {_quoted(wanted[0])} on, stand at lines "
                f"{listed(starts, 'and')}; add context lines that tell these places apart"
            )
        if matches:
            return matches[0], tier
    raise _not_found(where, wanted, old, floor)


def _insertion(where: str, hunk: Hunk, old: TextFile, floor: int) -> tuple[Match, Tier]:
    """Place a hunk that has no old line at all: only its own line number can say where, if it is to be believed."""
    n_old = len(old.lines)
    if n_old == 0:
        return Match(0), "exact"
    if hunk.trusted and max(floor, 1) <= hunk.old_start <= n_old:
        return Match(hunk.old_start), "exact"
    raise PlacementError(
        f"{where}: it has no old line, and its header names none of the {n_old} lines after which to add; "
        "add context lines"
    )


def _edits(hunk: Hunk, match: Match, old: TextFile) -> list[Edit]:
    """Return the edits of a placed hunk: one for each run of changed lines."""
    stated = [line.ending for line in hunk.lines if line.marker != "+"]
    true = old.endings[match.start : match.start + len(stated)]
    # A diff that states the old endings as they are was made from the bytes, and is right about the new ones too.
    exact = tuple(stated) == true and (bool(stated) or not old.lines)
    edits: list[Edit] = []
    at = match.start
    for is_context, run in groupby(hunk.lines, key=lambda line: line.marker == " "):
        block = tuple(run)
        if is_context:
            at += len(block)
            continue
        hi = at + sum(line.marker == "-" for line in block)
        added = [line for line in block if line.marker == "+"]
        ending = neighbour_ending(old, at)
        new = [NewLine(_shifted(line.text, match.shift, hunk), line.ending if exact else ending) for line in added]
        if new and not exact and hi == len(old.lines) and old.lines:
            last = old.endings[-1]
            new[-1] = replace(new[-1], ending=last and ending)
        edits.append(Edit(at, hi, tuple(new)))
        at = hi
    return edits


def _shifted(text: str, shift: Shift, hunk: Hunk) -> str:
    line = shift.apply(text)
    if line is None:
        raise PlacementError(
            f"{_quoted(hunk.old_lines[0])} stands in the file with {len(shift.removed)} characters less of "
            f"indentation, but the added line {_quoted(text)} has not as many; indent the hunk as the file is"
        )
    return line


def _not_found(where: str, wanted: Sequence[str], old: TextFile, floor: int) -> PlacementError:
    """Quote the first line that does not match, beside the closest true lines."""
    advice = "copy the old lines from the file as it is now"
    start, n_same = longest_start(wanted, old.lines, floor)
    if not n_same:
        after = f" after line {floor}" if floor else ""
        close = _close_lines(wanted[0], old.lines)
        return PlacementError(f"{where}: {_quoted(wanted[0])} is no line of the file{after}{close}; {advice}")
    if n_same == len(wanted):  # every line is there but for its indentation, which differs from line to line
        n_same = next(i for i, line in enumerate(wanted) if line.rstrip() != old.lines[start + i].rstrip())
    at = start + n_same
    true = f"line {at + 1} is {_quoted(old.lines[at])}" if at < len(old.lines) else f"the file ends at line {at}"
    return PlacementError(
        f"{where}: from line {start + 1} of the file it expects {_quoted(wanted[n_same])} as old line {n_same + 1}, "
        f"but {true}; {advice}"
    )


def _close_lines(line: str, lines: Sequence[str]) -> str:
    short = [(text[:_LINE_WIDTH], i + 1) for i, text in enumerate(lines[:_CLOSE_LIMIT])]
    close = difflib.get_close_matches(line[:_LINE_WIDTH], [text for text, _ in short], n=3, cutoff=0.5)
    numbered = [f"line {number}: {_quoted(text)}" for text, number in short if text in close][:3]
    return f" (closest: {', '.join(numbered)})" if numbered else ""


def _quoted(line: str) -> str:
    return repr(line if len(line) <= _LINE_WIDTH else line[:_LINE_WIDTH] + "…")
