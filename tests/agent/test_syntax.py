"""New syntax errors are found; old ones are left to their owner."""

import sys
from pathlib import PurePosixPath

import pytest

from agent.macros import open_brackets
from agent.syntax import Finding, check_syntax, language_of

RIGHT = {
    "bash": 'f() {\n  echo "$1"\n}\n',
    "cpp": "namespace n {\ntemplate <typename T>\nT f(T a) { return a; }\n}\n",
    "csharp": "namespace N;\nclass A { int F() => 1; }\n",
    "php": "<p>text</p>\n<?php\nfunction f(): int { return 1; }\n",
    "ruby": "def f\n  1\nend\n",
    "toml": "[a]\nb = [1, 2]\n",
    "yaml": "a:\n  - b: ${{ c }}\n",
    "c": "int main(void) { return 0; }\n",
    "css": "a { color: red; }\n",
    "go": "package p\n\nfunc f() int { return 1 }\n",
    "html": "<p>text</p>\n",
    "java": "class A { int f() { return 1; } }\n",
    "javascript": "function f() { return 1; }\n",
    "json": '{"a": [1]}\n',
    "python": "def f():\n    return 1\n",
    "rust": "fn f() -> i32 { 1 }\n",
    "tsx": "const a = <p>{x as string}</p>;\n",
    "typescript": "const a: number = <number>b;\n",
}
WRONG = {
    "ruby": "def f\n  1\n",
    "toml": "[a\nb = [1, 2]\n",
    "yaml": "a:\n  - b: [1\nc: d\n",
    "css": "a { color: red; }\nb { : }\n",
    "html": "<p>text</p>\n<p <\n",
    "json": '{"a": [1]\n',
    "python": "def f():\nreturn 1\n",
}


def check(language: str | None, old: str | None, new: str) -> list[Finding]:
    return list(check_syntax(language, old, new, path=PurePosixPath("f")))


@pytest.mark.parametrize("language", sorted(RIGHT))
def test_each_grammar_tells_right_from_wrong(language: str) -> None:
    right = RIGHT[language]
    assert check(language, None, right) == []
    wrong = WRONG.get(language, right + "} ) (((\n")
    assert check(language, right, wrong)
    assert check(language, wrong, wrong) == []


def test_place_is_named_in_characters() -> None:
    (finding,) = check("javascript", None, "let a = 1;\nlet ä = 'ö'; let = = 2;\n")[:1]
    assert (finding.line, finding.source_line) == (2, "let ä = 'ö'; let = = 2;")
    assert finding.source_line[finding.column - 1 :].startswith("= 2;")
    assert str(finding).startswith("f:2:")


def test_a_broken_line_may_move_but_a_second_one_is_new() -> None:
    broken = "function broken( { return }}\n"
    assert check("javascript", broken, "let a = 1;\n" + broken) == []
    assert check("javascript", "let a = 1;\n" + broken, broken) == []
    (finding,) = check("javascript", "let a = 1;\n" + broken, "let a = = 1;\n" + broken)
    assert finding.line == 1


def test_c_that_needs_its_preprocessor_is_judged_by_its_brackets_alone() -> None:
    old = "void f(void)\n{\n\tfor_each(a, b) {\n\t\tg();\n\t}\n}\n"
    assert check("c", old, old + old.replace("for_each", "for_all")) == []
    assert check("c", old, old.replace("g();\n\t}", "g();\n\t"))
    assert check("c", RIGHT["c"], RIGHT["c"] + "void f(void) {\n")


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_a_macro_explains_what_it_stands_beside_and_no_open_bracket(language: str) -> None:
    macros = 'struct Lock {\n  int count_ GUARDED_BY(mutex_);\n};\nTEST_CASE("lock")\n{\n  int a = 1;\n}\n'
    assert check(language, None, macros) == []
    assert check(language, None, macros + "int b = = 1;\n")
    assert check(language, None, macros.replace("int a = 1;\n}", "int a = 1;\n"))
    assert check(language, None, macros.replace("mutex_);", "mutex_;"))


def test_brackets_that_do_not_count() -> None:
    text = '#define BEGIN(a) { \\\n  (\n// }\n/* ( */ char *s = "[\\"{"; char c = \'(\'; auto r = R"x({(")x";\n'
    assert open_brackets(text) == (0, 0, 0)
    assert open_brackets("f(a[1], {") == (1, 0, 1)
    assert open_brackets("))]") == (-2, -1, 0)


@pytest.mark.parametrize("text", ["{{- if .Values.a }}\na: 1\n{{- end }}\n", "{% if a %}\na: {{ b }\n{% endif %}\n"])
def test_data_with_gaps_for_a_template_engine_is_not_judged(text: str) -> None:
    assert check("yaml", None, text) == []
    assert check("yaml", None, "a: ${{ b }}\nc: [1\nd: 2\n")
    assert check("json", None, '{{"a": 1}\n')


def test_no_markdown_is_wrong() -> None:
    assert language_of(PurePosixPath("README.md")) == "markdown"
    assert check("markdown", None, "  &\n\n# \n```\n[(") == []


def test_python_is_read_by_cpython_too() -> None:
    (finding,) = check("python", "if a:\n    b\n", "if a:\nb\n")
    assert finding.line == 2
    assert "indent" in finding.message
    assert check("python", None, "x = '\\d'\n") == []  # a warning is no error


def test_python_of_another_version_is_left_to_tree_sitter() -> None:
    old = "print 'a'\n"
    assert check("python", old, old + "print 'b'\n") == []
    assert check("python", old, old + "x = (\n")


@pytest.mark.parametrize("text", ["x = " + "(" * 5000 + ")" * 5000, "x = " + "-" * 100_000 + "1", "a\0b"])
def test_python_that_its_parser_cannot_hold_is_a_finding(text: str) -> None:
    limit = sys.getrecursionlimit()
    assert check("python", "a\n", text)
    assert sys.getrecursionlimit() == limit


def test_deep_trees_are_walked_without_recursion() -> None:
    assert check("json", "[]", "[" * 20_000)


def test_what_has_no_grammar_is_not_checked() -> None:
    assert language_of(PurePosixPath("a/B.TSX")) == "tsx"
    for name in ("include/a.h", ".config/a.zsh", "a.f90", "a.vue", "Makefile"):
        assert language_of(PurePosixPath(name)) is None
    assert check(None, None, "((((") == []
    assert check("cobol", None, "((((") == []


def test_lone_surrogates_do_not_stop_the_check() -> None:
    assert check("json", "[]", '["\ud800"') != []
