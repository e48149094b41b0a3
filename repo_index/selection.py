"""Which files of a repository belong in the context, and the reason for each that does not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Self

from pathspec import GitIgnoreSpec

from repo_index.errors import PatternError

IGNORE_FILE = PurePosixPath(".magicodeignore")

_SECRET_NAMES = (
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.ppk",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    "credentials*.json",
    "client_secret*.json",
    "service-account*.json",
    "service_account*.json",
)
# What people commit on purpose: templates without values, and public halves of keys.
_PUBLIC_NAMES = (
    ".env.example",
    ".env.*.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "example.env",
    "sample.env",
    "*.pub",
)
_SECRET_PLACES = (".aws/credentials", ".docker/config.json", ".kube/config", ".ssh/*")
_PRIVATE_KEY = re.compile(
    # The marker alone is common in source and documentation; a key has its Base64 body within a few headers.
    r"-----BEGIN [A-Z0-9 ]{0,20}PRIVATE KEY(?: BLOCK)?-----.{0,200}?[A-Za-z0-9+/]{40}",
    re.DOTALL,
)

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
        result = self._spec.check_file(str(path))
        return result.index if result.include else None


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user, the repository and good sense leave out.

    `--exclude` and `.magicodeignore` always win. `--include` narrows to what it matches and brings back lock and
    generated files among that. Secrets need more: an `--include` that is the file's very path, so that a wildcard
    never carries one along.
    """

    ignored: Patterns
    include: Patterns
    exclude: Patterns

    @classmethod
    def parse(cls, *, ignore_text: str, include: Sequence[str], exclude: Sequence[str]) -> Self:
        """Read the patterns of `.magicodeignore`, `--include` and `--exclude`, all in gitignore syntax.

        Raises:
            PatternError: one of them is no pattern.

        """
        return cls(
            Patterns.parse(ignore_text.split("\n"), str(IGNORE_FILE)),
            Patterns.parse(include, "--include"),
            Patterns.parse(exclude, "--exclude"),
        )

    def reason_by_path(self, path: PurePosixPath) -> str | None:
        """Return why a file is left out for its path alone, or None."""
        if (index := self.exclude.deciding(path)) is not None:
            return f"--exclude {self.exclude.lines[index]}"
        if (index := self.ignored.deciding(path)) is not None:
            return f"{IGNORE_FILE} line {index + 1}: {self.ignored.lines[index].strip()}"
        included = self.include.deciding(path) is not None
        if self.include.lines and not included:
            return "not matched by --include"
        if not self._named(path) and (pattern := _secret_pattern(path)) is not None:
            return f"secret file ({pattern})"
        if included:
            return None
        name = path.name.lower()
        if name in _LOCK_NAMES:
            return "lock file"
        if any(fnmatchcase(name, pattern) for pattern in _GENERATED_NAMES):
            return "generated"
        return None

    def reason_by_text(self, path: PurePosixPath, text: str) -> str | None:
        """Return why a file is left out for what it holds, or None."""
        if "PRIVATE KEY" in text and _PRIVATE_KEY.search(text) and not self._named(path):
            return "secret file (private key inside)"
        return None

    def _named(self, path: PurePosixPath) -> bool:
        return str(path) in self.include.lines


def _secret_pattern(path: PurePosixPath) -> str | None:
    name = path.name.lower()
    if any(fnmatchcase(name, pattern) for pattern in _PUBLIC_NAMES):
        return None
    for pattern in _SECRET_NAMES:
        if fnmatchcase(name, pattern):
            return pattern
    place = "/".join(path.parts[-2:]).lower()
    return next((pattern for pattern in _SECRET_PLACES if fnmatchcase(place, pattern)), None)
