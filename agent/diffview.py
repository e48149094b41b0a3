"""A patch as people read it: coloured on a terminal, a plain diff elsewhere.

What is printed is safe for a terminal and therefore not always the very bytes: programs are given those by
`agent.render`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile, zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Span, Text

from agent.escape import printable
from agent.patch import FilePatch, Hunk, Line, Patch
from agent.render import patch_text

_NO_NEWLINE = "\\ No newline at end of file"
_TAB_CELLS = 4
_WIDE_CELLS = 160  # of a terminal on which two columns of code have room
_DIVIDER = " │ "
_MAX_ROWS = 6  # of one line: a minified file must not fill the screen
_MAX_HIGHLIGHTED_CHARS = 20_000  # the lexers' patterns are not linear on hostile text
_SIGN_STYLES = {" ": "", "-": "red", "+": "green"}
# Plain ANSI names, which every theme maps to what is legible on its ground. Weight and slant say the same without
# colour: on added lines, which stay green as a whole, and under NO_COLOR.
_TOKEN_STYLES: dict[tuple[str, ...], str] = {
    ("Comment",): "italic bright_black",
    ("Keyword",): "bold magenta",
    ("Literal", "Number"): "cyan",
    ("Literal", "String"): "yellow",
    ("Name", "Class"): "bold blue",
    ("Name", "Decorator"): "blue",
    ("Name", "Function"): "bold blue",
}


@dataclass(frozen=True, slots=True)
class Count:
    """Lines that a change adds and removes."""

    n_added: int = 0
    n_removed: int = 0

    @classmethod
    def of(cls, hunks: Iterable[Hunk]) -> "Count":
        """Count the marked lines of hunks."""
        markers = [line.marker for hunk in hunks for line in hunk.lines]
        return cls(markers.count("+"), markers.count("-"))


def show_patch(patch: Patch, console: Console) -> None:
    """Print every file of a patch with its hunks, then the summary."""
    for file in patch.files:
        show_file(file, console)
    show_summary(patch, console)


def show_file(file: FilePatch, console: Console) -> None:
    """Print one file's header and hunks."""
    show_header(file, console)
    shift = 0
    for hunk, heading in zip(file.hunks, _headings(file), strict=True):
        _show_hunk(file, hunk, heading, shift, console)
        shift += len(hunk.new_lines) - len(hunk.old_lines)


def show_header(file: FilePatch, console: Console) -> None:
    """Print the lines of git's diff that name a file and say what happens to it."""
    for row in takewhile(lambda row: not row.startswith("@@"), _diff_rows(file)):
        _print(Text(printable(row.removesuffix("\t")), style="bold"), console)


def show_hunk(file: FilePatch, hunk: Hunk, console: Console) -> None:
    """Print one hunk of `file` as if it were the only one."""
    (heading,) = _headings(replace(file, hunks=(hunk,)))
    _show_hunk(file, hunk, heading, 0, console)


def show_summary(patch: Patch, console: Console) -> None:
    """Print a line for each file, such as `+12 -3 src/app.py`, and one for the whole where there are several."""
    for file in patch.files:
        row = _count_text(Count.of(file.hunks))
        row.append(f" {printable(str(file.path))}")
        if file.kind == "rename":
            row.append(f" (renamed from {printable(str(file.old_path))})", "dim")
        elif file.kind != "modify":
            row.append(" (new)" if file.kind == "create" else " (deleted)", "dim")
        if file.mode is not None and file.kind != "create":
            row.append(f" (mode {printable(file.mode)})", "dim")
        _print(row, console)
    if len(patch.files) > 1:
        total = _count_text(Count.of(hunk for file in patch.files for hunk in file.hunks))
        _print(total.append(f" in {len(patch.files)} files", "bold"), console)


def _print(row: Text, console: Console) -> None:
    if console.is_terminal:
        console.print(row, soft_wrap=True, highlight=False)
    else:
        # a text would have its tabs turned into spaces
        console.print(Segments([Segment(f"{row.plain}\n")]), soft_wrap=True, end="")


def _diff_rows(file: FilePatch) -> list[str]:
    return patch_text(Patch((file,))).removesuffix("\n").split("\n")


def _headings(file: FilePatch) -> list[str]:
    # every other line of a diff's body begins with its marker
    return [row for row in _diff_rows(file) if row.startswith("@@")]


def _show_hunk(file: FilePatch, hunk: Hunk, heading: str, shift: int, console: Console) -> None:
    """Print a hunk: on a terminal numbered and folded, elsewhere as it stands in a diff.

    `shift` is the number of lines that earlier hunks of the file add, less those they remove.
    """
    numbers, _, section = heading.removeprefix("@@").partition("@@")
    _print(Text.assemble((f"@@{numbers}@@", "cyan"), printable(section)), console)
    if console.is_terminal:
        for row in _rows(file, hunk, shift, console.width):
            _print(row, console)
    else:
        for line in hunk.lines:
            _print(Text(line.marker + printable(line.text, keep="\t")), console)
            if not line.newline:
                _print(Text(_NO_NEWLINE), console)


def _count_text(count: Count) -> Text:
    return Text.assemble((f"+{count.n_added}", "green"), " ", (f"-{count.n_removed}", "red"))


