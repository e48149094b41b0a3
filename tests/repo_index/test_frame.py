import json
import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repo_index.frame import frame_file, quote_path
from repo_index.languages import language_of

_LINES = st.lists(st.sampled_from(["```", "````", "x", "### a.py", "", "```python", "<|im_end|>", "`" * 9, "\r"]))
_NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


def _unframe(framed: str) -> tuple[str, str]:
    """Read a frame as its rule says: the body ends at the first line that is the fence and nothing else."""
    heading, opening, rest = framed.split("\n", 2)
    match = re.match("`+", opening)
    assert match is not None
    body, end = ("\n" + rest).split(f"\n{match[0]}\n", 1)
    assert end == "\n"
    return heading.removeprefix("### "), (body + "\n").removeprefix("\n")


def test_a_file_looks_like_this() -> None:
    assert frame_file(PurePosixPath("src/app.py"), "x = 1\n") == "### src/app.py\n```python\nx = 1\n```\n\n"
    assert frame_file(PurePosixPath("NOTES"), "") == "### NOTES\n```\n```\n\n"


@given(_LINES.map("\n".join) | st.text(), _NAMES)
def test_whatever_a_file_holds_stays_in_its_frame(text: str, name: str) -> None:
    heading, body = _unframe(frame_file(PurePosixPath(name), text))
    assert heading == quote_path(PurePosixPath(name))
    assert body == (text if text.endswith("\n") or not text else text + "\n")


@given(_NAMES, _NAMES)
def test_a_path_is_one_printable_line_of_its_own(left: str, right: str) -> None:
    quoted = quote_path(PurePosixPath(left))
    assert quoted.isprintable()
    assert (quoted == quote_path(PurePosixPath(right))) == (left == right)


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("a b.py", "a b.py"),
        ("größe.py", "größe.py"),
        ("a\n```\n### b", '"a\\n```\\n### b"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("back\\slash", '"back\\\\slash"'),
        (" edge", '" edge"'),
        ("right\u202eleft", '"right\\342\\200\\256left"'),
        ("latin\udce9", '"latin\\351"'),
    ],
)
def test_an_odd_path_is_quoted_as_git_quotes(name: str, quoted: str) -> None:
    assert quote_path(PurePosixPath(name)) == quoted


@pytest.mark.parametrize("name", ["a\nb", 'q"', "b\\s", "tab\t", "right\u202eleft", " edge ", "é"])
def test_git_reads_a_quoted_path_back(repo: Any, name: str) -> None:
    quoted = quote_path(PurePosixPath(f"b/{name}"))
    patch = f"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ {quoted}\n@@ -0,0 +1 @@\n+x\n"
    patch = patch.replace("a/x b/x", f"{quote_path(PurePosixPath(f'a/{name}'))} {quoted}")
    subprocess.run(["git", "apply"], cwd=repo.root, input=patch.encode(), check=True)
    assert [path.name for path in Path(repo.root).iterdir() if path.name != ".git"] == [name]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.py", "python"),
        ("a/B.PY", "python"),
        ("a.d.ts", "typescript"),
        ("a.tsx", "tsx"),
        ("a.jsx", "javascript"),
        ("a.h", "c"),
        ("a.hpp", "cpp"),
        ("Makefile", "make"),
        ("Dockerfile", "dockerfile"),
        ("run.sh", "bash"),
        ("LICENSE", None),
        (".py", None),
        ("py", None),
    ],
)
def test_the_name_says_the_language(path: str, language: str | None) -> None:
    assert language_of(PurePosixPath(path)) == language


def test_a_quoted_path_can_be_printed_and_serialised() -> None:
    assert json.loads(json.dumps(quote_path(PurePosixPath("\udcff")))).encode() == b'"\\377"'
