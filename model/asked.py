"""What a task asks for, told by its words in English. It only makes choices likelier, so it may err."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

NAME = re.compile(r"(?:(?<![\w.])\.)?[A-Za-z_][\w./-]*\w")  # an identifier or a path
_OUTSIDE = re.compile(r"(?:(?:^|[^.])/|\.\./)\Z")  # before a path that leads out of the repository
# Of `a.py", line 3`, `a.c:3:5` and `a.ts(3,5)`.
_PLACE = re.compile(r"(?<![\w./-])(?:\./)?([\w./-]*\w)(?:\", line |[:(])(\d{1,7})\b")
_RENAME = re.compile(r"\b(renam|mov)(e[ds]?|ing)\b", re.IGNORECASE)
_EVERYWHERE = re.compile(
    r"\b(?:everywhere|throughout|all|every|each|instead|called|renam(?:e[ds]?|ing))\b", re.IGNORECASE
)
_TAKES_AWAY = re.compile(r"\b(?:remov|delet|drop|strip|comment|docstring|shorten|simplif)\w*", re.IGNORECASE)
_TYPE = r"(?:class|struct|enum|interface|trait|type|record)"
_NEW = re.compile(
    r"\b(?:add|create|implement|introduce|provide|write|needs?|gets?)\s+(?:[\w.]+\s+){0,3}?"
    rf"(?:[\w.]+\(|(?P<type>{_TYPE}(?:es|s)?\b(?:\s+`?(?P<name>(?-i:[A-Z])\w+))?)"
    r"|(?:function|method|constructor|getter|setter|helper|test|macro)s?\b|propert(?:y|ies)\b)",
    re.IGNORECASE,
)
_RENAMED = re.compile(
    r"\brenam\w+\s+(?:the\s+)?(?:\w+\s+){0,2}?`?(?P<old>[A-Za-z_]\w*)(?:\(\))?`?"
    r"(?:\s+(?:in|of|from|on)(?:\s+\S+){1,5}?)?\s+(?:in)?to\s+"
    r"`?(?P<new>[A-Za-z_]\w*)`?(?![\w./])",
    re.IGNORECASE,
)
# What stands before a path that is to be made: `a new module`, `create the file`, and an order to write it.
_CREATES = re.compile(
    r"(?:\b(?:new|creat(?:e|es|ing)|add(?:s|ing)?)\b(?:\s+[\w-]+){0,4}|(?:^|[.,:;!?]\s|\b(?:and|then|please)\s)\s*write)"
    r"\s+[`'\"]?\Z",
    re.IGNORECASE,
)
_DELETES = re.compile(
    r"\b(?:delet(?:e|es|ing)|remov(?:e|es|ing)|drop(?:s|ping)?)\s+(?:the\s+)?(?:file\s+)?[`'\"]?\Z", re.IGNORECASE
)
_JOINS = re.compile(r"[`'\"]?\s*(?:,|and|&|,\s*and|as well as)\s+(?:in\s+|to\s+)?(?:the\s+)?[`'\"]?", re.IGNORECASE)
_ALL_IN = re.compile(
    r"\b(?:all|every|each|both)\b(?:\s+[\w-]+){0,3}?\s+(?:file|page|module|document)s?\s+(?:in|of|under|below)\s+"
    r"[`'\"]?(?P<directory>[\w./-]*\w)",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
# The verb that a sentence begins with is none, though it has a capital.
_ORDER = re.compile(
    r"(?:\A|[.!?:]\s+|\n\s*(?:[-*]\s*)?)(?:Add|Allow|Change|Check|Copy|Create|Delete|Drop|Find|Fix|Get|Give|Handle|Insert"
    r"|Keep|Let|List|Log|Make|Merge|Move|Open|Parse|Print|Put|Read|Remove|Rename|Replace|Return|Run|Save|Send|Set|Show|Skip"
    r"|Sort|Split|Start|Stop|Support|Test|Update|Use|Validate|Write)\b(?![(.])"
)
_CALLED = re.compile(r"([A-Za-z_]\w*)\(")
_MAX_BEFORE = 80  # characters before a path that say whether it is to be made
_MAX_ALL = 16  # files of a directory that are all meant


@dataclass(frozen=True, slots=True)
class NamedPaths:
    """The paths that a task names: of files; in one breath; to be deleted; that no file has yet; to be made."""

    old: Sequence[str]
    together: Sequence[frozenset[str]]
    deleted: Collection[str]
    new: Sequence[str]
    created: Collection[str]


def named_paths(query: str, paths: Collection[str]) -> NamedPaths:
    """Return the paths that a query names, whole or by their last parts.

    What is no file yet counts only if some file's name ends as it does: `math.pi` is none.
    """
    by_name: dict[str, list[str]] = {}
    endings = {PurePosixPath(path).suffix for path in paths} - {""}
    for path in paths:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    old: dict[str, None] = {}
    new: dict[str, None] = {}
    deleted, created = set[str](), set[str]()
    together: list[frozenset[str]] = []
    end = 0  # of the file that was named last
    for found in NAME.finditer(query):
        name = found[0]
        before = query[max(0, found.start() - _MAX_BEFORE) : found.start()]
        alike = by_name.get(name.rpartition("/")[2], ())
        if named := [name] if name in paths else [path for path in alike if f"/{path}".endswith(f"/{name}")]:
            old.update(dict.fromkeys(named))
            joins = together and _JOINS.fullmatch(query, end, found.start())
            group = frozenset(named if len(named) == 1 else ())
            together[len(together) - bool(joins) :] = [group.union(*together[-1:] if joins else ())]
            end = found.end()
            if len(named) == 1 and _DELETES.search(before):
                deleted.update(named)
        elif PurePosixPath(name).suffix in endings and not _OUTSIDE.search(before):
            new[name] = None
            if _CREATES.search(before):
                created.add(name)
    together += [frozenset(whole) for whole in _all_in(query, paths)]
    old.update(dict.fromkeys(path for group in together for path in sorted(group)))
    return NamedPaths(list(old), together, deleted, list(new), created)


def _all_in(query: str, paths: Collection[str]) -> Iterator[Sequence[str]]:
    """Yield the files of each directory all files of which are meant."""
    for found in _ALL_IN.finditer(query):
        inside = [path for path in paths if PurePosixPath(path).parent == PurePosixPath(found["directory"])]
        if len(inside) <= _MAX_ALL:
            yield inside


def mentioned_lines(query: str, paths: Collection[str]) -> dict[str, list[int]]:
    """Return the lines, counted from 0, that a query names by path and number, as a compiler or a traceback does."""
    found: dict[str, list[int]] = {}
    for path, number in _PLACE.findall(query):
        if path in paths and (line := int(number) - 1) not in found.setdefault(path, []):
            found[path].append(line)
    return found


def without_paths(query: str, paths: Collection[str]) -> str:
    """Return a query without the paths that it names, whole or by their last part."""
    names = {*paths, *(path.rpartition("/")[2] for path in paths)}
    return NAME.sub(lambda found: "" if found[0] in names else found[0], query)


def asks_to_rename(query: str) -> bool:
    """Whether a query speaks of renaming or moving."""
    return _RENAME.search(query) is not None


def asks_for_all(query: str) -> bool:
    """Whether a query wants the same done in more than one place."""
    return _EVERYWHERE.search(query) is not None


def asks_to_take_away(query: str) -> bool:
    """Whether a query wants something removed, or speaks of comments."""
    return _TAKES_AWAY.search(query) is not None


def asks_for_new(query: str) -> Literal["type", "function"] | None:
    """Return what kind of definition a query wants that is not there yet: `function` for `name(`, too."""
    found = _NEW.search(query)
    return found and ("type" if found["type"] else "function")


def file_of_new_type(query: str, paths: Collection[str]) -> str | None:
    """Return the path that a new type has to have where each has a file of its own, as in Java.

    It lies beside the files of the types that the query names; None where these are in several directories, or none.
    """
    found = _NEW.search(query)
    if not found or not found["name"]:
        return None
    told = identifiers(query)
    files = [PurePosixPath(path) for path in paths if path.endswith(".java")]
    places = {file.parent for file in files if file.stem in told}
    if len(places) != 1 or any(file.stem == found["name"] for file in files):
        return None
    return str(places.pop() / f"{found['name']}.java")


def file_of_renamed_type(query: str, paths: Collection[str]) -> tuple[str, str] | None:
    """Return the path of a type that a query renames, and the new one, where each has a file of its own, as in Java."""
    found = _RENAMED.search(query)
    if not found or not found["new"][0].isupper():
        return None
    old, new = ([path for path in paths if PurePosixPath(path).name == f"{name}.java"] for name in found.groups())
    return (old[0], str(PurePosixPath(old[0]).with_stem(found["new"]))) if len(old) == 1 and not new else None


def renaming(query: str) -> tuple[str, str] | None:
    """Return the name that a query wants another one for, and that one: `rename rpad to padRight`; a file's is none."""
    found = _RENAMED.search(query)
    return (found["old"], found["new"]) if found else None


def identifiers(text: str) -> set[str]:
    """Return the identifiers in a text."""
    return set(_IDENTIFIER.findall(text))


def mentioned_identifiers(query: str) -> set[str]:
    """Return the identifiers in a query that are no plain words: `name(`, `a_name`, `aName`, `Name`, a renamed one."""
    telling = {name for name in identifiers(_ORDER.sub(" ", query)) if "_" in name or name.lower() != name}
    return telling | set(_CALLED.findall(query)) | set((renaming(query) or ())[:1])
