from pathlib import Path

import pytest

from agent.errors import AgentError, BrokenSyntaxError, PlacementError, ReviewError, UntrustedError
from agent.patch import FilePatch, Patch
from agent.proposal import Checker
from repo_index.errors import StaleSnapshotError
from repo_index.git import Git
from repo_index.intake import take_snapshot
from tests.agent.cli.diffs import BROKEN, FILES, FIX, NEW_FILE, NOWHERE, WORKFLOW
from tests.fakes.git_repo import Repo

RENAMED = """\
diff --git a/docs/use.md b/.github/workflows/use.md
rename from docs/use.md
rename to .github/workflows/use.md
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", dict(FILES) | {"bin": (b"\x00", 0o644)})


class Asked(list[str]):
    """A consent that says yes and keeps what it was asked."""

    def __call__(self, file: FilePatch, why: str) -> bool:
        self.append(f"{file.path}: {why}")
        return True


def checker(repo: Repo, consent: Asked | None = None) -> Checker:
    return Checker(take_snapshot(Git(repo.root), len), (lambda _file, _why: False) if consent is None else consent)


def test_files_are_read_when_they_are_needed_and_must_be_as_they_were(repo: Repo) -> None:
    check = checker(repo)
    repo.write({"docs/use.md": (b"changed\n", 0o644)})
    assert check.check_text(FIX).render().startswith(b"diff --git a/calc.py")
    with pytest.raises(StaleSnapshotError, match=r"docs/use\.md changed"):
        check.texts[next(path for path in check.texts if path.name == "use.md")]
    assert len(check.texts) == 2


@pytest.mark.parametrize(
    ("diff", "kind"),
    [(NOWHERE, PlacementError), (BROKEN, BrokenSyntaxError), (WORKFLOW, UntrustedError), (RENAMED, UntrustedError)],
)
def test_refusals(repo: Repo, diff: str, kind: type[AgentError]) -> None:
    with pytest.raises(kind):
        checker(repo).check_text(diff)


def test_a_new_file_collides_with_one_that_was_left_out(repo: Repo) -> None:
    with pytest.raises(PlacementError, match="bin exists already"):
        checker(repo).check_text(NEW_FILE.replace("docs/new/notes.md", "bin"))


def test_a_yes_is_asked_for_once_a_file(repo: Repo) -> None:
    asked = Asked()
    check = checker(repo, asked)
    patch = check.check_text(WORKFLOW + RENAMED)
    why = "it runs in continuous integration"
    assert asked == [f".github/workflows/x.yml: {why}", f".github/workflows/use.md: {why}"]
    part = check.reviewed(patch, lambda patch: Patch(patch.patch.files[1:]))
    assert part is not None
    assert [file.path.name for file in part.patch.files] == ["use.md"]
    assert len(asked) == 2


def test_what_is_left_after_review_is_checked_again(repo: Repo) -> None:
    both = FIX.replace("return a + b", "return (a +") + "@@\n def double(a):\n-    return a * 2\n+    2)\n"
    check = checker(repo)
    patch = check.check_text(FIX)
    assert check.reviewed(patch, lambda patch: patch.patch) is patch
    assert check.reviewed(patch, lambda _: Patch(())) is None
    broken = Checker(check.snapshot, check.consent, allow_syntax_errors=True).check_text(both)
    with pytest.raises(ReviewError, match="what you took cannot stand without the rest"):
        check.reviewed(patch, lambda _: broken.patch)
