"""Which command runs a repository's tests, told from its files: what a developer would type there first."""

import configparser
import json
import os
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from agent.errors import ConfigError
from agent.sandbox_policy import clean_environment, own_prefix
from repo_index.errors import RepoError
from repo_index.git import Git
from repo_index.reader import TreeReader

AUTO = "auto"  # in place of a command
_MAX_BYTES = 400_000
_MAX_LOOKED_AT = 20  # test files whose text tells one runner from another
_NO_TEST = "no test specified"  # what `npm init` writes
_PYTHON_TEST = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py")
_NODE_TEST = re.compile(r"(?:(?:test|tests|__tests__)/.*|.*\.(?:test|spec))\.[cm]?[jt]s")
_MAKE_TEST = re.compile(r"^test\s*:(?!=)", re.MULTILINE)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
# Words at the beginning of a command that are no program of their own, or need not be one.
_SHELL_WORDS = frozenset({
    ".", "alias", "break", "case", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export", "false",
    "for", "if", "printf", "pwd", "read", "return", "set", "shift", "source", "test", "time", "times", "trap", "true",
    "type", "ulimit", "umask", "unset", "until", "wait", "while",
})  # fmt: skip
_NODE_PROGRAMS = frozenset({"npm", "npx", "pnpm", "yarn", "bun"})
_PLAIN_NAME = re.compile(r"[\w.+-]+")


@dataclass(frozen=True, slots=True)
class Found:
    """A command, and which file speaks for it."""

    command: str
    because: str


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a repository: their paths, and what a small one says; "" for one that cannot be read."""

    paths: AbstractSet[str]
    read: Callable[[str], str]

    def __contains__(self, path: str) -> bool:
        return path in self.paths

    def first(self, *paths: str) -> str | None:
        return next((path for path in paths if path in self.paths), None)

    def matching(self, pattern: re.Pattern[str]) -> list[str]:
        return sorted(path for path in self.paths if pattern.fullmatch(path))


def named_test_command(command: str, git: Git) -> str:
    """Return a command as it is, or for `auto` the one that is found.

    Raises:
        ConfigError: nothing is found, or this machine lacks the program.

    """
    if command != AUTO:
        if missing := missing_program(command, git.root):
            raise ConfigError(f"the test command `{command}` cannot run: there is no {missing} here")
        return command
    found = find_test_command(git)
    if found is None:
        raise ConfigError(
            "no file in this repository tells how its tests are run with what is installed here: "
            "give a command in place of auto"
        )
    return found.command


def find_test_command(git: Git) -> Found | None:
    """Return the command that runs the tests of a repository, or None where nothing here can, or speaks for one."""
    try:
        listed = git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    except RepoError:
        return None
    paths = frozenset(path.decode(errors="surrogateescape") for path in listed.split(b"\0") if path)
    with TreeReader(git.root) as reader:

        def read(path: str) -> str:
            try:
                return reader.read(PurePosixPath(path), _MAX_BYTES).decode(errors="replace")
            except (OSError, RepoError):
                return ""

        virtual = next((name for name in (".venv", "venv") if (git.root / name / "bin" / "python").exists()), None)
        candidates = choices(paths, read, python=f"{virtual}/bin/python" if virtual else "python3")
        return next((found for found in candidates if not missing_program(found.command, git.root)), None)


def choices(paths: AbstractSet[str], read: Callable[[str], str], *, python: str = "python3") -> Iterator[Found]:
    """Yield commands for a repository of these paths, the best first; `python` is the one that has its packages.

    What a language's own files say comes before a makefile's target: that one often fetches and installs first.
    """
    files = _Files(paths, read)
    return (found for find in _FINDERS for found in find(files, python))


def missing_program(command: str, root: Path) -> str | None:
    """Return the program that a shell command begins with, if tests that run in `root` would not find it on PATH.

    None also where that cannot be told: behind a word of the shell, or where the word is not a plain name. A path is
    not looked at: the change may be what makes that file.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    program = next((word for word in words if not _ASSIGNMENT.fullmatch(word)), "")
    if program in _SHELL_WORDS or not _PLAIN_NAME.fullmatch(program):
        return None
    path = clean_environment(dict(os.environ), root, own_prefix=own_prefix()).get("PATH", os.defpath)
    return None if shutil.which(program, path=path) else program


