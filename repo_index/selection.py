"""Which files of a repository belong in the context, and the reason for each that does not."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import PurePosixPath
from typing import Self

from pathspec import GitIgnoreSpec

from repo_index.content import Content
from repo_index.errors import PatternError
from repo_index.secrets import secret_name

IGNORE_FILE = PurePosixPath(".magicodeignore")

_LOCK_NAMES = frozenset(
    {
        "bun.lock",
        "cargo.lock",
        "composer.lock",
        "conda-lock.yml",
        "deno.lock",
        "flake.lock",
        "gemfile.lock",
        "go.sum",
        "gradle.lockfile",
        "mix.lock",
        "npm-shrinkwrap.json",
        "package-lock.json",
        "package.resolved",
        "packages.lock.json",
        "pdm.lock",
        "pipfile.lock",
        "pixi.lock",
        "pnpm-lock.yaml",
        "podfile.lock",
        "poetry.lock",
        "pubspec.lock",
        "pylock.toml",
        "uv.lock",
        "yarn.lock",
    }
)
_GENERATED_NAMES = (
    "*.min.js",
    "*.min.mjs",
    "*.min.cjs",
    "*.min.css",
    "*.js.map",
    "*.mjs.map",
    "*.cjs.map",
    "*.css.map",
    "*_pb2.py",
    "*_pb2.pyi",
    "*_pb2_grpc.py",
    "*.pb.go",
    "*.pb.cc",
    "*.pb.h",
    ".pnp.cjs",
)
_IS_GENERATED = re.compile("|".join(map(translate, _GENERATED_NAMES)))


@dataclass(frozen=True, slots=True)
class Patterns:
    """Lines of gitignore syntax; the last line that matches decides, `!` takes a match back."""

    lines: tuple[str, ...]
    _spec: GitIgnoreSpec

    @classmethod
    def parse(cls, lines: Iterable[str], origin: str) -> Self:
        """Read patterns. `origin` names them in the error.

        Raises:
            PatternError: a line is no pattern; the message says which.

        """
        kept = tuple(lines)
        for number, line in enumerate(kept, start=1):
            try:
                GitIgnoreSpec.from_lines([line])
            except (ValueError, re.error) as error:
                raise PatternError(
                    f"{origin}: pattern {number}, {line!r}, is not in gitignore syntax; correct or remove it"
                ) from error
        # The library drops blank lines and then counts without them; a comment keeps its place.
        return cls(kept, GitIgnoreSpec.from_lines(line if line.strip() else "#" for line in kept))

    def deciding(self, path: PurePosixPath) -> int | None:
        """Return the index of the line by which `path` matches, or None where it does not."""
        if not self.lines:
            return None
        result = self._spec.check_file(str(path))
        return result.index if result.include else None


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user, the repository and good sense leave out.

    `--exclude` and `.magicodeignore` always win. `--include` narrows to what it matches and brings back lock and
    generated files among that, as does naming one in the task. Secrets need more: an `--include` that is the file's
    very path, so that neither a wildcard nor a text that was pasted into a task carries one along.
    """

    ignored: Patterns
    include: Patterns
    exclude: Patterns
    mentioned: frozenset[PurePosixPath] = frozenset()

    @classmethod
    def parse(
        cls,
        *,
        ignore_text: str,
        include: Sequence[str],
        exclude: Sequence[str],
        mentioned: Collection[PurePosixPath] = (),
    ) -> Self:
        """Read the patterns of `.magicodeignore`, `--include` and `--exclude`, all in gitignore syntax.

        Raises:
            PatternError: one of them is no pattern.

        """
        return cls(
            Patterns.parse(ignore_text.split("\n"), str(IGNORE_FILE)),
            Patterns.parse(include, "--include"),
            Patterns.parse(exclude, "--exclude"),
            frozenset(mentioned),
        )

    def reason_by_path(self, path: PurePosixPath) -> str | None:
        """Return why a file is left out for its path alone, or None."""
        if (index := self.exclude.deciding(path)) is not None:
            return f"--exclude {self.exclude.lines[index]}"
        if (index := self.ignored.deciding(path)) is not None:
            return f"{IGNORE_FILE} line {index + 1}: {self.ignored.lines[index].strip()}"
        if self.include.lines and self.include.deciding(path) is None and not self._is_mentioned(path):
            return "not matched by --include"
        if not self._named(path) and (pattern := secret_name(path)) is not None:
            return f"secret file ({pattern})"
        if self._is_wanted(path):
            return None
        name = path.name.lower()
        if name in _LOCK_NAMES:
            return "lock file"
        if _IS_GENERATED.match(name):
            return "generated"
        return None

    def reason_by_content(self, path: PurePosixPath, content: Content) -> str | None:
        """Return why a file is left out for what it holds, or None."""
        match content.kind:
            case "secret":
                return None if self._named(path) else content.reason
            case "generated":
                return None if self._is_wanted(path) else content.reason
            case "unreadable":
                return content.reason
            case _:
                return None

    def reason_to_wait(self, path: PurePosixPath, content: Content) -> str | None:
        """Return why a file is read only where there is room beside all others, or None."""
        return content.reason if content.kind == "data" and not self._is_wanted(path) else None

    def _named(self, path: PurePosixPath) -> bool:
        return str(path) in self.include.lines

    def _is_wanted(self, path: PurePosixPath) -> bool:
        return self.include.deciding(path) is not None or self._is_mentioned(path)

    def _is_mentioned(self, path: PurePosixPath) -> bool:
        return bool(self.mentioned) and (path in self.mentioned or not self.mentioned.isdisjoint(path.parents))
