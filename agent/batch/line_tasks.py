"""Task files with a task a line: JSON Lines, and CSV with a header row."""

import csv
import io
import json
import re
from typing import Any, NoReturn

from agent.batch.cells import Cell, Mistake, Odd, RawTasks, quoted

LISTS = frozenset({"labels", "reviewers"})
NUMBERS = frozenset({"attempts", "max_repairs"})
_FIELD = "fields."
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_BETWEEN = re.compile(r"[;,]")


def read_jsonl(text: str) -> RawTasks:
    """Read an object a line; blank lines are passed over."""
    raw = RawTasks()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, object_pairs_hook=_Pairs, parse_constant=_refuse_constant)
            cell = _cell(value, number, raw.mistakes)
        except RecursionError:
            raw.mistakes.append(Mistake(number, "nested too deeply for a task file"))
        except ValueError as error:  # of JSONDecodeError the first sentence; its line is always 1
            raw.mistakes.append(Mistake(number, f"no JSON: {getattr(error, 'msg', error)}"))
        else:
            raw.tasks.append((number, cell))
    return raw


def read_csv(text: str) -> RawTasks:
    """Read a table whose first row names the keys. An empty cell says nothing; lists are parted by commas or `;`."""
    raw = RawTasks()
    # endings inside quotes are kept as they are, which is what `newline=""` asks for
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for row in reader:
            start, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [name.strip() for name in row]
                _check_header(header, start, raw.mistakes)
                continue
            if len(row) > len(header):
                raw.mistakes.append(Mistake(start, f"{len(row)} cells under {len(header)} headings"))
            cells = {key: _csv_cell(key, value, start) for key, value in zip(header, row, strict=False) if value}
            raw.tasks.append((start, Cell(_with_fields(cells, start), start)))
    except csv.Error as error:
        raw.mistakes.append(Mistake(line, f"no CSV: {error}"))
    if header is None and not raw.mistakes:
        raw.mistakes.append(Mistake(1, "the header row is missing"))
    return raw


def _check_header(header: list[str], line: int, mistakes: list[Mistake]) -> None:
    if "task" not in header and not any(name.startswith(_FIELD) for name in header):
        mistakes.append(Mistake(line, f"no column is headed `task`; there are {quoted(', '.join(header))}"))
    doubled = sorted({name for name in header if header.count(name) > 1})
    mistakes += [Mistake(line, f"{quoted(name)} stands here twice") for name in doubled]


def _with_fields(cells: dict[str, Cell], line: int) -> dict[str, Cell]:
    """Gather the columns that are headed `fields.NAME`."""
    named = {key.removeprefix(_FIELD): cell for key, cell in cells.items() if key.startswith(_FIELD)}
    others = {key: cell for key, cell in cells.items() if not key.startswith(_FIELD)}
    return {**others, "fields": Cell(named, line)} if named else others


def _csv_cell(key: str, text: str, line: int) -> Cell:
    if key in NUMBERS and _INTEGER.fullmatch(text.strip()):
        return Cell(int(text), line)
    if key in LISTS:
        return Cell(tuple(Cell(part.strip(), line) for part in _BETWEEN.split(text) if part.strip()), line)
    return Cell(text, line)


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON, doubles included."""


def _cell(value: Any, line: int, mistakes: list[Mistake]) -> Cell:
    match value:
        case bool():
            return Cell(Odd("a truth value"), line)
        case float():
            return Cell(Odd("a number with a fraction"), line)
        case _Pairs():
            cells: dict[str, Cell] = {}
            for key, item in value:
                if key in cells:
                    mistakes.append(Mistake(line, f"{quoted(key)} stands here twice"))
                cells[key] = _cell(item, line, mistakes)
            return Cell(cells, line)
        case list():
            return Cell(tuple(_cell(item, line, mistakes) for item in value), line)
    return Cell(value, line)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