def require_in_checkout(command: str | None, root: Path, checkout: Path) -> None:
    """Refuse a test command that names what git does not track, by a path, or needs it, for a new checkout.

    Raises:
        ConfigError: the work tree `root` has it, and `checkout` has not.

    """
    try:
        words = shlex.split(command or "")
    except ValueError:
        return
    named = [word for word in words if "/" in word and not word.startswith("/")]
    if not _NODE_PROGRAMS.isdisjoint(words):
        named.append("node_modules")
    missing = next((word for word in named if (root / word).exists() and not (checkout / word).exists()), None)
    if missing:
        raise ConfigError(
            f"the tests of --branch, --worktree and --pr run in a new checkout, which has no {missing}: git does not "
            f"track it, so `{command}` cannot run there; name what it needs by its whole path, or go without "
            "(--test-cmd '')"
        )


def _pytest(files: _Files, python: str) -> Iterator[Found]:
    told = (
        files.first("pytest.ini", ".pytest.ini")
        or ("pyproject.toml" if _table(files, "pyproject.toml").get("tool", {}).get("pytest") else None)
        or next((path for path in ("tox.ini", "setup.cfg") if _has_pytest_section(files.read(path))), None)
        or files.first("conftest.py", "tests/conftest.py", "test/conftest.py")
    )
    if told:
        yield Found(f"{python} -m pytest -q", told)


def _python_tests(files: _Files, python: str) -> Iterator[Found]:
    tests = files.matching(_PYTHON_TEST)
    if not tests:
        return
    texts = [files.read(path) for path in tests[:_MAX_LOOKED_AT]]
    if any(re.search(r"^(?:import|from) pytest\b|^(?:async )?def test_", text, re.MULTILINE) for text in texts):
        yield Found(f"{python} -m pytest -q", tests[0])
        return
    folder = tests[0].rpartition("/")[0]
    # `python -m unittest` looks into packages alone; a folder that is none has to be named
    whole = not folder or f"{folder.partition('/')[0]}/__init__.py" in files
    yield Found(f"{python} -m unittest -q" if whole else f"{python} -m unittest discover -q -s {folder}", tests[0])


def _node(files: _Files, _python: str) -> Iterator[Found]:
    if "package.json" not in files:
        return
    try:
        package = json.loads(files.read("package.json"))
        script, needs = package.get("scripts", {}).get("test", ""), package.get("devDependencies", {})
    except (ValueError, AttributeError, RecursionError):
        return
    if isinstance(script, str) and script and _NO_TEST not in script:
        # CI tells runners that nobody is there to watch
        yield Found(f"CI=true {_package_manager(files)} test", "package.json")
    elif isinstance(needs, dict) and "vitest" in needs:
        yield Found("npx --no-install vitest run", "package.json")
    elif isinstance(needs, dict) and "jest" in needs:
        yield Found("CI=true npx --no-install jest", "package.json")


def _node_tests(files: _Files, _python: str) -> Iterator[Found]:
    tests = files.matching(_NODE_TEST)
    if any("node:test" in files.read(path) for path in tests[:_MAX_LOOKED_AT]):
        yield Found("node --test", tests[0])


def _package_manager(files: _Files) -> str:
    if "pnpm-lock.yaml" in files:
        return "pnpm"
    if "yarn.lock" in files:
        return "yarn"
    return "bun run" if files.first("bun.lock", "bun.lockb") else "npm"


def _compiled(files: _Files, _python: str) -> Iterator[Found]:
    """Yield what works without a network: there is none in the sandbox."""
    if "go.mod" in files:
        yield Found("go test ./...", "go.mod")
    if "Cargo.toml" in files:
        yield Found("cargo test --offline", "Cargo.toml")
    if "pom.xml" in files:
        yield Found(f"{'./mvnw' if 'mvnw' in files else 'mvn'} -B -o test", "pom.xml")
    if told := files.first("build.gradle.kts", "build.gradle", "settings.gradle.kts", "settings.gradle"):
        yield Found(f"{'./gradlew' if 'gradlew' in files else 'gradle'} --offline test", told)


def _make(files: _Files, _python: str) -> Iterator[Found]:
    told = files.first("GNUmakefile", "makefile", "Makefile")
    if told and _MAKE_TEST.search(files.read(told)):
        yield Found("make test", told)


_FINDERS = (_pytest, _node, _compiled, _python_tests, _node_tests, _make)


def _table(files: _Files, path: str) -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(files.read(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _has_pytest_section(text: str) -> bool:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return False
    return bool({"pytest", "tool:pytest"}.intersection(parser.sections()))
