"""What a source file defines and which names it refers to, by the tag queries that grammars bring along."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import PurePosixPath

from tree_sitter import Language, Parser, Query, QueryCursor

from agent.syntax import language_of

# language → (package, function, packages whose tag queries apply: TypeScript's only add to JavaScript's)
_GRAMMARS = {
    "c": ("tree_sitter_c", "language", ("tree_sitter_c",)),
    "go": ("tree_sitter_go", "language", ("tree_sitter_go",)),
    "java": ("tree_sitter_java", "language", ("tree_sitter_java",)),
    "javascript": ("tree_sitter_javascript", "language", ("tree_sitter_javascript",)),
    "python": ("tree_sitter_python", "language", ("tree_sitter_python",)),
    "rust": ("tree_sitter_rust", "language", ("tree_sitter_rust",)),
    "tsx": ("tree_sitter_typescript", "language_tsx", ("tree_sitter_javascript", "tree_sitter_typescript")),
    "typescript": (
        "tree_sitter_typescript",
        "language_typescript",
        ("tree_sitter_javascript", "tree_sitter_typescript"),
    ),
}


@dataclass(frozen=True, slots=True)
class Tags:
    """Names with the lines, from 0, that define them, and names with how often they are referred to."""

    definitions: tuple[tuple[str, int], ...]
    references: dict[str, int]


_NONE = Tags((), {})


def tags_of(path: str, text: str) -> Tags:
    """Return the tags of a file; there are none in a language without a grammar here."""
    language = language_of(PurePosixPath(path))
    if language not in _GRAMMARS:
        return _NONE
    parser, query = _tools(language)
    definitions: list[tuple[str, int]] = []
    references: Counter[str] = Counter()
    tree = parser.parse(text.encode("utf-8", "replace"))
    for _, captures in QueryCursor(query).matches(tree.root_node):
        kinds = {name.partition(".")[0] for name in captures}
        for node in captures.get("name", ()):
            name = (node.text or b"").decode("utf-8", "replace")
            if "definition" in kinds:
                definitions.append((name, node.start_point[0]))
            elif "reference" in kinds:
                references[name] += 1
    return Tags(tuple(dict.fromkeys(definitions)), dict(references))


@cache
def _tools(name: str) -> tuple[Parser, Query]:
    package, function, queries = _GRAMMARS[name]
    language = Language(getattr(import_module(package), function)())
    text = "\n".join((files(package) / "queries" / "tags.scm").read_text(encoding="utf-8") for package in queries)
    return Parser(language), Query(language, text)
