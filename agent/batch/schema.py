"""What a task file may say: its keys, and what each of them takes."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.batch.cells import Cell, Mistake, RawTasks, Row, quoted
from agent.batch.filling import filled

DEFAULT_BRANCH = "magicode/{slug}"
MAX_TASKS = 100_000
_MAX_TEXT = 100_000  # characters
_MAX_LIST = 100
FIELDS = ("slug", "number", "task", "id")  # that every branch's name can be made of
_FIELD = re.compile(r"[A-Za-z_]\w{0,49}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """One task as its author wrote it, defaults filled in. `number` counts from 1, `line` is where it begins.

    `repo` is a path or a URL, None for the repository that the command was started in. `test_cmd` None runs no tests.
    `fields` are what `{name}` stands for in the texts of task and branch. `said` has the keys that the file itself
    gives a value, and the line of each.
    """

    number: int
    line: int
    task: str
    repo: str | None = None
    base: str = "HEAD"
    branch: str = DEFAULT_BRANCH
    test_cmd: str | None = None
    attempts: int = 1
    max_repairs: int = 1
    model: str = ""
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    said: Mapping[str, int] = field(default_factory=dict, compare=False)

    def line_of(self, key: str) -> int:
        """Return the line that decides a key; that of the task where none does."""
        return self.said.get(key, self.line)


class _Wrong(Exception):  # noqa: N818 - the text of a mistake, on its way to the list of them
    pass


def read_specs(raw: RawTasks, template: TaskSpec) -> tuple[list[TaskSpec], list[Mistake]]:
    """Check every task, and return those that are right and what is wrong with the file.

    Args:
        raw: what the file says.
        template: what holds where neither a task nor `defaults` says anything.

    """
    mistakes = list(raw.mistakes)
    defaults: dict[str, Any] = {}
    if raw.defaults is not None and raw.defaults.value is not None:
        defaults = _values(raw.defaults.line, raw.defaults, "`defaults`", mistakes)
    specs: list[TaskSpec] = []
    if len(raw.tasks) > MAX_TASKS:
        mistakes.append(Mistake(raw.tasks[MAX_TASKS][0], f"more than {MAX_TASKS:,} tasks"))
        return specs, mistakes
    if not raw.tasks and not mistakes:
        mistakes.append(Mistake(1, "there are no tasks"))
    for number, (line, cell) in enumerate(raw.tasks, start=1):
        n_before = len(mistakes)
        values = defaults | _values(line, cell, "a task", mistakes)
        if len(mistakes) > n_before:
            continue
        words = values.get("task", template.task)
        if not words:
            mistakes.append(Mistake(line, "`task` is missing: what is to be done?"))
            continue
        if fields := values.get("fields"):
            try:
                values["task"] = filled(words, dict(fields))
            except ValueError as error:
                where = _lines(cell).get("task", _lines(raw.defaults).get("task", line))
                mistakes.append(Mistake(where, f"`task` {error}"))
                continue
        said = _lines(raw.defaults)
        if "branch" in said:  # each task makes another name of it
            said["branch"] = line
        specs.append(replace(template, number=number, line=line, said=said | _lines(cell), **values))
    return specs, mistakes


def _values(line: int, cell: Cell, what: str, mistakes: list[Mistake]) -> dict[str, Any]:
    if not isinstance(cell.value, dict):
        mistakes.append(Mistake(line, f"{what} must be a mapping of keys to values, not {cell.kind}"))
        return {}
    row: Row = cell.value
    values: dict[str, Any] = {}
    for key, each in row.items():
        check = _KEYS.get(key)
        if check is None:
            mistakes.append(Mistake(each.line, _unknown(key)))
            continue
        try:
            values[key] = check(each)
        except _Wrong as wrong:
            mistakes.append(Mistake(each.line, f"`{key}` {wrong}"))
    return values


def _lines(cell: Cell | None) -> dict[str, int]:
    return {key: each.line for key, each in cell.value.items()} if cell and isinstance(cell.value, dict) else {}


def _unknown(key: str) -> str:
    if key == "<<":
        return "merge keys (`<<`) are not read; use `defaults:`"
    close = difflib.get_close_matches(key, _KEYS, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(_KEYS)}"
    return f"unknown key {quoted(key)}; {hint}"


def _text(cell: Cell) -> str:
    value = cell.value
    if isinstance(value, str):
        if not value.strip():
            raise _Wrong("is empty")
        if len(value) > _MAX_TEXT:
            raise _Wrong(f"has {len(value):,} characters; at most {_MAX_TEXT:,} are taken")
        if "\0" in value or _SURROGATE.search(value):
            raise _Wrong("holds a character that is no text")
        return value
    if value is None:
        raise _Wrong("is empty")
    quotes = "" if isinstance(value, tuple | dict) else "; put it in quotes"
    raise _Wrong(f"must be text, not {cell.kind}{quotes}")


def _text_or_none(cell: Cell) -> str | None:
    return None if cell.value is None or cell.value == "" else _text(cell)


def _integer(low: int, high: int) -> Callable[[Cell], int]:
    def check(cell: Cell) -> int:
        if not isinstance(cell.value, int):
            raise _Wrong(f"must be a whole number, not {cell.kind}")
        if not low <= cell.value <= high:
            raise _Wrong(f"must be from {low} to {high}, not {cell.value}")
        return cell.value

    return check


def _texts(cell: Cell) -> tuple[str, ...]:
    if cell.value is None:
        return ()
    if not isinstance(cell.value, tuple):
        raise _Wrong(f"must be a list of texts, not {cell.kind}")
    if len(cell.value) > _MAX_LIST:
        raise _Wrong(f"has {len(cell.value):,} entries; at most {_MAX_LIST} are taken")
    return tuple(map(_text, cell.value))


def _fields(cell: Cell) -> tuple[tuple[str, str], ...]:
    if not isinstance(cell.value, dict):
        raise _Wrong(f"must be a mapping of names to texts, not {cell.kind}")
    for name, each in cell.value.items():
        if not _FIELD.fullmatch(name) or name in FIELDS:
            raise _Wrong(f"has a name that cannot be used, {quoted(name)}: letters, digits and _, and none of {FIELDS}")
        if not isinstance(each.value, str | int) or "\0" in str(each.value) or _SURROGATE.search(str(each.value)):
            raise _Wrong(f"must have text under {quoted(name)}, not {each.kind}")
    return tuple((name, str(each.value)) for name, each in cell.value.items())


_KEYS: dict[str, Callable[[Cell], Any]] = {
    "task": _text,
    "repo": _text,
    "base": _text,
    "branch": _text,
    "test_cmd": _text_or_none,
    "attempts": _integer(1, 64),
    "max_repairs": _integer(0, 100),
    "model": _text,
    "labels": _texts,
    "reviewers": _texts,
    "fields": _fields,
}
