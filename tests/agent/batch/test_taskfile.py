"""Task files: every mistake with its line, before anything starts."""

import json
import time
from pathlib import Path

import pytest

from agent.batch.cells import TaskFileError
from agent.batch.line_tasks import read_csv
from agent.batch.schema import TaskSpec, read_specs
from agent.batch.taskfile import MAX_BYTES, Format, TaskFile, format_of

TEMPLATE = TaskSpec(0, 0, "", model="m")


def read(text: str | bytes, form: Format = "yaml") -> tuple[list[TaskSpec], list[tuple[int, str]]]:
    data = text.encode() if isinstance(text, str) else text
    specs, mistakes = read_specs(TaskFile("t", data, form, Path()).read(), TEMPLATE)
    return specs, [(mistake.line, mistake.text) for mistake in mistakes]


def wrong(text: str | bytes, form: Format = "yaml") -> list[tuple[int, str]]:
    return read(text, form)[1]


class TestYaml:
    def test_tasks_and_defaults(self) -> None:
        specs, mistakes = read(
            "defaults:\n  test_cmd: pytest -q\n  attempts: 3\n  labels: [a, b]\n"
            "tasks:\n- task: one\n- task: |\n    two\n\n    lines\n  test_cmd: null\n  attempts: 1\n  labels: []\n"
            "  repo: ../x\n  base: main\n  branch: b/{number}\n  model: big\n  reviewers:\n  - ada\n  max_repairs: 0\n"
        )
        assert mistakes == []
        assert specs == [
            TaskSpec(1, 6, "one", test_cmd="pytest -q", attempts=3, labels=("a", "b"), model="m"),
            TaskSpec(2, 7, "two\n\nlines\n", "../x", "main", "b/{number}", None, 1, 0, "big", (), ("ada",)),
        ]

    def test_json_is_yaml(self) -> None:
        value = {"tasks": [{"task": "one \u00e9 \x1b[31m", "attempts": 2}]}
        assert read(json.dumps(value))[0] == [TaskSpec(1, 1, "one \u00e9 \x1b[31m", attempts=2, model="m")]

    def test_an_alias_gives_a_task_its_values(self) -> None:
        specs, mistakes = read("tasks:\n- task: one\n  labels: &l [a]\n- task: two\n  labels: *l\n")
        assert (specs[1].labels, mistakes) == (("a",), [])

    def test_every_mistake_is_named_with_its_line(self) -> None:
        assert wrong(
            "defaults:\n"
            "  atempts: 3\n"
            "  labels: bug\n"
            "tasks:\n"
            "- task: one\n"
            "  tset_cmd: pytest\n"
            "- branch: x\n"
            "- task: ''\n"
            "  attempts: many\n"
            "- just words\n"
            "- task: 12\n"
            "  model: yes\n"
            "  base: 2024-01-01\n"
            "- task: [a]\n"
            "  attempts: 0\n"
            "  max_repairs: 1.5\n"
            "  reviewers: [ada, 7]\n"
            "- task: two\n"
            "  task: three\n"
            "  zzz: 1\n"
            "  <<: {a: b}\n"
            "  repo: null\n"
        ) == [
            (19, "'task' stands here twice"),
            (2, "unknown key 'atempts'; did you mean 'attempts'?"),
            (3, "`labels` must be a list of texts, not text"),
            (6, "unknown key 'tset_cmd'; did you mean 'test_cmd'?"),
            (7, "`task` is missing: what is to be done?"),
            (8, "`task` is empty"),
            (9, "`attempts` must be a whole number, not text"),
            (10, "a task must be a mapping of keys to values, not text"),
            (11, "`task` must be text, not a number; put it in quotes"),
            (12, "`model` must be text, not a truth value; put it in quotes"),
            (13, "`base` must be text, not a date; put it in quotes"),
            (14, "`task` must be text, not a list"),
            (15, "`attempts` must be from 1 to 64, not 0"),
            (16, "`max_repairs` must be a whole number, not a number with a fraction"),
            (17, "`reviewers` must be text, not a number; put it in quotes"),
            (
                20,
                (
                    "unknown key 'zzz'; there are task, repo, base, branch, test_cmd, attempts, max_repairs, model, "
                    "labels, reviewers, fields"
                ),
            ),
            (21, "merge keys (`<<`) are not read; use `defaults:`"),
            (22, "`repo` is empty"),
        ]

    @pytest.mark.parametrize(
        ("text", "line", "phrase"),
        [
            ("", 1, "expected `tasks:`"),
            ("# nothing\n", 1, "expected `tasks:`"),
            ("- task: one\n", 1, "expected `tasks:`"),
            ("tasks: []\n", 1, "there are no tasks"),
            ("defaults: {}\n", 1, "`tasks` is missing"),
            ("\ntasks: one\n", 2, "must be a list, not text"),
            ("tasks: {a: b}\n", 1, "must be a list, not a mapping"),
            ("task:\n- task: one\ntasks:\n- task: two\n", 1, "unknown key 'task'; did you mean 'tasks'?"),
            ("tasks:\n- task: one\n---\ntasks: []\n", 4, "a second document"),
            ("tasks:\n- task: 'one\n- x\n", 4, "no YAML: "),
            ("tasks:\n- task: a: b\n", 2, "no YAML: mapping values are not allowed"),
            ("tasks:\n- task: one\n\tbad\n", 3, "no YAML: "),
            ("tasks:\n- task: a\x1b[31m\n", 2, "no YAML: "),
            ("tasks:\n- task: !!python/object/apply:os.system [ls]\n", 2, "must be text, not a list"),
            ("tasks:\n- task: !!python/name:os.system x\n", 2, "tagged"),
            ("tasks:\n- task: *nobody\n", 2, "no anchor 'nobody'"),
            ("tasks: &t\n- *t\n", 2, "no anchor 't'"),
            ("tasks:\n- {task: one, ? [a] : b}\n", 2, "a key must be text, not a list"),
            ("tasks:\n- task: " + 5000 * "1" + "\n", 2, "a number in another notation"),
            ("tasks:\n- task: one\n  attempts: 0x2\n", 3, "a number in another notation"),
            ('tasks:\n- task: "a\\0b"\n', 2, "holds a character that is no text"),
            ("tasks:\n- task: " + 100_001 * "a" + "\n", 2, "at most 100,000"),
            ("tasks:\n- task: a\n  labels: [" + 101 * "a," + "]\n", 3, "at most 100"),
        ],
    )
    def test_what_cannot_be_read(self, text: str, line: int, phrase: str) -> None:
        ((found, said),) = wrong(text)
        assert (found, phrase in said) == (line, True), said

    @pytest.mark.parametrize(
        "text",
        [
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"{c}: &{c} [{','.join(9 * [f'*{chr(ord(c) - 1)}'])}]\n" for c in "bcdefghijk")
            + "tasks:\n- task: one\n  labels: *k\n",
            "tasks: " + 200_000 * "[",
            "tasks: " + 200_000 * "{a: ",
            "tasks:\n" + 200_000 * "- " + "x",
            "x: &x a\ntasks: [" + 100_000 * "*x," + "]",
            "l: &l [" + 99 * "aaaaaaaaaa," + "]\ntasks:\n" + 20_000 * "- {task: one, labels: *l}\n",
        ],
    )
    def test_bombs_fizzle(self, text: str) -> None:
        started = time.perf_counter()
        assert wrong(text)
        assert time.perf_counter() - started < 5


