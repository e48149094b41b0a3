"""Which paths a change may name."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import AgentError, PolicyError
from agent.paths import check_path, needs_consent, quote, unquote


@pytest.mark.parametrize(
    "name",
    [
        *(
            "/etc/passwd",
            "C:/x",
            "c:x",
            "..",
            "../x",
            "a/../x",
            "a/..",
            "a//b",
            "a/./b",
            ".",
            "",
            "a/",
            "a\\b",
            "\\\\host\\x",
        ),
        *(".git", ".git/config", ".GIT/config", "a/.Git/hooks/x", ".git /config", ".git./config", ".git. . /x"),
        *("git~1/config", "GIT~1/config", ".git::$INDEX_ALLOCATION/config", ".git:x"),
        *(".g\u200cit/config", "\u200d.git/x", ".gi\ufefft/x", ".git\u206f/x"),
        *("a\0b", "a\nb", "a\tb", "a\x7fb", "a\x85b", "evil\u202etxt.py", "\ud800"),
        *(".magicode.toml", ".MagiCode.TOML", "sub/.magicode.toml", "x" * 256, "d/" * 600 + "x"),
    ],
)
def test_refused(name: str) -> None:
    with pytest.raises(PolicyError):
        check_path(name)


@pytest.mark.parametrize(
    "name",
    ["a", ".github/x", ".gitignore", "git", "a.git", ".gitx/y", "..a", "a..b", "ä/ö.txt", "a b", "...", "\udcff"],
)
def test_allowed(name: str) -> None:
    assert check_path(name) == PurePosixPath(name)


@pytest.mark.parametrize(
    "name",
    [
        *(".github/workflows/ci.yml", ".GitHub/Workflows/deep/ci.yml", ".husky/pre-commit", "web/.husky/pre-commit"),
        *(".vscode/tasks.json", ".vscode/settings.json", ".gitattributes", "sub/.gitattributes", ".gitmodules"),
        *(".envrc", ".gitlab-ci.yml", ".pre-commit-config.yaml", "Jenkinsfile", ".circleci/config.yml", ".idea/x.xml"),
        *(".devcontainer/devcontainer.json", "lefthook.yml", ".cargo/config.toml", ".magicodeignore", ".envr\u200cc"),
        *("docs/CODEOWNERS", ".github/dependabot.yml"),
    ],
)
def test_self_executing(name: str) -> None:
    assert needs_consent(PurePosixPath(name))


@pytest.mark.parametrize(
    "name", ["src/app.py", "workflows/ci.yml", "husky/x", "docs/tasks.json", "Makefile", ".github/x.md"]
)
def test_not_self_executing(name: str) -> None:
    assert needs_consent(PurePosixPath(name)) is None


@given(st.binary(min_size=1).map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_unquote_is_the_inverse_of_quote(name: str) -> None:
    assert unquote(quote(name)) == name


@given(st.text())
def test_unquote_gives_a_name_or_a_typed_error(text: str) -> None:
    try:
        unquote(f'"{text}"')
    except AgentError:
        return
