"""The test command is told from a repository's files, and an answer about it is kept for the repository alone."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.answers import TestAnswers
from agent.errors import ConfigError
from agent.testcommands import choices, find_test_command, missing_program, named_test_command
from repo_index.git import Git
from tests.fakes.git_repo import Repo

CASES: dict[str, tuple[Mapping[str, str], str | None]] = {
    "pytest's own file": ({"pytest.ini": "", "a.py": ""}, "python3 -m pytest -q"),
    "pytest in pyproject": ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, "python3 -m pytest -q"),
    "pytest in setup.cfg": ({"setup.cfg": "[tool:pytest]\naddopts = -q\n"}, "python3 -m pytest -q"),
    "a conftest": ({"tests/conftest.py": ""}, "python3 -m pytest -q"),
    "functions": ({"tests/test_a.py": "def test_a():\n    pass\n"}, "python3 -m pytest -q"),
    "unittest in a package": (
        {"tests/__init__.py": "", "tests/test_a.py": "import unittest\n"},
        "python3 -m unittest -q",
    ),
    "unittest beside the code": ({"a.py": "", "test_a.py": "import unittest\n"}, "python3 -m unittest -q"),
    "unittest in a folder": ({"tests/test_a.py": "import unittest\n"}, "python3 -m unittest discover -q -s tests"),
    "npm": ({"package.json": '{"scripts": {"test": "mocha"}}'}, "CI=true npm test"),
    "yarn": ({"package.json": '{"scripts": {"test": "jest"}}', "yarn.lock": ""}, "CI=true yarn test"),
    "pnpm": ({"package.json": '{"scripts": {"test": "vitest"}}', "pnpm-lock.yaml": ""}, "CI=true pnpm test"),
    "what npm init writes": (
        {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'},
        None,
    ),
    "vitest alone": ({"package.json": '{"devDependencies": {"vitest": "^3"}}'}, "npx --no-install vitest run"),
    "jest alone": ({"package.json": '{"devDependencies": {"jest": "^30"}}'}, "CI=true npx --no-install jest"),
    "node's own": ({"test/a.test.js": "const { test } = require('node:test');"}, "node --test"),
    "go": ({"go.mod": "module x", "Makefile": "test:\n\tgo test\n"}, "go test ./..."),
    "cargo": ({"Cargo.toml": "[package]"}, "cargo test --offline"),
    "maven with its wrapper": ({"pom.xml": "<project/>", "mvnw": ""}, "./mvnw -B -o test"),
    "gradle": ({"build.gradle.kts": ""}, "gradle --offline test"),
    "make": ({"Makefile": "all:\n\ntest: all\n\t./run\n"}, "make test"),
    "a variable named test": ({"Makefile": "test := 1\n"}, None),
    "broken files": ({"package.json": "[", "pyproject.toml": "=", "setup.cfg": "x", "Cargo.lock": ""}, None),
    "odd values": ({"package.json": '{"scripts": {"test": 7}, "devDependencies": ["jest"]}'}, None),
    "nothing": ({"README.md": "run the tests with make test"}, None),
}


@pytest.mark.parametrize(("files", "command"), CASES.values(), ids=CASES.keys())
def test_choose(files: Mapping[str, str], command: str | None) -> None:
    found = next(choices(files.keys(), lambda path: files.get(path, "")), None)
    assert (found.command if found else None) == command
    assert found is None or found.because in files


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", {"a.txt": (b"a\n", 0o644)})


def test_the_virtual_environment_of_the_repository_is_used(repo: Repo) -> None:
    repo.write({"pytest.ini": (b"", 0o644), ".venv/bin/python": (b"", 0o755)})
    found = find_test_command(Git.discover(repo.root))
    assert found is not None
    assert found.command == ".venv/bin/python -m pytest -q"


def test_links_are_not_followed(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text('{"scripts": {"test": "rm -rf /"}}')
    (repo.root / "package.json").symlink_to(tmp_path / "elsewhere")
    assert find_test_command(Git.discover(repo.root)) is None


def test_auto_that_finds_nothing_says_what_to_do(repo: Repo) -> None:
    assert named_test_command("make check", Git.discover(repo.root)) == "make check"
    with pytest.raises(ConfigError, match="give a command in place of auto"):
        named_test_command("auto", Git.discover(repo.root))


def test_what_is_not_installed_is_not_offered(repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    repo.write({"go.mod": (b"module x", 0o644), "Makefile": (b"test:\n\tgo test\n", 0o644)})
    programs = tmp_path / "bin"
    programs.mkdir()
    git = Git.discover(repo.root)
    (programs / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(programs))
    assert find_test_command(git) is None
    (programs / "make").write_text("#!/bin/sh\n")
    (programs / "make").chmod(0o755)
    found = find_test_command(git)
    assert found is not None
    assert found.command == "make test"
    with pytest.raises(ConfigError, match=r"`go test ./...` cannot run: there is no go here"):
        named_test_command("go test ./...", git)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("nothing-of-this-name -q", "nothing-of-this-name"),
        ("A=1 B='x y' nothing-of-this-name && true", "nothing-of-this-name"),
        ("sh -c 'nothing-of-this-name'", None),
        ("cd sub && nothing-of-this-name", None),
        ("$RUNNER test", None),
        ("./made-by-the-change", None),
        ("(nothing-of-this-name)", None),
        ("'an open quote", None),
        ("A=1", None),
        ("", None),
    ],
)
def test_missing_program(command: str, missing: str | None, tmp_path: Path) -> None:
    assert missing_program(command, tmp_path) == missing


def test_answers_are_for_one_repository_and_one_command(tmp_path: Path) -> None:
    TestAnswers(tmp_path / "a").keep("make test", may_run=True)
    TestAnswers(tmp_path / "a").keep("npm test", may_run=False)
    answers = TestAnswers(tmp_path / "a")
    assert (answers.get("make test"), answers.get("npm test"), answers.get("make")) == (True, False, None)
    assert TestAnswers(tmp_path / "b").get("make test") is None
