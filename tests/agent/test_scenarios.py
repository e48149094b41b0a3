"""Each directory of tests/scenarios is one case: input files, a patch, and what must come of it."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from agent import errors
from agent.parse import parse_patch
from agent.place import place
from agent.validate import ValidatedPatch, validate
from repo_index.text import TextFile

SCENARIOS = sorted(path for path in (Path(__file__).parents[1] / "scenarios").iterdir() if path.is_dir())


def read_tree(root: Path) -> dict[PurePosixPath, bytes]:
    return {
        PurePosixPath(path.relative_to(root).as_posix()): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def make(scenario: Path) -> ValidatedPatch:
    texts = {path: TextFile.decode(data) for path, data in read_tree(scenario / "input").items()}
    # no newline translation: carriage returns are the point of some cases
    text = (scenario / "patch.txt").read_bytes().decode()
    return validate(place(parse_patch(text), texts))


def git(root: Path, *args: str, stdin: bytes = b"") -> None:
    done = subprocess.run(["git", *args], cwd=root, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    "scenario", [path for path in SCENARIOS if (path / "expected").is_dir()], ids=lambda path: path.name
)
def test_change_is_what_git_makes_of_the_rendered_diff(scenario: Path, tmp_path: Path) -> None:
    for path, data in read_tree(scenario / "input").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.autocrlf", "false")
    git(tmp_path, "add", "-A")
    validated = make(scenario)
    diff = validated.render()
    git(tmp_path, "apply", "--check", "--whitespace=nowarn", stdin=diff)
    git(tmp_path, "apply", "--index", "--whitespace=nowarn", stdin=diff)
    expected = read_tree(scenario / "expected")
    assert read_tree(tmp_path) == expected
    ours = {path: text.encode() for path, text in validated.new_texts.items() if text is not None}
    assert ours.items() <= expected.items()
    assert not {path for path, text in validated.new_texts.items() if text is None} & expected.keys()


@pytest.mark.parametrize(
    "scenario", [path for path in SCENARIOS if not (path / "expected").is_dir()], ids=lambda path: path.name
)
def test_change_is_refused(scenario: Path) -> None:
    name, phrase = (scenario / "expected_error.txt").read_text().splitlines()
    with pytest.raises(errors.AgentError) as caught:
        make(scenario)
    assert type(caught.value).__name__ == name
    assert phrase in str(caught.value)


def test_half_of_the_scenarios_are_refusals() -> None:
    refused = [path for path in SCENARIOS if (path / "expected_error.txt").is_file()]
    assert len(SCENARIOS) >= 80
    assert 0.4 <= len(refused) / len(SCENARIOS) <= 0.6
