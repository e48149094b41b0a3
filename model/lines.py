"""A file's lines, ranked, so that the places where a line stands are found without comparing texts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.blocks import Block, find_blocks, find_paragraphs, is_bare, is_preamble, leaves
from model.choices import SortedTexts
from model.hunklines import indentation_of
from model.uses import defined_name

# A longer definition is not offered to be written anew as a whole, only what it consists of.
MAX_BLOCK_LINES = 60

Places = npt.NDArray[np.int64]  # indices, from 0, of the line that would come next; ascending
Taken = npt.NDArray[np.bool_]  # for each line of a file, whether a hunk has it


class FileLines:
    """The lines of one file, and for each its rank among the distinct lines in byte order."""

    def __init__(self, lines: Sequence[str]) -> None:
        r"""Index lines, which have no endings and hold no `\n`."""
        self.lines = lines
        encoded = [f"{line}\n".encode() for line in lines]
        self._texts = sorted(set(encoded))
        self._rank_of = {text: rank for rank, text in enumerate(self._texts)}
        self._last_offered: dict[str, tuple[bytes, SortedTexts]] = {}
        self._ranks = np.array([self._rank_of[text] for text in encoded], dtype=np.int64)

    @cached_property
    def one_space_is_usual(self) -> bool:
        """Whether some line is indented by just one space; a comment's ` *` does not count."""
        return any(line[:1] == " " and line[1:2] not in {"", " ", "*"} for line in self.lines)

    def untaken(self, taken: Taken) -> Places:
        """Return every place whose line no hunk has; the end of an empty file is its one place."""
        return np.flatnonzero(~taken) if len(self.lines) else self.at_end()

    def at_end(self) -> Places:
        """Return the one place behind the last line."""
        return np.array([len(self.lines)])

    def headings(self, taken: Taken) -> SortedTexts:
        r"""Return the first lines, each with its `\n`, of the blocks of which no hunk has a line."""

        def free() -> Iterator[Block]:
            return (block for block in self._blocks if not taken[block.start : block.last + 1].any())

        return self._offered("anew", taken, free)

    def headings_before(self, taken: Taken, *, with_types: bool, for_definition: bool) -> SortedTexts:
        r"""Return the first lines, each with its `\n`, of what lines can be added behind: its end is in no hunk.

        Definitions that consist of others, such as classes, only `with_types`: what is added behind a method is in
        its class. Imports and the like not `for_definition`, if there is anything else.
        """

        def free() -> Iterable[Block]:
            blocks = [*(self._definitions if with_types else self._leaves), *self._loose]
            found = [
                block for block in blocks if not block.lacks_end and not taken[block.last : block.closed + 1].any()
            ]
            return (for_definition and [block for block in found if not is_preamble(block.heading)]) or found

        return self._offered(f"behind {with_types} {for_definition}", taken, free)

    def _offered(self, how: str, taken: Taken, free: Callable[[], Iterable[Block]]) -> SortedTexts:
        """Return headings; those of before where the lines that are taken are the same, as from line to line."""
        key = taken.tobytes()
        if how not in self._last_offered or self._last_offered[how][0] != key:
            texts = SortedTexts.of(f"{block.heading}\n".encode() for block in free())
            self._last_offered[how] = (key, texts)
        return self._last_offered[how][1]

    def blocks(self, heading: str, taken: Taken) -> Sequence[Block]:
        """Return the blocks with this first line of which no hunk has a line, in the file's order."""
        found = [block for block in self._blocks if block.heading == heading]
        return _in_order(block for block in found if not taken[block.start : block.last + 1].any())

    def blocks_before(self, heading: str, taken: Taken) -> Sequence[Block]:
        """Return the blocks with this first line of which no hunk has the end, in the file's order."""
        found = [block for block in (*self._definitions, *self._loose) if block.heading == heading]
        return _in_order(block for block in found if not taken[block.last : block.closed + 1].any())

    def is_defined_beside(self, line: str, index: int) -> bool:
        """Whether `line`, with its indentation, begins a definition in what the definition at `index` lies in."""
        if line not in self._definition_lines:
            return False
        deep = len(indentation_of(line))
        outer = self.scope(index, deep)
        return any(
            self.lines[block.start] == line and (outer is None or outer.start < block.start <= outer.last)
            for block in self._definitions
        )

    def scope(self, index: int, depth: int) -> Block | None:
        """Return the innermost definition around a line whose own indentation has fewer than `depth` characters."""
        around = [
            block
            for block in self._definitions
            if block.start < index <= block.closed and len(indentation_of(self.lines[block.start])) < depth
        ]
        return max(around, key=lambda block: block.start, default=None)

    def heading_at(self, index: int) -> bytes | None:
        r"""Return the first line, with its `\n`, of the smallest block that a line lies in; None if it is in none."""
        smallest = self._block_at.get(index)
        return None if smallest is None else f"{smallest.heading}\n".encode()

    def described(self) -> dict[bytes, list[tuple[str, float]]]:
        r"""Return for each heading, with its `\n`, the texts of its blocks, and how much a word of each counts.

        What a block lies in, a class, is one of its texts.
        """
        texts: dict[bytes, list[tuple[str, float]]] = {}
        for block, outer in self._nested:
            body = "\n".join(self.lines[block.start + 1 : block.last + 1])
            described = texts.setdefault(f"{block.heading}\n".encode(), [(block.heading, 3.0)])
            described += [(body, 1.0)] if outer is None else [(body, 1.0), (outer.heading, 1.0)]
        return texts

    def members(self) -> Mapping[bytes, Sequence[str]]:
        r"""Return for each heading, with its `\n`, those of the definitions, classes say, that its blocks lie in."""
        found: dict[bytes, list[str]] = {}
        for block, outer in self._nested:
            if outer is not None:
                found.setdefault(f"{block.heading}\n".encode(), []).append(outer.heading)
        return found

    @cached_property
    def _nested(self) -> Sequence[tuple[Block, Block | None]]:
        """The blocks in the file's order, each with the innermost definition that it lies in."""
        nested: list[tuple[Block, Block | None]] = []
        around: list[Block] = []
        definitions = iter([*_in_order(self._definitions), None])
        following = next(definitions)
        for block in _in_order(self._blocks):
            while following and following.start < block.start:
                around.append(following)
                following = next(definitions)
            while around and around[-1].last < block.last:
                around.pop()
            nested.append((block, around[-1] if around else None))
        return nested

    def next_texts(self, places: Places) -> SortedTexts:
        r"""Return the distinct lines, each with its `\n`, that come next at these places."""
        is_next = np.zeros(len(self._texts), dtype=np.bool_)
        is_next[self._ranks[self._inside(places)]] = True
        return SortedTexts([self._texts[rank] for rank in np.flatnonzero(is_next)])

    def after(self, places: Places, line: str) -> Places:
        """Return the places behind `line`, for those of `places` where it comes next."""
        inside = self._inside(places)
        is_next = self._ranks[inside] == self._rank_of.get(f"{line}\n".encode(), -1)
        behind: Places = inside[is_next] + 1
        return behind

    @cached_property
    def _definitions(self) -> Sequence[Block]:
        return list(find_blocks(self.lines))

    @cached_property
    def _leaves(self) -> Sequence[Block]:
        return leaves(self._definitions)

    @cached_property
    def defined_names(self) -> Mapping[int, str]:
        """The names that definitions have, by the index of their first line."""
        found = ((block.start, defined_name(block.heading)) for block in self._definitions)
        return {index: name for index, name in found if name}

    @cached_property
    def _definition_lines(self) -> frozenset[str]:
        return frozenset(self.lines[block.start] for block in self._definitions)

    @cached_property
    def _blocks(self) -> Sequence[Block]:
        blocks = leaves([block for block in self._definitions if block.last - block.start < MAX_BLOCK_LINES])
        rest = [block for block in find_paragraphs(self.lines, blocks) if block.last - block.start < MAX_BLOCK_LINES]
        opening = {block.start for block in self._definitions}
        return [*blocks, *(block for block in rest if not (block.start in opening and is_bare(self.lines, block)))]

    @cached_property
    def _block_at(self) -> Mapping[int, Block]:
        """The smallest block that each line lies in."""
        found: dict[int, Block] = {}
        for block in sorted(self._blocks, key=lambda block: block.start - block.last):
            found.update(dict.fromkeys(range(block.start, block.closed + 1), block))
        return found

    @cached_property
    def _loose(self) -> Sequence[Block]:
        """What lies in no definition."""
        return list(find_paragraphs(self.lines, self._definitions))

    def _inside(self, places: Places) -> Places:
        return places[places < len(self.lines)]


def _in_order(blocks: Iterable[Block]) -> Sequence[Block]:
    return sorted(blocks, key=lambda block: block.start)
