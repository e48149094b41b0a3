r"""The shape of a diff as a grammar, for servers that mask a model's logits by one.

It says what a diff looks like and, in a small repository, which files there are. That old lines are the file's own, as
the automaton of our own decoding has it, it cannot say: a repository's lines are too many for a server's parser.

Written in what GBNF (llama.cpp) and EBNF (xgrammar, in vLLM and SGLang) have in common.
"""

from collections.abc import Iterable
from typing import Any

from model.endpoint.kinds import Kind

_MOST_PATHS = 128
_RULES = r"""root ::= "```diff\n" file+ "```"
file ::= change | create | delete | rename
change ::= same hunk+
create ::= "--- /dev/null\n+++ b/" name "\n@@" rest ("+" rest)+
delete ::= "--- a/" path "\n+++ /dev/null\n"
rename ::= "rename from " path "\nrename to " name "\n"
hunk ::= "@@" rest (" " rest)* ("-" rest | "+" rest) (" " rest | "-" rest | "+" rest)*
rest ::= [^\n]* "\n"
name ::= [^\n]+
"""
_ANY_PATH = r"""path ::= name
same ::= "--- a/" name "\n+++ b/" name "\n"
"""


def diff_grammar(paths: Iterable[str]) -> str:
    """Return the grammar of a fenced diff that changes, deletes or renames some of these files, or creates others."""
    named = sorted(set(paths))
    if not named or len(named) > _MOST_PATHS or not all(map(_is_plain, named)):
        return _RULES + _ANY_PATH
    path = " | ".join(f'"{each}"' for each in named)
    same = " | ".join(rf'"--- a/{each}\n+++ b/{each}\n"' for each in named)
    return f"{_RULES}path ::= {path}\nsame ::= {same}\n"


def with_grammar(kind: Kind, paths: Iterable[str]) -> dict[str, Any]:
    """Return what a request has besides, so that its answer is a diff; nothing where the server has no grammars."""
    if kind == "llama-server":
        return {"grammar": diff_grammar(paths)}
    if kind == "SGLang":
        return {"ebnf": diff_grammar(paths)}
    if kind == "vLLM":
        return {"structured_outputs": {"grammar": diff_grammar(paths)}}
    return {}


def _is_plain(path: str) -> bool:
    return path.isprintable() and path == path.strip() and not set(path) & set('"\\')
