"""The grammar's language, as a regular expression of the same shape reads it: it has no recursion."""

import re

import pytest

from agent.parse import parse_patch
from model.endpoint.grammar import diff_grammar, with_grammar

PATHS = ("calc.py", "docs/use me.md", "a+b(c).txt")
DIFF = """\
```diff
--- a/calc.py
+++ b/calc.py
@@ def add(a, b):
 def add(a, b):
-    return a - b
+    return a + b
```"""


def compiled(grammar: str) -> re.Pattern[str]:
    """Return what matches the sentences of a grammar that uses no recursion, in the notation of GBNF."""
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())
    token = re.compile(r'"((?:[^"\\]|\\.)*)"|(\[[^\]]*\])|(\w+)|([()|*+])|\s+')

    def expand(body: str) -> str:
        out = ""
        for match in token.finditer(body):
            literal, chars, name, sign = match.groups()
            if literal is not None:
                out += f"(?:{re.escape(literal.replace(chr(92) + 'n', chr(10)))})"
            elif name:
                out += f"(?:{expand(rules[name])})"
            else:
                out += chars or (sign or "").replace("(", "(?:")
        return out

    return re.compile(expand(rules["root"]))


@pytest.mark.parametrize("paths", [PATHS, (), [f"{i}.py" for i in range(500)] + ["calc.py"], ['qu"ote.py', "calc.py"]])
@pytest.mark.parametrize(
    "diff",
    [
        DIFF,
        DIFF.replace("```diff\n", "```diff\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x\n+\n"),
        "```diff\n--- a/calc.py\n+++ /dev/null\n```",
        "```diff\nrename from calc.py\nrename to sums.py\n```",
    ],
)
def test_diffs_are_sentences_that_the_parser_reads(paths: list[str], diff: str) -> None:
    assert compiled(diff_grammar(paths)).fullmatch(diff)
    assert parse_patch(diff).files


@pytest.mark.parametrize(
    "text",
    [
        "Sure! Here is the diff.",
        DIFF + "\nThis fixes it.",
        DIFF.replace("calc.py", "other.py"),
        DIFF.replace("-    return a - b\n+    return a + b\n", ""),
        DIFF.replace("@@ def add(a, b):\n", ""),
        DIFF.replace("+    return", "return"),
    ],
)
def test_what_is_no_diff_is_none(text: str) -> None:
    assert not compiled(diff_grammar(PATHS)).fullmatch(text)


def test_each_server_takes_it_in_a_field_of_its_own() -> None:
    grammar = diff_grammar(PATHS)
    assert with_grammar("llama-server", PATHS) == {"grammar": grammar}
    assert with_grammar("SGLang", PATHS) == {"ebnf": grammar}
    assert with_grammar("vLLM", PATHS) == {"structured_outputs": {"grammar": grammar}}
    assert with_grammar("Ollama", PATHS) == with_grammar("other", PATHS) == {}
