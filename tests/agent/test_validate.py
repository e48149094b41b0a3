"""The gate: what it refuses, what it lets through on a word, and that nothing goes around it."""

import dataclasses
from pathlib import PurePosixPath

import pytest

from agent.errors import BrokenSyntaxError, PatchError, PolicyError, UntrustedError
from agent.parse import parse_patch
from agent.patch import FilePatch, Patch
from agent.place import PlacedPatch, place
from agent.render import blob_id
from agent.validate import ValidatedPatch, validate
from repo_index.text import TextFile

PY, TXT, CI = PurePosixPath("a.py"), PurePosixPath("a.txt"), PurePosixPath(".github/workflows/ci.yml")
TEXTS = {path: TextFile.from_text("x = 1\n") for path in (PY, TXT, CI)}


def placed(path: PurePosixPath, new: str) -> PlacedPatch:
    return place(parse_patch(f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-x = 1\n+{new}\n"), TEXTS)


def test_only_validate_makes_one() -> None:
    made = validate(placed(TXT, "y"))
    with pytest.raises(TypeError, match="validate"):
        dataclasses.replace(made, findings=())
    with pytest.raises(TypeError, match="validate"):
        ValidatedPatch(made.patch, made.base, made.old_texts, made.new_texts, (), (), ())


def test_base_is_given_or_computed() -> None:
    assert validate(placed(TXT, "y")).base == {TXT: blob_id(b"x = 1\n")}
    assert validate(placed(TXT, "y"), {TXT: "abc", PY: "other"}).base == {TXT: "abc"}
    new = place(parse_patch("--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n"), TEXTS)
    assert validate(new).base == {PurePosixPath("n"): None}


def test_broken_syntax_is_refused_or_kept_as_findings() -> None:
    with pytest.raises(BrokenSyntaxError, match=r"a\.py:1:\d+: .*: x = \("):
        validate(placed(PY, "x = ("))
    allowed = validate(placed(PY, "x = ("), allow_syntax_errors=True)
    assert [finding.path for finding in allowed.findings] == [PY]


def test_unchecked_files_are_named() -> None:
    assert validate(placed(TXT, "y")).unchecked == (TXT,)
    assert validate(placed(PY, "y")).unchecked == ()


def test_consent_is_for_the_very_path() -> None:
    with pytest.raises(UntrustedError, match="continuous integration"):
        validate(placed(CI, "y"), consent={PurePosixPath("other")})
    assert validate(placed(CI, "y"), consent={CI}).patch.files


def test_deleting_and_renaming_away_need_consent_too() -> None:
    for diff in (
        f"--- a/{CI}\n+++ /dev/null\n",
        f"diff --git a/{CI} b/x\nrename from {CI}\nrename to x\n",
        f"diff --git a/a.txt b/{CI}2\nrename from a.txt\nrename to {CI}2\n",
    ):
        with pytest.raises(UntrustedError):
            validate(place(parse_patch(diff), TEXTS))


def test_paths_are_checked_whoever_made_the_patch() -> None:
    path = PurePosixPath("../x")
    file = FilePatch(None, path, (), "100644")
    with pytest.raises(PolicyError):
        validate(PlacedPatch(Patch((file,)), {path: None}, {path: TextFile((), ())}, ()))


@pytest.mark.parametrize(("encoding", "new"), [("latin-1", "5 €"), ("utf-8", "\ud800")])
def test_a_character_that_the_encoding_lacks_is_named_with_its_line(encoding: str, new: str) -> None:
    texts = {TXT: TextFile.from_text("é\nx\n", encoding=encoding)}
    patch = parse_patch(f"--- a/a.txt\n+++ b/a.txt\n@@\n-x\n+{new}\n")
    with pytest.raises(PatchError, match=rf"a\.txt:2: {encoding}.*U\+"):
        validate(place(patch, texts))
