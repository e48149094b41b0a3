"""What a model is shown of a hunk that fits nowhere, or at several places: the hunk itself, and the true lines."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from agent.patch import Hunk
from agent.tiers import TIERS, find, longest_start
from repo_index.frame import cut_lines, frame_file
from repo_index.text import TextFile

_AROUND = 4  # lines before and behind
_MOST_LINES = 40  # of the hunk, and of each place
_MOST_PLACES = 3

Span = tuple[int, int]  # first line and the one behind the last, from 0


def evidence(path: PurePosixPath, hunk: Hunk, old: TextFile) -> str:
    """Return the hunk as it was written, and the lines of the file where it may have been meant to stand."""
    written = [f"@@ {hunk.section}".rstrip(), *(line.marker + line.text for line in hunk.lines)]
    said = "The hunk that was not taken:\n\n" + frame_file(path, _text(written[:_MOST_LINES]))
    if spans := _merged(_places(hunk.old_lines, old.lines)):
        said += "The lines that the file has there:\n\n" + frame_file(path, cut_lines(_text(old.lines), spans))
    return said


def _places(wanted: Sequence[str], lines: Sequence[str]) -> Iterator[Span]:
    """Yield the places that all old lines fit, or that the most of their beginning does."""
    if not wanted:
        return
    n_shown = min(len(wanted), _MOST_LINES)
    starts = next((found for tier in TIERS if (found := [match.start for match in find(tier, wanted, lines, 0)])), [])
    for skipped in range(len(wanted)):
        if starts:
            break
        start, n_same = longest_start(wanted[skipped:], lines, 0)
        if n_same and wanted[skipped].strip():  # blank lines stand everywhere
            starts = [start - skipped]
    for start in starts[:_MOST_PLACES]:
        yield max(0, start - _AROUND), min(len(lines), start + n_shown + _AROUND)


def _merged(spans: Iterator[Span]) -> list[Span]:
    """Join spans that touch: they are shown in the file's order."""
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