class TestJsonLines:
    def test_an_object_a_line(self) -> None:
        specs, mistakes = read('{"task": "one"}\n\n  \n{"task": "a\\nb", "attempts": 2, "labels": ["x"]}\r\n', "jsonl")
        assert mistakes == []
        assert specs == [
            TaskSpec(1, 1, "one", model="m"),
            TaskSpec(2, 4, "a\nb", attempts=2, labels=("x",), model="m"),
        ]

    @pytest.mark.parametrize(
        ("line", "phrase"),
        [
            ('{"task": "one"', "no JSON: "),
            ("[1]", "must be a mapping of keys to values, not a list"),
            ('"words"', "must be a mapping of keys to values, not text"),
            ("null", "must be a mapping of keys to values, not nothing"),
            ('{"task": "a", "task": "b"}', "'task' stands here twice"),
            ('{"task": "a", "attempts": true}', "must be a whole number, not a truth value"),
            ('{"task": "a", "attempts": 1e3}', "not a number with a fraction"),
            ('{"task": "a", "attempts": NaN}', "NaN is no number"),
            ('{"task": "a", "attempts": ' + 5000 * "1" + "}", "no JSON: "),
            ('{"task": "\\ud800"}', "holds a character that is no text"),
            (100_000 * "[", "nested too deeply"),
            ('{"task": ' + 100_000 * "[" + "}", "nested too deeply"),
        ],
    )
    def test_what_cannot_be_read(self, line: str, phrase: str) -> None:
        ((number, said),) = wrong('{"task": "fine"}\n' + line + "\n", "jsonl")
        assert (number, phrase in said) == (2, True), said


