"""From the text that a model or a person wrote to a `Patch`.

The scanner finds the parts that are a diff, restores what models leave out (counts, the blank of an empty context
line), and hands a strict diff to `unidiff`. What it cannot place is an error that quotes the line: no line inside a
hunk is ever dropped.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import StringIO

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from agent.errors import NoChangeError, PatchError, PolicyError
from agent.headers import Header, read_git_names, read_name
from agent.patch import FilePatch, Hunk, Line, Marker, Patch

_HUNK = re.compile(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@(.*)")
_LOOSE_HUNK = re.compile(r"@@(?!@)(?:.*@@)?(?P<section>.*)")
_LOOSE_NUMBERS = re.compile(r"\s*(?:[-+.…][-+.…\d,\s]*)?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[^`]*")
_OTHER_HEADER = re.compile(r"diff |Index: |Only in |From [0-9a-f]{40} |GIT binary patch$|Binary files? ")
_BULLET = re.compile(r"[-+] \S")
_MARKERS: dict[str, Marker] = {" ": " ", "-": "-", "+": "+"}
_NO_NEWLINE = "\\ No newline at end of file"


@dataclass(slots=True)
class _RawHunk:
    """A hunk whose counts are not known yet: body lines with their markers, and where its header stood."""

    number: int
    old_start: int
    new_start: int
    section: str
    body: list[str]
    trusted: bool

    def strict_text(self) -> str:
        """Return the hunk with the counts that its lines have."""
        n_old = sum(line[0] in " -" for line in self.body)
        n_new = sum(line[0] in " +" for line in self.body)
        return "\n".join([f"@@ -{self.old_start},{n_old} +{self.new_start},{n_new} @@", *self.body, ""])


@dataclass(slots=True)
class _Part:
    header: Header
    hunks: list[_RawHunk] = field(default_factory=list)


def parse_patch(text: str) -> Patch:
    r"""Read a unified diff, alone or inside prose and Markdown fences.

    Lines are split at `\n` alone. Counts in `@@` lines are believed where the lines agree with them; otherwise they
    are counted again and the hunk is marked as not trusted. Several parts about one modified file become one.

    Raises:
        NoChangeError: the text holds no diff.
        PatchError: the diff is malformed; the message quotes the line and its number in `text`.
        PolicyError: a path or kind of file that is refused: outside the root, `.git`, binary, symbolic link.

    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    parts = _Scanner(lines).scan()
    if not parts:
        said = next((line.strip() for line in lines if line.strip()), "")
        raise NoChangeError(f"the answer holds no diff; it begins {said!r:.80}" if said else "the answer is empty")
    strict = "".join(
        f"--- {i}\n+++ {i}\n" + "".join(hunk.strict_text() for hunk in part.hunks) for i, part in enumerate(parts)
    )
    try:
        parsed = PatchSet(StringIO(strict, newline="\n"))
    except UnidiffParseError as error:
        raise PatchError(f"the diff cannot be read: {error}") from error
    files: list[FilePatch] = []
    for part, read in zip(parts, parsed, strict=True):
        hunks = tuple(
            Hunk(
                old_start=raw.old_start,
                lines=_lines(((line.line_type, line.value) for line in hunk), raw.number),
                section=raw.section,
                trusted=raw.trusted,
            )
            for raw, hunk in zip(part.hunks, read, strict=True)
        )
        _append(files, part.header.file_patch(hunks))
    return Patch(tuple(files))


def _append(files: list[FilePatch], file: FilePatch) -> None:
    """Add a file's part. Models repeat the header before each hunk: parts that only modify one file are joined."""
    for i, earlier in enumerate(files):
        if earlier.kind == file.kind == "modify" and earlier.path == file.path:
            mode = file.mode if file.mode is not None else earlier.mode
            files[i] = FilePatch(file.old_path, file.new_path, earlier.hunks + file.hunks, mode)
            return
    files.append(file)


