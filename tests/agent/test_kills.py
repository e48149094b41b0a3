"""A process is killed at each of its steps; the next one must find or make a whole tree."""

import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.agent.test_workspace import AFTER, BEFORE, apply_change
from tests.fakes.git_repo import Repo

_KILLED = 77


def _in_child(work: Callable[[Callable[[str], None]], object], stop: int) -> bool:
    """Run work in a process that dies, without any clean-up, at step `stop`; say whether it died."""
    child = os.fork()
    if child == 0:
        seen = count()
        try:
            work(lambda _: os._exit(_KILLED) if next(seen) == stop else None)
        except BaseException:  # noqa: BLE001 nothing may escape into the parent's test run
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, _KILLED}
    return code == _KILLED


def _leftovers(repo: Repo) -> list[Path]:
    state = repo.root / ".git/magicode"
    places = [state / place for place in ("journal", "rollback", "kept")]
    return [
        *repo.root.rglob(".magicode-*"),
        *(path for place in places if place.exists() for path in place.iterdir()),
        *state.glob("staging"),
    ]


def _copy(template: Repo, root: Path) -> Repo:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(template.root, root, symlinks=True)
    return Repo(root)


@pytest.fixture
def template(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "template", BEFORE)


def test_apply_killed_anywhere_is_all_or_nothing(template: Repo, tmp_path: Path) -> None:
    change = template.change(BEFORE, AFTER)
    index = (template.root / ".git/index").read_bytes()
    ends = set()
    for stop in count():
        repo = _copy(template, tmp_path / "repo")
        died = _in_child(lambda steps, repo=repo: apply_change(repo.workspace(steps), change), stop)
        repo.workspace().recover()

        applied = repo.files() == AFTER
        assert applied or repo.files() == BEFORE
        assert _leftovers(repo) == []
        assert repo.workspace().recover() is None
        assert (repo.root / ".git/index").read_bytes() == index
        assert len(repo.workspace().history()) == applied
        status = repo.run("status", "--porcelain", "--untracked-files=all").decode()
        assert status == (" M a.py\n D b/c/gone.txt\n M b/run.sh\n?? new/deep/n.txt\n" if applied else "")
        if applied:
            repo.workspace().undo()
            assert repo.files() == BEFORE
        assert repo.directories() == template.directories()
        ends.add(applied)
        if not died:
            break
    assert stop > 20
    assert ends == {True, False}


def test_undo_killed_anywhere_is_all_or_nothing(template: Repo, tmp_path: Path) -> None:
    apply_change(template.workspace(), template.change(BEFORE, AFTER))
    ends = set()
    for stop in count():
        repo = _copy(template, tmp_path / "repo")
        died = _in_child(lambda steps, repo=repo: repo.workspace(steps).undo(), stop)
        repo.workspace().recover()

        undone = repo.files() == BEFORE
        assert undone or repo.files() == AFTER
        assert _leftovers(repo) == []
        assert [past.undone for past in repo.workspace().history()] == [undone]
        if not undone:
            repo.workspace().undo()
            assert repo.files() == BEFORE
        ends.add(undone)
        if not died:
            break
    assert stop > 15
    assert ends == {True, False}


@pytest.mark.parametrize("mine", [None, "a.py", "new/deep/n.txt"])
def test_recovery_killed_again_and_again_still_ends(template: Repo, tmp_path: Path, mine: str | None) -> None:
    change = template.change(BEFORE, AFTER)
    for stop in range(4, 100, 5):
        repo = _copy(template, tmp_path / "repo")
        if not _in_child(lambda steps, repo=repo: apply_change(repo.workspace(steps), change), stop):
            break
        if mine is not None:
            repo.write({mine: (b"mine", 0o644)})
        for later in count():
            if not _in_child(lambda steps, repo=repo: repo.workspace(steps).recover(), later):
                break
        files = dict(repo.files())
        assert not list(repo.root.rglob(".magicode-*"))
        if mine is None:
            assert files in (BEFORE, AFTER)
        else:
            edited = (b"mine", 0o644)
            assert files in (dict(BEFORE) | {mine: edited}, dict(AFTER) | {mine: edited})
            if files == dict(AFTER) | {mine: edited}:  # only a finished application stays beside an edit
                assert len(repo.workspace().history()) == 1
    assert stop > 20


def test_recovery_around_an_edit_keeps_all_bytes_and_says_where(template: Repo) -> None:
    change = template.change(BEFORE, AFTER)

    def stop_at(step: str) -> None:
        if step == "rename b/run.sh":
            os._exit(_KILLED)

    child = os.fork()
    if child == 0:
        apply_change(template.workspace(stop_at), change)
        os._exit(1)
    os.waitpid(child, 0)
    assert template.files()["a.py"] == AFTER["a.py"]
    template.write({"a.py": (b"mine\n", 0o644)})

    recovery = template.workspace().recover()

    assert recovery is not None
    (note,) = recovery.notes
    (kept,) = (template.root / ".git/magicode/kept").iterdir()
    assert "called off" in note
    assert "but for a.py" in note
    assert str(kept) in note
    assert {path.read_bytes() for path in kept.iterdir()} >= {BEFORE["a.py"][0], AFTER["a.py"][0]}
    assert template.files() == dict(BEFORE) | {"a.py": (b"mine\n", 0o644)}


def test_rolling_back_killed_anywhere_ends_before(template: Repo, tmp_path: Path) -> None:
    change = template.change(BEFORE, AFTER)

    def refused_then_killed(repo: Repo) -> Callable[[Callable[[str], None]], object]:
        def work(steps: Callable[[str], None]) -> None:
            refused = False

            def step(name: str) -> None:
                nonlocal refused
                if refused:
                    steps(name)
                elif name == "rename new/deep/n.txt":
                    refused = True
                    raise PermissionError(13, "refused")

            with pytest.raises(Exception, match="refused"):
                apply_change(repo.workspace(step), change)

        return work

    for stop in count():
        repo = _copy(template, tmp_path / "repo")
        died = _in_child(refused_then_killed(repo), stop)
        repo.workspace().recover()
        assert repo.files() == (AFTER if stop == 0 else BEFORE)  # 0: nothing says yet that it was given up
        assert _leftovers(repo) == []
        if not died:
            break
    assert stop > 8