class TestCsv:
    def test_as_a_spreadsheet_writes_it(self) -> None:
        text = (
            "\ufefftask,test_cmd,attempts,labels,repo\r\n"
            'one,pytest,2,"bug, ui",\r\n'
            ",,,,\r\n"
            '"two\r\nlines",,,bug;ui,../x\r\n'
            "three\r\n"
        )
        specs, mistakes = read(text, "csv")
        assert mistakes == []
        assert specs == [
            TaskSpec(1, 2, "one", test_cmd="pytest", attempts=2, labels=("bug", "ui"), model="m"),
            TaskSpec(2, 4, "two\r\nlines", repo="../x", labels=("bug", "ui"), model="m"),
            TaskSpec(3, 6, "three", model="m"),
        ]

    @pytest.mark.parametrize(
        ("text", "line", "phrase"),
        [
            ("", 1, "the header row is missing"),
            ("task\n", 1, "there are no tasks"),
            ("name,attempts\nx,1\n", 1, "no column is headed `task`"),
            ("task,task\na,b\n", 1, "'task' stands here twice"),
            ("task,repo\na,b,c\n", 2, "3 cells under 2 headings"),
            ('task\n"a\nb', 2, "no CSV: "),
            ('task\n"a"b\n', 2, "no CSV: "),
            ("task,attempts\na,two\n", 2, "`attempts` must be a whole number, not text"),
            ("task,labels\n,x\n", 2, "`task` is missing"),
            ("task,tests\na,b\n", 2, "unknown key 'tests'; did you mean 'test_cmd'?"),
            ("task\n" + 200_000 * "a" + "\n", 2, "no CSV: field larger"),
        ],
    )
    def test_what_cannot_be_read(self, text: str, line: int, phrase: str) -> None:
        found = wrong(text, "csv")
        assert any(number == line and phrase in said for number, said in found), found

    def test_a_nul_is_no_text(self) -> None:
        assert "holds a character" in wrong("task\na\0b\n", "csv")[0][1]

    def test_rows_keep_their_lines(self) -> None:
        raw = read_csv('task\n"a\nb\nc"\nd\n')
        assert [line for line, _ in raw.tasks] == [2, 5]


class TestBytes:
    @pytest.mark.parametrize("form", ["yaml", "jsonl", "csv"])
    def test_other_encodings_are_refused_with_the_line(self, form: Format) -> None:
        ((line, said),) = wrong("task\n# größe\n".encode("latin-1"), form)
        assert (line, "UTF-8" in said) == (2, True)

    def test_too_large(self) -> None:
        assert "at most" in wrong(b" " * (MAX_BYTES + 1))[0][1]

    @pytest.mark.parametrize(
        ("name", "form"),
        [
            ("a.yaml", "yaml"),
            ("A.YML", "yaml"),
            ("a.json", "yaml"),
            ("a.jsonl", "jsonl"),
            ("x/a.csv", "csv"),
            ("-", "yaml"),
        ],
    )
    def test_formats_by_name(self, name: str, form: Format) -> None:
        assert format_of(name) == form

    def test_an_unknown_name(self) -> None:
        with pytest.raises(TaskFileError, match="Say --format, one of yaml, jsonl, csv"):
            format_of("tasks.txt")

    @pytest.mark.parametrize("form", ["yaml", "jsonl", "csv"])
    def test_ten_thousand_tasks_in_seconds(self, form: Format) -> None:
        n = 10_000
        text = {
            "yaml": "tasks:\n" + "".join(f"- task: task {i}\n  attempts: 2\n  labels: [a, b]\n" for i in range(n)),
            "jsonl": "".join(f'{{"task": "task {i}", "attempts": 2, "labels": ["a", "b"]}}\n' for i in range(n)),
            "csv": "task,attempts,labels\n" + "".join(f'task {i},2,"a,b"\n' for i in range(n)),
        }[form]
        started = time.process_time()  # other processes may want the cores, too
        specs, mistakes = read(text, form)
        assert time.process_time() - started < 10
        assert (len(specs), mistakes) == (n, [])
        assert specs[-1].number == n


def test_the_error_lists_all_in_the_order_of_lines() -> None:
    _, mistakes = read_specs(TaskFile("t", b"tasks:\n- a\n- b\n", "yaml", Path()).read(), TEMPLATE)
    error = TaskFileError("my.yaml", mistakes[::-1])
    assert str(error).splitlines() == [
        "my.yaml has 2 mistakes; nothing was started",
        "  my.yaml:2: a task must be a mapping of keys to values, not text",
        "  my.yaml:3: a task must be a mapping of keys to values, not text",
    ]
