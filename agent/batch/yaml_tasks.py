"""Task files in YAML (and so in JSON): `tasks:`, a list of mappings, and `defaults:`.

Events are read one by one instead of a document: each value keeps its line, and a file that nests without end, or
whose aliases would unfold into more than memory holds, is refused before it costs anything.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.resolver import Resolver

from agent.batch.cells import Cell, Mistake, Odd, RawTasks, quoted

_MAX_DEPTH = 5  # document, tasks, task, list, and what is one too deep
_MAX_ALIASES = 1_000
_TAG = "tag:yaml.org,2002:"
_ODD = {
    "bool": Odd("a truth value"),
    "float": Odd("a number with a fraction"),
    "int": Odd("a number in another notation"),
    "timestamp": Odd("a date"),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_SECTIONS = ("tasks", "defaults")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # of libyaml where there is one: 20 times as fast


class _Unreadable(Exception):  # noqa: N818 - a mistake on its way out, after which nothing can be read
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.mistake = Mistake(line, text)


def read_yaml(text: str) -> RawTasks:
    """Read a task file; what is wrong with its form is in `mistakes`."""
    raw = RawTasks()
    try:
        document = _Reader(text, raw.mistakes).read()
    except _Unreadable as error:
        raw.mistakes.append(error.mistake)
        return raw
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raw.mistakes.append(Mistake(mark.line + 1 if mark else 1, f"no YAML: {error.problem or error.context}"))
        return raw
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raw.mistakes.append(Mistake(line, f"no YAML: {error.reason}"))
        return raw
    _take_sections(document, raw)
    return raw


def _take_sections(document: Cell | None, raw: RawTasks) -> None:
    if document is None or not isinstance(document.value, dict):
        line = document.line if document else 1
        raw.mistakes.append(Mistake(line, "expected `tasks:` with a list of tasks, and perhaps `defaults:`"))
        return
    for key, cell in document.value.items():
        if key not in _SECTIONS:
            close = difflib.get_close_matches(key, _SECTIONS, n=1)
            hint = f"did you mean '{close[0]}'?" if close else "only `tasks` and `defaults` stand here"
            raw.mistakes.append(Mistake(cell.line, f"unknown key {quoted(key)}; {hint}"))
    raw.defaults = document.value.get("defaults")
    tasks = document.value.get("tasks")
    if tasks is None:
        raw.mistakes.append(Mistake(document.line, "`tasks` is missing"))
    elif not isinstance(tasks.value, tuple):
        raw.mistakes.append(Mistake(tasks.line, f"`tasks` must be a list, not {tasks.kind}"))
    else:
        raw.tasks = [(cell.line, cell) for cell in tasks.value]


class _Reader:
    """Makes cells of events."""

    def __init__(self, text: str, mistakes: list[Mistake]) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_Loader))
        self._resolver = Resolver()
        self._anchors: dict[str, Cell] = {}
        self._n_aliases = 0
        self._mistakes = mistakes

    def read(self) -> Cell | None:
        """Return the document, None for an empty file."""
        document: Cell | None = None
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                if document is not None:
                    raise _Unreadable(_line(event), "a second document; a task file is one")
                document = self._cell(event, 1)
        return document

    def _cell(self, event: Any, depth: int) -> Cell:
        if depth > _MAX_DEPTH:
            raise _Unreadable(_line(event), "nested too deeply for a task file")
        if isinstance(event, yaml.AliasEvent):
            self._n_aliases += 1
            if self._n_aliases > _MAX_ALIASES:
                raise _Unreadable(_line(event), f"more than {_MAX_ALIASES:,} aliases")
            if event.anchor not in self._anchors:
                raise _Unreadable(_line(event), f"no anchor {quoted(event.anchor)} before this")
            return self._anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            cell = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            items = [self._cell(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)]
            cell = Cell(tuple(items), _line(event))
        else:
            cell = Cell(self._mapping(depth), _line(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = cell
        return cell

    def _mapping(self, depth: int) -> dict[str, Cell]:
        cells: dict[str, Cell] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._cell(event, depth + 1)
            value = self._cell(next(self._events), depth + 1)
            line = _line(event)
            if not isinstance(key.value, str):
                self._mistakes.append(Mistake(line, f"a key must be text, not {key.kind}"))
            elif key.value in cells:
                self._mistakes.append(Mistake(line, f"{quoted(key.value)} stands here twice"))
            else:
                # a list or text on the lines below belongs to the line of its key
                cells[key.value] = Cell(value.value, line)
        return cells

    def _scalar(self, event: Any) -> Cell:
        tag = event.tag
        if tag in {None, "!"}:
            tag = self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
        line, name = _line(event), tag.removeprefix(_TAG)
        match name:
            case "str" | "merge" | "value":
                return Cell(event.value, line)
            case "null":
                return Cell(None, line)
            case "int" if _INTEGER.fullmatch(event.value):
                return Cell(int(event.value), line)
        return Cell(_ODD.get(name) or Odd(f"a value tagged {quoted(tag)}"), line)

    def _until(self, end: type[Any]) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
