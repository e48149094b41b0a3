"""Templates in task files, filled with each task's own fields."""

from pathlib import Path

import pytest

from agent.batch.branches import render
from agent.batch.schema import TaskSpec, read_specs
from agent.batch.taskfile import Format, TaskFile

CSV = 'fields.file,fields.rule,labels\na.py,"E501, E502",x;y\nb {c}.py,W1,\n'
YAML = """
defaults: {task: "Mend {rule} in {file}: {{}}", branch: "lint/{file}-{number:02}"}
tasks:
- fields: {file: a.py, rule: "E501, E502"}
- fields: {file: "b {c}.py", rule: W1}
- task: braces like {this} stay
"""


def specs_of(text: str, form: Format, **template: str) -> tuple[list[TaskSpec], list[str]]:
    file = TaskFile("tasks", text.encode(), form, Path())
    specs, mistakes = read_specs(file.read(), TaskSpec(0, 0, **{"task": "", **template}))
    return specs, [f"{each.line}: {each.text}" for each in mistakes]


@pytest.mark.parametrize("form", ["csv", "yaml"])
def test_text_and_branch(form: Format) -> None:
    flags = {"task": "Mend {rule} in {file}: {{}}", "branch": "lint/{file}-{number:02}"} if form == "csv" else {}
    specs, mistakes = specs_of(CSV if form == "csv" else YAML, form, **flags)
    assert mistakes == []
    assert [spec.task for spec in specs[:2]] == ["Mend E501, E502 in a.py: {}", "Mend W1 in b {c}.py: {}"]
    assert [render(spec.branch, spec, "0" * 16) for spec in specs[:2]] == ["lint/a-py-01", "lint/b-c-py-02"]


def test_without_fields_braces_are_text() -> None:
    specs, mistakes = specs_of(YAML, "yaml")
    assert (specs[2].task, mistakes) == ("braces like {this} stay", [])


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ('{task: "x {fiel}", fields: {file: a}}', "1: `task` has an unknown field '{fiel}'; did you mean '{file}'?"),
        ('{task: "x {0}", fields: {file: a}}', "1: `task` has an unknown field '{0}'; there are {file}"),
        ('{task: "x {file", fields: {file: a}}', "1: `task` expected '}' before end of string"),
        ('{task: "x {file.real}", fields: {file: a}}', "1: `task` has an unknown field '{file.real}'"),
        ('{task: "x {file:9}", fields: {file: a}}', "1: `task` asks for {file} in a form"),
        ('{task: "x {file!r}", fields: {file: a}}', "1: `task` asks for {file} in a form"),
        ("{task: x, fields: {slug: a}}", "1: `fields` has a name that cannot be used, 'slug'"),
        ("{task: x, fields: {a b: a}}", "1: `fields` has a name that cannot be used, 'a b'"),
        ("{task: x, fields: {a: true}}", "1: `fields` must have text under 'a', not a truth value"),
        ("{task: x, fields: [a]}", "1: `fields` must be a mapping"),
        ("{fields: {file: a}}", "1: `task` is missing"),
    ],
)
def test_mistakes(task: str, said: str) -> None:
    specs, mistakes = specs_of(f"tasks: [{task}]", "yaml")
    assert specs == []
    assert len(mistakes) == 1
    assert mistakes[0].startswith(said)
