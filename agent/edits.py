"""Edits of one file: line ranges and what replaces them. From them come the new file and exact hunks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.patch import Hunk, Line, Marker
from repo_index.text import Ending, TextFile

N_CONTEXT = 3  # git's own; fewer than three leading lines also tell `git apply` that the file begins there


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that is written, with its ending."""

    text: str
    ending: Ending


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the old lines `lo` to `hi` (counted from 0, `hi` not included) by others."""

    lo: int
    hi: int
    lines: tuple[NewLine, ...]


def neighbour_ending(file: TextFile, at: int) -> Ending:
    """Return the ending that a line inserted at index `at` takes: that of the line before it, or after it."""
    around = file.endings[max(at - 1, 0) : at + 1]
    return next((ending for ending in around if ending), file.newline)


def settle(edits: Iterable[Edit], old: TextFile) -> tuple[Edit, ...]:
    """Return edits in order, none touching another, that name every line whose bytes change.

    Adding after a last line without a newline changes that line too, and so does adding before, or removing, the
    line that carries a byte-order mark. Only the file's last line may lack a newline. Edits that change nothing go.
    """
    settled = _join(edits)
    if settled:
        settled[0] = _with_mark_line(settled[0], old)
        settled = _join(settled)
        settled[-1] = _with_last_line(settled[-1], old)
        settled = _join(settled)
    return tuple(edit for edit in (_complete(edit, old) for edit in settled) if _changes(edit, old))


def apply_edits(edits: Sequence[Edit], old: TextFile) -> TextFile:
    """Return the file after settled edits; encoding and byte-order mark stay, but an emptied file has no mark."""
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += _joined(old, at, edit.lo)
        pieces += [line.text + line.ending for line in edit.lines]
        at = edit.hi
    pieces += _joined(old, at, len(old.lines))
    text = "".join(pieces)
    return TextFile.from_text(text, encoding=old.encoding, bom=old.bom if text else b"")


def hunks_of(edits: Sequence[Edit], old: TextFile) -> tuple[Hunk, ...]:
    """Return the hunks of settled edits with git's three lines of context, all old lines true to the file."""
    groups: list[list[Edit]] = []
    for edit in edits:
        if groups and edit.lo - groups[-1][-1].hi <= 2 * N_CONTEXT:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return tuple(_hunk(group, old) for group in groups)


def _hunk(group: Sequence[Edit], old: TextFile) -> Hunk:
    lo = max(0, group[0].lo - N_CONTEXT)
    hi = min(len(old.lines), group[-1].hi + N_CONTEXT)
    lines: list[Line] = []
    at = lo
    for edit in group:
        lines += _marked(" ", old, at, edit.lo)
        lines += _marked("-", old, edit.lo, edit.hi)
        lines += [_line("+", line.text, line.ending) for line in edit.lines]
        at = edit.hi
    lines += _marked(" ", old, at, hi)
    return Hunk(old_start=lo + 1 if hi > lo else lo, lines=tuple(lines))


def _marked(marker: Marker, old: TextFile, lo: int, hi: int) -> list[Line]:
    return [_line(marker, old.lines[i], old.endings[i]) for i in range(lo, hi)]


def _line(marker: Marker, text: str, ending: Ending) -> Line:
    return Line(marker, text, newline=ending != "", crlf=ending == "\r\n")


def _joined(old: TextFile, lo: int, hi: int) -> list[str]:
    return [old.lines[i] + old.endings[i] for i in range(lo, hi)]


def _kept(old: TextFile, index: int) -> NewLine:
    return NewLine(old.lines[index], old.endings[index])


def _join(edits: Iterable[Edit]) -> list[Edit]:
    joined: list[Edit] = []
    for edit in edits:
        if joined and joined[-1].hi == edit.lo:
            joined[-1] = Edit(joined[-1].lo, edit.hi, joined[-1].lines + edit.lines)
        else:
            joined.append(edit)
    return joined


def _with_mark_line(edit: Edit, old: TextFile) -> Edit:
    """Let an edit at the top of a file with a byte-order mark name the line that loses or takes the mark."""
    adds_or_removes_only = edit.hi == 0 or not edit.lines
    if not old.bom or edit.lo > 0 or edit.hi >= len(old.lines) or not adds_or_removes_only:
        return edit
    return Edit(0, edit.hi + 1, (*edit.lines, _kept(old, edit.hi)))


def _with_last_line(edit: Edit, old: TextFile) -> Edit:
    """Let an edit that adds after a last line without newline name that line."""
    n_old = len(old.lines)
    if old.ends_with_newline or not edit.lo == edit.hi == n_old:
        return edit
    return Edit(n_old - 1, n_old, (_kept(old, n_old - 1), *edit.lines))


def _complete(edit: Edit, old: TextFile) -> Edit:
    """Give every added line an ending, but for the last one of the file; an empty one without an ending is no line."""
    n_open = 1 if edit.hi == len(old.lines) else 0
    inner = len(edit.lines) - n_open
    ending = neighbour_ending(old, edit.lo)
    return replace(
        edit,
        lines=tuple(
            line if line.ending or (i >= inner and line.text) else NewLine(line.text, ending)
            for i, line in enumerate(edit.lines)
        ),
    )


def _changes(edit: Edit, old: TextFile) -> bool:
    return edit.lines != tuple(_kept(old, i) for i in range(edit.lo, edit.hi))
