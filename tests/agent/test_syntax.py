"""New syntax errors are found; old ones are left to their owner."""

import sys
from pathlib import PurePosixPath

import pytest

from agent.syntax import Finding, check_syntax, language_of

RIGHT = {
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


def test_c_that_needs_its_preprocessor_is_not_judged() -> None:
    old = "void f(void)\n{\n\tfor_each(a, b) {\n\t\tg();\n\t}\n}\n"
    assert check("c", old, old + old.replace("for_each", "for_all")) == []
    assert check("c", RIGHT["c"], RIGHT["c"] + "void f(void) {\n")


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
    assert language_of(PurePosixPath("include/a.h")) is None
    assert check(None, None, "((((") == []
    assert check("cobol", None, "((((") == []


def test_lone_surrogates_do_not_stop_the_check() -> None:
    assert check("json", "[]", '["\ud800"') != []