def _rows(file: FilePatch, hunk: Hunk, shift: int, width: int) -> Iterator[Text]:
    """Yield a hunk's lines as rows of at most `width` cells: line number, sign, code.

    Where there is room, old and new text stand side by side if the hunk has both.
    """
    old_number = hunk.old_start if hunk.old_lines else hunk.old_start + 1
    new_number = old_number + shift
    number_cells = len(str(max(old_number, new_number) + len(hunk.lines)))
    is_paired = width >= _WIDE_CELLS and {"-", "+"} <= {line.marker for line in hunk.lines}
    cells = (width - len(_DIVIDER)) // 2 if is_paired else width
    old: list[list[Text]] = []  # of a run of changed lines, each in the rows that it is folded into
    new: list[list[Text]] = []
    for line, code in zip(hunk.lines, _highlighted(file, hunk), strict=True):
        numbers = (str(old_number), str(new_number)) if hunk.trusted else ("", "")
        old_rows, new_rows = (_line_rows(line, f"{each:>{number_cells}} ", code, cells) for each in numbers)
        old_number += line.marker != "+"
        new_number += line.marker != "-"
        if not is_paired:
            yield from old_rows if line.marker == "-" else new_rows
            continue
        if line.marker == " ":
            yield from _side_by_side(old, new, cells)
            old, new = [], []
        if line.marker != "+":
            old.append(old_rows)
        if line.marker != "-":
            new.append(new_rows)
    yield from _side_by_side(old, new, cells)


def _line_rows(line: Line, gutter: str, code: Text, cells: int) -> list[Text]:
    """Fold one line into rows."""
    rows: list[Text] = []
    indent, sign, style = " " * len(gutter), str(line.marker), _SIGN_STYLES[line.marker] or "dim"
    pieces = _folded(code, max(cells - len(gutter) - 1, 1))
    for piece in pieces[:_MAX_ROWS]:
        rows.append(Text.assemble((gutter + sign, style), piece))
        gutter, sign = indent, "…"
    if len(pieces) > _MAX_ROWS:
        n_left = sum(len(piece) for piece in pieces[_MAX_ROWS:])
        rows.append(Text(f"{indent}… {n_left:,} more characters"[:cells], style="dim"))
    if not line.newline:
        rows.append(Text(f"{indent}{_NO_NEWLINE}"[:cells], style="dim"))
    return rows


def _side_by_side(old: list[list[Text]], new: list[list[Text]], cells: int) -> Iterator[Text]:
    """Yield rows that hold the n-th old line beside the n-th new one."""
    nothing: list[Text] = []
    for left, right in zip_longest(old, new, fillvalue=nothing):
        for one, other in zip_longest(left, right, fillvalue=Text()):
            padded = one.copy()
            padded.truncate(cells, pad=True)
            yield Text.assemble(padded, (_DIVIDER, "dim"), other)


def _folded(code: Text, cells: int) -> list[Text]:
    """Cut a text into pieces that are at most `cells` wide."""
    cuts, used = [], 0
    for at, character in enumerate(code.plain):
        taken = cell_len(character)
        if used + taken > cells and at:
            cuts.append(at)
            used = 0
        used += taken
    return list(code.divide(cuts))


def _highlighted(file: FilePatch, hunk: Hunk) -> list[Text]:
    """Return each line of a hunk as it is shown: tabs expanded, tokens told apart on what the new file keeps."""
    mixed = len({line.crlf for line in hunk.lines}) > 1  # then the endings are part of what changes
    shown = [_shown(line) + ("␍" if mixed and line.crlf else "") for line in hunk.lines]
    kept = [text for line, text in zip(hunk.lines, shown, strict=True) if line.marker != "-"]
    lexed = iter(_lexed(file.path.name, kept))
    rows = []
    for line, text in zip(hunk.lines, shown, strict=True):
        if line.marker == "-":
            rows.append(Text(text, style="red"))
            continue
        row = next(lexed)
        if line.marker == "+":
            row.stylize("reverse", len(row.plain.rstrip(" ")))  # trailing space, as git marks it
            row.style = "green"
            row.spans = [Span(start, end, _uncoloured(style)) for start, end, style in row.spans]
        rows.append(row)
    return rows


def _shown(line: Line) -> str:
    return printable(line.text, keep="\t").expandtabs(_TAB_CELLS)


def _uncoloured(style: str | Style) -> str | Style:
    return style.without_color if isinstance(style, Style) else style


def _lexed(name: str, lines: list[str]) -> list[Text]:
    """Return lines of a file called `name` as texts with token styles, or without any where no lexer fits."""
    source = "\n".join(lines)
    if len(source) <= _MAX_HIGHLIGHTED_CHARS:
        theme = ANSISyntaxTheme({kind: Style.parse(style) for kind, style in _TOKEN_STYLES.items()})
        syntax = Syntax("", Syntax.guess_lexer(name, source), theme=theme)
        texts = list(syntax.highlight(source).split("\n", allow_blank=True))[: len(lines)]
        if [text.plain for text in texts] == lines:  # what a lexer changes is not shown
            return texts
    return [Text(line) for line in lines]
