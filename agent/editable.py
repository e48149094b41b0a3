"""What a model may touch: each file's lines, read when they are first asked for, and the syntax that must hold."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from agent.errors import PolicyError
from agent.indentation import BRACED, find_misplaced
from agent.paths import check_path
from agent.proposal import Checker
from agent.python_flaws import find_pointless, find_undefined, find_unknown_members
from agent.syntax import check_syntax, language_of
from model.api import Editable, Flaw
from repo_index.frame import quote_path
from repo_index.text import TextFile


class _Lines(Mapping[str, Sequence[str]]):
    """The lines of files by path."""

    def __init__(self, paths: Sequence[PurePosixPath], texts: Mapping[PurePosixPath, TextFile]) -> None:
        self._paths = {str(path): path for path in paths}
        self._texts = texts

    def __getitem__(self, path: str) -> Sequence[str]:
        return self._texts[self._paths[path]].lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def encoding_of(self, path: str) -> str:
        """Return the name of the codec that a file was read with."""
        return self._texts[self._paths[path]].encoding


def editable(checker: Checker) -> Editable:
    """Return what the model may touch.

    What a change is never allowed to touch can be read but not named, nor can a path that a diff would have to quote.
    """
    plain = [path for path in checker.texts if quote_path(path) == str(path) and _may_change(path)]
    lines = _Lines(plain, checker.texts)
    paths = [*checker.texts, *(file.path for file in checker.snapshot.skipped)]
    taken = [str(path) for path in paths if str(path) not in lines]

    def find_flaw(old: str | None, new: str, new_lines: Sequence[str]) -> Flaw | None:
        path = PurePosixPath(new)
        language = language_of(path)
        before, after = None if old is None else _text(lines[old]), _text(new_lines)
        if findings := check_syntax(language, before, after, path=path):
            return Flaw(min(finding.line for finding in findings) - 1)
        if language in BRACED and (at := find_misplaced([] if old is None else lines[old], new_lines)) is not None:
            return Flaw(at)
        if language != "python":
            return None
        if pointless := find_pointless(path, before, after):
            return Flaw(pointless[0].line - 1)
        if undefined := find_undefined(before, after):
            return Flaw(undefined[0].line - 1, lacks=True)
        if unknown := find_unknown_members(before, after):
            place = unknown[0].place
            return Flaw(unknown[0].line - 1, lacks=True, place=None if place is None else place - 1)
        return None

    return Editable(lines, taken, None if checker.allow_syntax_errors else find_flaw, lines.encoding_of)


def _may_change(path: PurePosixPath) -> bool:
    try:
        check_path(path)
    except PolicyError:
        return False
    return True


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
