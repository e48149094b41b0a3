"""What models and people write as a diff, and what must not be lost of it."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import AgentError, PatchError, PolicyError
from agent.parse import parse_patch
from agent.patch import FilePatch, Hunk, Line, Patch
from agent.render import patch_text

F = PurePosixPath("f")
HEAD = "--- a/f\n+++ b/f\n"


def hunks(body: str) -> tuple[Hunk, ...]:
    (file,) = parse_patch(HEAD + body).files
    return file.hunks


def marked(hunk: Hunk) -> str:
    return "|".join(line.marker + line.text for line in hunk.lines)


def paths(text: str) -> list[tuple[str, str]]:
    return [(str(file.old_path), str(file.new_path)) for file in parse_patch(text).files]


def test_right_counts_are_trusted_and_wrong_ones_are_not() -> None:
    right, wrong = hunks("@@ -7 +7 @@ def f():\n-a\n+b\n@@ -9,5 +9,7 @@\n-c\n+d\n")
    assert (right.old_start, right.trusted, right.section) == (7, True, "def f():")
    assert (wrong.old_start, wrong.trusted) == (0, False)
    assert marked(wrong) == "-c|+d"


@pytest.mark.parametrize(
    ("header", "section"),
    [
        ("@@", ""),
        ("@@ @@", ""),
        ("@@ ... @@", ""),
        ("@@ ... @@ class K:", "class K:"),
        ("@@ def f(): @@", ""),
        ("@@ def f():", "def f():"),
        ("@@ -1,2 +1,2", ""),
        ("@@ -x,y +x,y @@", ""),
        (f"@@ -{'9' * 5000},1 +1,1 @@", ""),
    ],
)
def test_headers_without_numbers(header: str, section: str) -> None:
    (hunk,) = hunks(header + "\n-a\n+b\n")
    assert (hunk.section, hunk.trusted, marked(hunk)) == (section, False, "-a|+b")


def test_body_lines_that_look_like_headers_are_body_where_counts_are_right() -> None:
    (hunk,) = hunks("@@ -1,2 +1,2 @@\n--- a/x\n+++ b/x\n @@ -1 +1 @@\n")
    assert marked(hunk) == "--- a/x|+++ b/x| @@ -1 +1 @@"


def test_body_lines_that_look_like_headers_are_body_where_no_hunk_follows() -> None:
    (hunk,) = hunks("@@ ... @@\n--- x\n+++ y\n z\n")
    assert marked(hunk) == "--- x|+++ y| z"


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_blank_context_whose_space_was_stripped(blank: str) -> None:
    counted = 3 + blank.count("\n")
    (hunk,) = hunks(f"@@ -1,{counted} +1,{counted} @@\n a\n{blank}\n-b\n+c\n")
    assert hunk.trusted
    assert hunk.old_lines[0] == "a"
    assert set(hunk.old_lines[1:-1]) == {""}


def test_blank_lines_after_wrong_counts_separate() -> None:
    first, second = hunks("@@ -1,9 +1,9 @@\n a\n\n-b\n+c\n\n\n@@ -20,9 +20,9 @@\n-d\n+e\n\n")
    assert marked(first) == " a| |-b|+c"
    assert marked(second) == "-d|+e"


def test_a_line_of_equals_signs_that_lost_its_blank_ends_no_hunk() -> None:
    with pytest.raises(PatchError, match="begins with none of"):
        parse_patch("--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n Title\n==========\n-old\n+new\n")


def test_a_body_longer_than_its_counts_is_taken_whole() -> None:
    (hunk,) = hunks("@@ -1,1 +1,1 @@\n-a\n+b\n\n c\n+d\n")
    assert marked(hunk) == "-a|+b| | c|+d"


def test_carriage_returns_of_the_carrier_are_not_the_files() -> None:
    carried = (HEAD + "@@ -1,2 +1,2 @@\n a\n-b\n+c\n").replace("\n", "\r\n")
    assert parse_patch(carried) == parse_patch(carried.replace("\r\n", "\n"))
    (hunk,) = hunks("@@ -1 +1 @@\n-b\r\n+c\r\n")
    assert [line.ending for line in hunk.lines] == ["\r\n", "\r\n"]


def test_no_newline_marker_belongs_to_the_line_before_it() -> None:
    (hunk,) = hunks("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ Kein Zeilenumbruch am Dateiende")
    assert hunk.lines == (Line("-", "a", newline=False), Line("+", "b", newline=False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--- x\n+++ x\n@@\n-1\n+2\n", ("x", "x")),
        ("--- ./x\n+++ ./x\n@@\n-1\n+2\n", ("x", "x")),
        ("--- a/a/x\n+++ b/a/x\n@@\n-1\n+2\n", ("a/x", "a/x")),
        ("--- i/x\n+++ w/x\n@@\n-1\n+2\n", ("x", "x")),
        ("--- a/x 2024-01-01 10:00:00\n+++ b/x 2024-01-01 10:00:01\n@@\n-1\n+2\n", ("x", "x")),
        ("diff --git x x\n--- x\n+++ x\n@@\n-1\n+2\n", ("x", "x")),
        ("diff --git a/x b/x\nindex 1..2\n\n--- a/x\n+++ b/x\n@@\n-1\n+2\n", ("x", "x")),
        ("diff --git a/x a/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n", ("a/x", "None")),
        ("diff --git a/a b/x b/a b/x\nnew mode 100755\n", ("a b/x", "a b/x")),
        ('--- "a/\\"q\\"\\t"\n+++ "b/\\"q\\"\\t"\n@@\n-1\n+2\n', None),
        ('--- "a/\\303\\244"\n+++ "b/\\303\\244"\n@@\n-1\n+2\n', ("ä", "ä")),
        ("diff --git a/x b/y\n--- a/x\n+++ b/y\n@@\n-1\n+2\n", ("x", "y")),
        ("--- /dev/null\n+++ b/x\n", ("None", "x")),
        ("diff --git a/x b/x\n@@\n-1\n+2\n", ("x", "x")),
    ],
)
def test_paths(text: str, expected: tuple[str, str] | None) -> None:
    if expected is None:
        with pytest.raises(PolicyError, match="control character"):
            parse_patch(text)
    else:
        assert paths(text) == [expected]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("diff --git a/x b/x\n--- a/y\n+++ b/y\n@@\n-1\n+2\n", "line 1: 'a/y' and 'x'"),
        ("diff --git a/x b/x\nnew file mode 100644\n--- a/x\n+++ b/x\n@@\n+2\n", "a new file's old side"),
        ("diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ b/x\n@@\n-2\n", "a deleted file's new side"),
        ("--- /dev/null\n+++ /dev/null\n@@\n+2\n", "both sides"),
        ("diff --git a/x b/x\n--- a/x\n@@\n-1\n+2\n", "'--- a/x' stands alone"),
        ("diff --git a/x b/x\nnew file mode 100600\n", "'100600' is no mode"),
        ("new file mode 100644\n", "names no file"),
        (HEAD + "@@@ -1 -1 +1 @@@\n--a\n++b\n", "combined diff"),
        (HEAD + "@@ -1 +1 @@\n\\ No newline at end of file\n-a\n", "follows no line"),
        (HEAD + "@@ -1 +1 @@\n-a\n+\n\\ No newline at end of file\n", "no line at all"),
        (HEAD + "@@ -1 +1 @@\n-a\n+b\nstray\n", "line 6: 'stray'"),
        ("```diff\n" + HEAD + "@@ -1 +1 @@\n-a\n+b\n\nstray\n```\n", "line 8: 'stray'"),
        (HEAD + "@@ -1 +1 @@\n-a\n+b\n\nNow more:\n@@ -9 +9 @@\n-c\n+d\n", "line 8: .* belongs to no file"),
        ('--- "a/\\q"\n+++ "b/\\q"\n@@\n-1\n+2\n', "no escape"),
    ],
)
def test_malformed(text: str, phrase: str) -> None:
    with pytest.raises(PatchError, match=phrase):
        parse_patch(text)


TEXT = st.text(st.sampled_from("ab -+@\\#\t\x0c\x85\u2028\réß'\"`"), max_size=6).filter(
    lambda text: not text.endswith("\r")
)
NAME = st.text(st.sampled_from("abAB .-_äé\"'"), min_size=1, max_size=8).filter(
    lambda name: name.strip(" .") != "" and not name.endswith(" ")
)
PATH = st.lists(NAME, min_size=1, max_size=3).map("/".join).map(PurePosixPath)


@st.composite
def hunk_values(draw: st.DrawFn, markers: str) -> Hunk:
    lines = [
        Line(draw(st.sampled_from(markers)), draw(TEXT), crlf=draw(st.booleans()))
        for _ in range(draw(st.integers(1, 6)))
    ]
    if lines[-1].text and draw(st.booleans()):
        lines[-1] = Line(lines[-1].marker, lines[-1].text, newline=False)
    start = draw(st.integers(1, 99)) if any(line.marker != "+" for line in lines) else draw(st.integers(0, 99))
    return Hunk(start, tuple(lines), section=draw(st.sampled_from(["", "def f():", "@@ -1 +1 @@"])))


@st.composite
def file_patches(draw: st.DrawFn, path: PurePosixPath) -> FilePatch:
    kind = draw(st.sampled_from(["modify", "create", "delete", "rename"]))
    mode = draw(st.sampled_from([None, "100644", "100755"])) if kind != "delete" else None
    markers = {"create": "+", "delete": "-"}.get(kind, " -+")
    n_most = 1 if kind in ("create", "delete") else 3
    bodies = tuple(draw(st.lists(hunk_values(markers), min_size=1, max_size=n_most)))
    renamed = path.with_name(path.name + "2")
    return FilePatch(
        None if kind == "create" else path,
        {"create": path, "modify": path, "delete": None, "rename": renamed}[kind],
        bodies,
        mode,
    )


@given(st.lists(PATH, min_size=1, max_size=3, unique=True).flatmap(lambda all_: st.tuples(*map(file_patches, all_))))
def test_parse_is_the_inverse_of_patch_text(files: tuple[FilePatch, ...]) -> None:
    patch = Patch(files)
    assert parse_patch(patch_text(patch)) == patch


@given(st.lists(hunk_values(" -+"), min_size=1, max_size=3))
def test_wrong_counts_lose_no_line(values: list[Hunk]) -> None:
    # without the lines that only right counts tell from headers
    safe = [
        Hunk(0, tuple(line for line in value.lines if not line.text.startswith(("-", "+"))), trusted=False)
        for value in values
    ]
    safe = [value for value in safe if value.lines and not all(line.marker == " " for line in value.lines)]
    if safe:
        patch = Patch((FilePatch(F, F, tuple(safe)),))
        assert parse_patch(patch_text(patch)) == patch


FRAGMENTS = st.sampled_from(
    [
        *("diff --git a/f b/f", "diff --git ", "diff --git a/x y b/x y", "--- a/f", "+++ b/f", "--- /dev/null"),
        *("+++ /dev/null", "--- ", "+++ ", "@@ -1,2 +1,2 @@", "@@ -0,0 +1 @@", "@@ -1 +0,0 @@", "@@", "@@@"),
        *("@@ ... @@", "-a", "+b", " c", "", " ", "-", "+", "\\ No newline at end of file", "\\", "```diff"),
        *("```", "~~~", "-- ", "--", "new file mode 100644", "new file mode 120000", "deleted file mode 100644"),
        *("old mode 100644", "new mode 100755", "rename from f", "rename to g", "copy from f", "index 1..2 160000"),
        *("GIT binary patch", "Binary files a/f and b/f differ", "literal 3", "prose", "- bullet", '--- "a/\\377"'),
        *('+++ "b/\\377"', '+++ "b/\\9"', "+++ b/../x", "+++ b/.git/x", "\ud800", "+++ b/\ud800", "\0", "@@ -1,"),
    ]
)


@given(st.lists(st.tuples(FRAGMENTS, st.sampled_from(["\n", "\n", "\n", "\r\n", ""])), max_size=25))
def test_any_text_is_a_patch_or_a_typed_error(pieces: list[tuple[str, str]]) -> None:
    try:
        patch = parse_patch("".join(fragment + ending for fragment, ending in pieces))
    except AgentError:
        return
    assert patch.files


@given(st.text())
def test_free_text_is_a_patch_or_a_typed_error(text: str) -> None:
    try:
        parse_patch(text)
    except AgentError:
        return
