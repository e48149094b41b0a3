"""The examples for continuous integration hold what their README promises."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from agent.cli.app import app

CI = Path(__file__).parents[1] / "examples/ci"
GITHUB = CI / "github/magicode.yml"
GITLAB = CI / "gitlab/magicode.gitlab-ci.yml"
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_UNTRUSTED = re.compile(r"\$\{\{")


def workflow() -> dict[str, Any]:
    return yaml.load(GITHUB.read_text(), Loader=yaml.BaseLoader)  # type: ignore[no-any-return]


def steps(of: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in of["jobs"].values() for step in job["steps"]]


def mistakes(of: dict[str, Any]) -> list[str]:
    """What would make a workflow unsafe."""
    found = []
    if of.get("permissions") != {}:
        found.append("permissions for all jobs")
    if {"pull_request_target", "workflow_run"} & set(of["on"]):
        found.append("a trigger that runs foreign code with a token")
    for job in of["jobs"].values():
        if set(job["permissions"]) - {"contents", "pull-requests"}:
            found.append("more permissions than are needed")
        if "issue_comment" in of["on"] and "author_association" not in job["if"]:
            found.append("anybody can comment")
        if "timeout-minutes" not in job:
            found.append("no time limit")
    for step in steps(of):
        if _UNTRUSTED.search(step.get("run", "")):
            found.append(f"an expression inside run: {step['run']}")
        if "uses" in step and not _PINNED.fullmatch(step["uses"]):
            found.append(f"not pinned: {step['uses']}")
        if "checkout" in step.get("uses", "") and step.get("with", {}).get("persist-credentials") != "false":
            found.append("the token is kept in .git/config")
        if "--no-sandbox" in step.get("run", ""):
            found.append("tests with the token at hand")
    tokens = [step for step in steps(of) if "token" in str(step.get("env", {})).lower()]
    if len(tokens) != 1:
        found.append("a token for more than one step")
    return found


def test_github() -> None:
    assert mistakes(workflow()) == []


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ('"$TITLE"', '"${{ github.event.issue.title }}"', "an expression inside run"),
        ("@11bd71901bbe5b1630ceea73d27597364c9af683", "@v4", "not pinned"),
        ("permissions: {}", "permissions: write-all", "permissions for all jobs"),
        ("contents: write", "actions: write", "more permissions"),
        ("author_association", "user.login", "anybody can comment"),
        ("persist-credentials: false", "fetch-depth: 0", "kept in .git/config"),
        ("--draft", "--no-sandbox", "with the token at hand"),
        ("TITLE: ${{ github.event.issue.title }}", "X: ${{ github.token }}", "more than one step"),
    ],
)
def test_the_check_finds_what_it_looks_for(old: str, new: str, mistake: str) -> None:
    text = GITHUB.read_text()
    assert old in text
    broken = yaml.load(text.replace(old, new), Loader=yaml.BaseLoader)
    assert any(mistake in each for each in mistakes(broken))


def test_a_hostile_issue_is_text(tmp_path: Path) -> None:
    (script,) = [step["run"] for step in steps(workflow()) if "TITLE" in step.get("env", {})]
    title, body = '-n "; touch ran; $(touch ran) `touch ran` %s', "'; touch ran\n\\n${{ x }}\n-e"
    environment = {"TITLE": title, "BODY": body, "RUNNER_TEMP": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "task.txt").read_text() == f"{title}\n\n{body}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["task.txt"]


def test_gitlab() -> None:
    (job,) = yaml.safe_load(GITLAB.read_text()).values()
    (rule,) = job["rules"]
    assert '$CI_PIPELINE_SOURCE == "trigger"' in rule["if"]
    assert "$MAGICODE_ISSUE =~ /^[0-9]{1,9}$/" in rule["if"]
    commands = [*job["before_script"], *job["script"]]
    used = {name for command in commands for name in re.findall(r"\$\{?(\w+)", command)}
    assert used == {"MAGICODE_ISSUE"}  # a number; and no text of an issue
    assert all('"' in command for command in commands if "$" in command)
    assert "TOKEN" not in " ".join(commands)
    assert "--no-sandbox" not in " ".join(commands)


def test_their_commands_are_ones_that_magicode_takes() -> None:
    (job,) = yaml.safe_load(GITLAB.read_text()).values()
    known = {name for param in _run_command().params for name in param.opts}
    for command in [*(step.get("run", "") for step in steps(workflow())), *job["script"]]:
        if command.startswith("magicode run"):
            assert set(re.findall(r"(?<=\s)--[\w-]+", command)) <= known


def _run_command() -> Any:
    return typer.main.get_group(app).commands["run"]


def test_the_readme_names_every_key_of_note() -> None:
    text = (CI / "README.md").read_text()
    for word in (
        "permissions: {}",
        "concurrency",
        "persist-credentials",
        "author_association",
        "--draft",
        "resource_group",
    ):
        assert word in text
