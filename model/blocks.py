"""The definitions that a file's lines lie in, told by indentation alone, so that any language has them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

# Lines that open a block and name nothing.
_UNNAMED = frozenset({
    "if", "elif", "else", "for", "foreach", "while", "do", "loop", "try", "except", "catch", "finally", "with",
    "switch", "match", "case", "default", "return", "synchronized", "unless", "until", "guard",
})  # fmt: skip
_COMMENT = re.compile(r"\s*(?:#+!?(?:\s|$)|#!|//|/\*|\*(?:[\s/]|$)|--\s|;|<!--|\"\"\"|\'\'\')")
_DECORATORS = ("@", "#[")
# What stands between two of these, on several lines, says nothing by its indentation.
_QUOTES = ('"""', "'''", "`")
_BACKTICK_ALONE = re.compile(r"""(["'])`\1""")
# Imports, and what stands before them.
_PREAMBLE = re.compile(
    r"#\s*(?:include|if|ifdef|ifndef|elif|else|endif|define|undef|pragma)\b|(?:import|from|using|use|package|require"
    r"|extern)\b|#!|[\"']use strict|<\?php|(?:const|let|var)\b.*\brequire\("
)
_TAB = 8
_MAX_BLANK = 2
_BRACKETS = ("}", "]", ")", ">", "/>")
# What closes a block where brackets do not.
_ENDS = frozenset({"end", "fi", "done", "esac", "endif", "endfunction", "end;"})


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: the first one's text without white space around, its index, that of the last one.

    In a definition the other lines are indented under the first one; what closes it, a brace, is not part of it but
    the line `closed`.
    """

    heading: str
    start: int
    last: int
    closed: int
    is_definition: bool = True

    @property
    def lacks_end(self) -> bool:
        """Whether it opens a bracket and what closes that is no line of its own, as in C's `} Name;`."""
        return self.is_definition and self.closed == self.last and self.heading.endswith(("{", "(", "["))


@dataclass(slots=True)
class _Open:
    indentation: int
    start: int
    has_body: bool = False


def find_blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the definitions of a file in the order in which they end."""
    open_: list[_Open] = []
    last = -1  # the line before that is not blank
    quote: str | None = None  # of the text on several lines that is open
    for index, line in enumerate(lines):
        text = line.strip()
        if not text:
            continue
        if quote:
            quote, last = (None if line.count(quote) % 2 else quote), index
            continue
        quote = next((mark for mark in _QUOTES if _opens_text(line, mark)), None)
        expanded = line.expandtabs(_TAB)
        indentation = len(expanded) - len(expanded.lstrip())
        goes_on = text == "{" or (text[0] in "}])" and text[-1] in ":{")
        while open_ and (open_[-1].indentation > indentation or (open_[-1].indentation == indentation and not goes_on)):
            block = open_.pop()
            if block.has_body and names_block(heading := lines[block.start].strip()):
                closes = block.indentation == indentation and is_closing(text)
                yield Block(heading, block.start, last, index if closes else last)
        if open_ and open_[-1].indentation < indentation:
            open_[-1].has_body = True
        if not goes_on:
            open_.append(_Open(indentation, index))
        last = index
    for block in reversed(open_):
        if block.has_body and names_block(heading := lines[block.start].strip()):
            yield Block(heading, block.start, last, last)


def leaves(blocks: Sequence[Block]) -> list[Block]:
    """Return the definitions that do not consist of others: methods, not their class; the order stays.

    Args:
        blocks: in the order in which they end: each stands behind those inside it.

    """
    kept: list[Block] = []
    outermost: list[Block] = []  # of those seen
    for block in blocks:
        n_inside = n_lines = 0
        while outermost and outermost[-1].start > block.start:
            inner = outermost.pop()
            n_inside += 1
            n_lines += inner.last - inner.start + 1
        if n_inside < 2 and 2 * n_lines <= block.last - block.start + 1:
            kept.append(block)
        outermost.append(block)
    return kept


def find_paragraphs(lines: Sequence[str], blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the runs of lines, none of them blank, that lie in none of these blocks."""
    covered = bytearray(len(lines))
    for block in blocks:
        covered[block.start : block.last + 1] = b"x" * (block.last + 1 - block.start)
    start = None
    for index in range(len(lines) + 1):
        ends = index == len(lines) or covered[index] or not lines[index].strip()
        if start is not None and ends:
            yield Block(lines[start].strip(), start, index - 1, index - 1, is_definition=False)
            start = None
        elif start is None and not ends and _says_something(lines[index].strip()):
            start = index


def n_blank_lines(lines: Sequence[str], block: Block) -> int:
    """Return how many blank lines set a definition apart from the next one; at the file's end, from the one before.

    What is no definition is not set apart: what is added to it belongs to it.
    """
    if not block.is_definition:
        return 0
    behind = list(takewhile(_is_blank, lines[block.closed + 1 :]))
    if block.closed + 1 + len(behind) == len(lines):
        behind = list(takewhile(_is_blank, reversed(lines[: block.start])))
    return min(len(behind), _MAX_BLANK)


def is_bare(lines: Sequence[str], block: Block) -> bool:
    """Whether behind a block's first line there is nothing but a comment, or a text that documents it."""
    body = [line.strip() for line in lines[block.start + 1 : block.last + 1]]
    return not body or all(map(is_leading, body)) or (body[0].startswith(_QUOTES) and body[-1].endswith(_QUOTES))


def is_preamble(heading: str) -> bool:
    """Whether lines that begin so bring in what others define, or are a preprocessor's: nothing is defined there."""
    return _PREAMBLE.match(heading) is not None


def is_leading(line: str) -> bool:
    """Whether a line only leads to the next one: a blank one, a comment, a decorator."""
    text = line.strip()
    return not text or is_comment(text) or text.startswith(_DECORATORS)


def is_comment(line: str) -> bool:
    """Whether a line is a comment, or begins a text that documents something."""
    return _COMMENT.match(line) is not None


def _is_blank(line: str) -> bool:
    return not line.strip()


def is_closing(text: str) -> bool:
    """Whether a line does no more than close what was opened before it."""
    return text in _ENDS or (text.startswith(_BRACKETS) and not any(map(str.isalnum, text)))


def _opens_text(line: str, mark: str) -> bool:
    """Whether a text on several lines begins in a line; backticks in comments, and as text themselves, begin none."""
    if mark == "`":
        line = "" if is_comment(line) else _BACKTICK_ALONE.sub("", line)
    return line.count(mark) % 2 == 1


def _says_something(text: str) -> bool:
    """Whether a line can stand for what follows it; a bracket or a comment cannot."""
    return any(map(str.isalnum, text)) and not is_leading(text)


def names_block(heading: str) -> bool:
    """Whether a line says what it opens; brackets alone and the keywords of a statement do not."""
    words = "".join(c if c.isalnum() or c == "_" else " " for c in heading).split(maxsplit=1)
    return bool(words) and words[0] not in _UNNAMED
