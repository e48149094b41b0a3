"""A task file as it comes: bytes of one of three formats, and what its paths are relative to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from agent.batch.cells import Mistake, RawTasks, TaskFileError
from agent.batch.line_tasks import read_csv, read_jsonl

Format = Literal["yaml", "jsonl", "csv"]

MAX_BYTES = 16 << 20
_SUFFIXES: dict[str, Format] = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "yaml",  # which every JSON text is
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
}


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A task file. `name` is what errors call it; `home` is what paths of repositories in it are relative to."""

    name: str
    """As the user wrote it; `-` is standard input."""
    data: bytes
    format: Format
    home: Path

    @property
    def origin(self) -> str:
        """What tells it from other files, wherever the command is started."""
        return self.name if self.name == "-" else str(Path(self.name).resolve())

    def read(self) -> RawTasks:
        """Read its values; what is wrong with its form is in `mistakes`."""
        if len(self.data) > MAX_BYTES:
            mistake = Mistake(1, f"{len(self.data):,} bytes; at most {MAX_BYTES:,} are read. Make several files of it")
            return RawTasks(mistakes=[mistake])
        try:
            text = self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            return RawTasks(mistakes=[Mistake(line, "not UTF-8; save the file in that encoding")])
        match self.format:
            case "jsonl":
                return read_jsonl(text)
            case "csv":
                return read_csv(text)
        from agent.batch.yaml_tasks import read_yaml  # noqa: PLC0415 - no other format needs the library

        return read_yaml(text)


def format_of(name: str) -> Format:
    """Tell a format by a file's name; `-` is YAML.

    Raises:
        TaskFileError: the name has no suffix of a format.

    """
    if name == "-":
        return "yaml"
    found = _SUFFIXES.get(Path(name).suffix.lower())
    if found is None:
        formats = ", ".join(get_args(Format))
        raise TaskFileError(name, [Mistake(1, f"which format is this? Say --format, one of {formats}")])
    return found
