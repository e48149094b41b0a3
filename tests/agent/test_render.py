"""The rendered diff against git itself."""

import os
import subprocess
from itertools import pairwise
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.edits import Edit, NewLine, apply_edits, hunks_of, settle
from agent.parse import parse_patch
from agent.patch import FilePatch, Patch
from agent.place import place
from agent.render import blob_id, patch_text, render_patch
from agent.validate import validate
from repo_index.errors import UndecodableError
from repo_index.text import TextFile

F = PurePosixPath("f")


def git(root: Path, *args: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["git", *args], cwd=root, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "-q")
    git(root, "config", "core.autocrlf", "false")
    return root


def test_blob_id_is_gits(repository: Path) -> None:
    for data in (b"", b"a\r\n\xff"):
        assert git(repository, "hash-object", "--stdin", stdin=data).decode().strip() == blob_id(data)


def test_header_lines(repository: Path) -> None:
    texts = {PurePosixPath("a b"): TextFile.from_text("1\n"), PurePosixPath("gone"): TextFile.from_text("1\n")}
    patch = parse_patch(
        "diff --git a/a b b/ü\nold mode 100644\nnew mode 100755\nrename from a b\nrename to ü\n"
        "--- a/a b\t\n+++ b/ü\n@@ -1 +1 @@\n-1\n+2\n"
        "--- a/gone\n+++ /dev/null\n"
        "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+1\n"
    )
    one, two = blob_id(b"1\n")[:12], blob_id(b"2\n")[:12]
    assert validate(place(patch, texts)).render().decode() == (
        'diff --git a/a b "b/\\303\\274"\nold mode 100644\nnew mode 100755\nrename from a b\n'
        f'rename to "\\303\\274"\nindex {one}..{two}\n--- a/a b\t\n+++ "b/\\303\\274"\n@@ -1,1 +1,1 @@\n-1\n+2\n'
        f"diff --git a/gone b/gone\ndeleted file mode 100644\nindex {one}..000000000000\n"
        "--- a/gone\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-1\n"
        f"diff --git a/new b/new\nnew file mode 100644\nindex 000000000000..{one}\n"
        "--- /dev/null\n+++ b/new\n@@ -0,0 +1,1 @@\n+1\n"
    )


def test_modes_reach_the_disk(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "run").write_text("x\n")
    diff = "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n"
    diff += "diff --git a/new b/new\nnew file mode 100755\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\n"
    git(
        tmp_path,
        "apply",
        stdin=validate(place(parse_patch(diff), {PurePosixPath("run"): TextFile.from_text("x\n")})).render(),
    )
    assert all(os.access(tmp_path / name, os.X_OK) for name in ("run", "new"))


CONTENT = st.lists(st.sampled_from(["a", "b", "", "é", "a\rb", "-- x", "++ y", "\x0c"]), max_size=8)


@st.composite
def changes(draw: st.DrawFn) -> tuple[TextFile, tuple[Edit, ...]]:
    encoding, bom = draw(
        st.sampled_from([("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("latin-1", b""), ("utf-16-be", b"\xfe\xff")])
    )
    lines = draw(CONTENT)
    text = "".join(line + draw(st.sampled_from(["\n", "\r\n"])) for line in lines) + draw(st.sampled_from(["", "z"]))
    old = TextFile.from_text(text, encoding=encoding, bom=bom)
    edits: list[Edit] = []
    at = 0
    while at <= len(old.lines) and draw(st.booleans()):
        lo = draw(st.integers(at, len(old.lines)))
        hi = draw(st.integers(lo, len(old.lines)))
        new = tuple(NewLine(line, draw(st.sampled_from(["\n", "\r\n"]))) for line in draw(CONTENT))
        edits.append(Edit(lo, hi, new))
        at = hi
    return old, settle(edits, old)


@settings(max_examples=60)
@given(change=changes())
def test_git_apply_makes_the_same_bytes(change: tuple[TextFile, tuple[Edit, ...]], repository: Path) -> None:
    old, edits = change
    new = apply_edits(edits, old)
    patch = Patch((FilePatch(F, F, hunks_of(edits, old)),))
    if not edits:
        return
    (repository / F).write_bytes(old.encode())
    git(repository, "apply", "--whitespace=nowarn", stdin=render_patch(patch, {F: old}, {F: new}))
    assert (repository / F).read_bytes() == new.encode()
    assert parse_patch(patch_text(patch)) == patch


@given(change=changes())
def test_settled_edits_are_stable(change: tuple[TextFile, tuple[Edit, ...]]) -> None:
    old, edits = change
    assert settle(edits, old) == edits
    try:
        TextFile.decode(old.encode())
    except UndecodableError:
        return
    assert all(before.hi < after.lo for before, after in pairwise(edits))