def _lines(raw: Iterable[tuple[str, str]], number: int) -> tuple[Line, ...]:
    lines: list[Line] = []
    for kind, value in raw:
        if kind == "\\":
            if not lines or not lines[-1].newline:
                raise PatchError(f"line {number}: '{_NO_NEWLINE}' follows no line in this hunk")
            last = lines[-1]
            text = last.text + "\r" if last.crlf else last.text
            if not text:
                raise PatchError(f"line {number}: an empty line without a newline is no line at all")
            lines[-1] = Line(last.marker, text, newline=False)
        else:
            text = value.removesuffix("\n")
            lines.append(Line(_MARKERS[kind], text.removesuffix("\r"), crlf=text.endswith("\r")))
    return tuple(lines)


class _Scanner:
    """Walks the lines once; `_part` is the file whose hunks may follow, `_fence` the open Markdown fence."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._parts: list[_Part] = []
        self._part: _Part | None = None
        self._fence: str | None = None

    def scan(self) -> list[_Part]:
        """Return the files' parts in the order of the text."""
        while self._at < len(self._lines):
            line = self._line(self._at)
            if line.startswith("diff --git "):
                self._open(Header(self._at + 1, git=read_git_names(line.removeprefix("diff --git ").rstrip())))
            elif self._is_name_pair(self._at):
                self._read_names()
                continue
            elif line.startswith("@@"):
                self._read_hunk()
                continue
            elif not self._read_extended(line):
                self._read_prose(line)
            self._at += 1
        return self._parts

    def _line(self, at: int) -> str:
        """Return a header line; a carriage return before its end is how the text was carried."""
        return self._lines[at].removesuffix("\r") if at < len(self._lines) else ""

    def _open(self, header: Header) -> _Part:
        self._part = _Part(header)
        self._parts.append(self._part)
        return self._part

    def _read_names(self) -> None:
        part = self._part
        if part is None or part.hunks or part.header.names_known:
            part = self._open(Header(self._at + 1))
        part.header.read_pair(self._line(self._at).removeprefix("--- "), self._line(self._at + 1).removeprefix("+++ "))
        self._at += 2

    def _read_extended(self, line: str) -> bool:
        """Take an extended header line. Without `diff --git` only those open a part that no prose looks like."""
        part = self._part
        if part is None or part.hunks or part.header.names_known:
            opens = re.fullmatch(r"(new file|deleted file|old|new) mode \d{6}", line) or (
                line.startswith("rename from ") and self._line(self._at + 1).startswith("rename to ")
            )
            if not opens:
                return False
            part = self._open(Header(self._at + 1))
        return part.header.read_extended(line, self._at + 1)

    def _read_prose(self, line: str) -> None:
        if self._part is not None and re.match(r"GIT binary patch$|Binary files? .* differ$", line):
            raise PolicyError(f"line {self._at + 1}: binary patches are refused; only text is changed")
        if self._part is not None and not self._part.hunks and line.startswith(("--- ", "+++ ")):
            raise PatchError(f"line {self._at + 1}: {line!r:.120} stands alone; expected '--- OLD' and then '+++ NEW'")
        if fence := _FENCE.fullmatch(line):
            self._fence = None if self._fence and fence[1].startswith(self._fence) else fence[1]
        if line.strip():
            self._part = None

    def _is_name_pair(self, at: int) -> bool:
        return self._line(at).startswith("--- ") and self._line(at + 1).startswith("+++ ")

    def _read_hunk(self) -> None:
        at, header = self._at, self._line(self._at)
        part = self._part
        if part is None or not (part.header.names_known or part.header.git or part.header.rename_to):
            raise PatchError(
                f"line {at + 1}: {header!r:.120} belongs to no file; expected '--- a/PATH' and '+++ b/PATH' before it"
            )
        match = _HUNK.fullmatch(header)
        end = self._strict_end(match) if match else None
        trusted = end is not None
        if end is None:
            end = self._loose_end()
        body = [self._body_line(i) for i in range(at + 1, end)]
        if not body:
            raise PatchError(f"line {at + 1}: no line follows {header!r:.120}; was the answer cut off?")
        if body[0].startswith("\\"):
            raise PatchError(f"line {at + 2}: {body[0]!r:.120} follows no line")
        old_start, new_start = (int(match[1]), int(match[3])) if match and trusted else (0, 0)
        part.hunks.append(_RawHunk(at + 1, old_start, new_start, _section(header, at + 1), body, trusted))
        self._at = end

    def _body_line(self, at: int) -> str:
        """Return a hunk's line with its marker; the blank that editors strip from an empty line is restored."""
        line = self._lines[at]
        if self._lines[self._at].endswith("\r"):  # the whole text was carried with CRLF
            line = line.removesuffix("\r")
        if line.startswith("\\"):
            return _NO_NEWLINE
        return " " + line if line in ("", "\r") else line

    def _strict_end(self, header: re.Match[str]) -> int | None:
        """Return the index after the hunk if its counts are right, else None.

        They are right if the lines use them up and the hunk cannot go on after that.
        """
        n_old, n_new = int(header[2] or 1), int(header[4] or 1)
        at = self._at + 1
        while n_old or n_new:
            if at >= len(self._lines):
                return None
            marker = self._body_line(at)[0]
            if marker not in " -+\\":
                return None
            n_old -= marker in " -"
            n_new -= marker in " +"
            if n_old < 0 or n_new < 0:
                return None
            at += 1
        if self._line(at).startswith("\\"):
            at += 1
        return at if self._may_end(at) else None

    def _may_end(self, at: int) -> bool:
        if self._is_boundary(at):
            return True
        if self._line(at) != "":
            return False
        while at < len(self._lines) and self._line(at) == "":
            at += 1
        if self._is_boundary(at):
            return True
        if self._fence:
            return False  # inside a fence there is no prose
        line = self._line(at)
        return not line.startswith((" ", "+", "-", "\\")) or _BULLET.match(line) is not None

    def _is_boundary(self, at: int) -> bool:
        """Whether nothing but a new header, a fence, a mail's signature or the end stands here."""
        if at >= len(self._lines):
            return True
        line = self._line(at)
        if line.startswith("@@") or _FENCE.fullmatch(line) or _OTHER_HEADER.match(line):
            return not line.startswith(" ")
        if line in ("-- ", "--"):
            return all(not rest.startswith((" ", "+", "-")) for rest in self._lines[at + 1 : at + 4])
        if not self._is_name_pair(at):
            return False
        # `--- x`, `+++ y` may also be a removed `-- x` and an added `++ y`; a header is followed by a hunk
        after = at + 2
        while after < len(self._lines) and self._line(after) == "":
            after += 1
        named_null = any(read_name(self._line(i)[4:]) == "/dev/null" for i in (at, at + 1))
        return named_null or self._line(after).startswith("@@")

    def _loose_end(self) -> int:
        """Return the index after a hunk whose counts are wrong: up to the next header, fence or the end."""
        at = self._at + 1
        while not self._is_boundary(at):
            if self._body_line(at)[0] not in " -+\\":
                raise PatchError(
                    f"line {at + 1}: {self._line(at)!r:.120} is inside a hunk but begins with none of ' ', '-', '+'"
                )
            at += 1
        while self._line(at - 1) == "" and at - 1 > self._at:
            at -= 1  # blank lines before a header separate; as context they would say nothing
        return at


def _section(header: str, number: int) -> str:
    if match := _HUNK.fullmatch(header):
        return match[5].strip()
    match = _LOOSE_HUNK.fullmatch(header)
    if match is None:
        raise PatchError(
            f"line {number}: {header!r:.80} is a combined diff of a merge; write a diff against one version"
        )
    section = match["section"].strip()
    return "" if _LOOSE_NUMBERS.fullmatch(section) else section
