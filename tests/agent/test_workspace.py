import errno
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.change import Change, FileChange
from agent.errors import ConflictError, NoChangeError, NothingToUndoError, PatchError, PolicyError, WriteError
from agent.treeio import FileState
from agent.workspace import AppliedChange, Workspace
from tests.fakes.git_repo import Files, Repo, file_state

BEFORE: Files = {
    "a.py": (b"1\n2\n3\n", 0o644),
    "b/run.sh": (b"#!/bin/sh\n", 0o755),
    "b/c/gone.txt": (b"old\r\nlines", 0o640),
    "stays": (b"\x00\xff", 0o600),
}
AFTER: Files = {
    "a.py": (b"1\nzwei\n3\n", 0o644),
    "b/run.sh": (b"#!/bin/sh\necho\n", 0o755),
    "new/deep/n.txt": (b"n", 0o644),
    "stays": (b"\x00\xff", 0o600),
}


def apply_change(workspace: Workspace, change: Change, *, allow_dirty: bool = False, task: str = "") -> AppliedChange:
    """`Workspace.apply` behind the gate: these tests hand in bytes that no validated patch could hold."""
    with workspace._working() as (writer, _):
        return workspace._put_in_place(writer, change, allow_dirty=allow_dirty, task=task)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", BEFORE)


def test_applies_and_undoes_every_byte_and_permission(repo: Repo) -> None:
    directories = repo.directories()
    done = apply_change(repo.workspace(), repo.change(BEFORE, AFTER), task="do it")

    assert repo.files() == AFTER
    assert "b/c" not in repo.directories()
    assert done.base == repo.run("rev-parse", "HEAD").decode().strip()
    assert {str(path) for path in done.paths} == {"a.py", "b/run.sh", "b/c/gone.txt", "new/deep/n.txt"}
    (past,) = repo.workspace().history()
    assert (past.undo_id, past.task, past.undone) == (done.undo_id, "do it", False)

    assert repo.workspace().undo().undo_id == done.undo_id
    assert repo.files() == BEFORE
    assert repo.directories() == directories
    assert [past.undone for past in repo.workspace().history()] == [True]
    assert repo.run("status", "--porcelain") == b""


def test_leaves_index_and_object_store_alone(repo: Repo) -> None:
    index, objects = (repo.root / ".git/index").read_bytes(), repo.run("count-objects", "-v")

    apply_change(repo.workspace(), repo.change(BEFORE, AFTER))

    assert (repo.root / ".git/index").read_bytes() == index
    assert repo.run("count-objects", "-v") == objects
    assert not (repo.root / ".git/magicode/staging").exists()


def test_undo_goes_back_one_application_at_a_time(repo: Repo) -> None:
    middle = dict(AFTER) | {"a.py": (b"second\n", 0o644)}
    first = apply_change(repo.workspace(), repo.change(BEFORE, AFTER)).undo_id
    apply_change(repo.workspace(), repo.change(AFTER, middle), allow_dirty=True)

    with pytest.raises(ConflictError, match=r"a\.py.*nothing was undone"):
        repo.workspace().undo(first)
    repo.workspace().undo()
    assert repo.files() == AFTER
    repo.workspace().undo()
    assert repo.files() == BEFORE
    with pytest.raises(NothingToUndoError, match="no applied change"):
        repo.workspace().undo()
    with pytest.raises(NothingToUndoError, match="undone already"):
        repo.workspace().undo(first)
    with pytest.raises(NothingToUndoError, match="on record: none"):
        repo.workspace().undo("000009-abcdef")


def test_undo_refuses_to_overwrite_later_work(repo: Repo) -> None:
    apply_change(repo.workspace(), repo.change(BEFORE, AFTER))
    (repo.root / "a.py").write_bytes(b"mine\n")
    with pytest.raises(ConflictError, match=r"a\.py"):
        repo.workspace().undo()
    assert repo.files() == dict(AFTER) | {"a.py": (b"mine\n", 0o644)}


@pytest.mark.parametrize("staged", [False, True])
def test_refuses_uncommitted_work_unless_allowed_and_gives_it_back(repo: Repo, *, staged: bool) -> None:
    mine = dict(BEFORE) | {"a.py": (b"mine\n", 0o644), "untracked": (b"u\n", 0o644)}
    wanted = dict(mine) | {"a.py": (b"mine\nmore\n", 0o644), "untracked": (b"U\n", 0o644)}
    repo.write(mine)
    if staged:
        repo.run("add", "a.py")
    with pytest.raises(
        ConflictError, match=r"uncommitted changes in a\.py, untracked; nothing was changed.*allow-dirty"
    ):
        apply_change(repo.workspace(), repo.change(mine, wanted))
    assert repo.files() == mine

    status = repo.run("status", "--porcelain")
    apply_change(repo.workspace(), repo.change(mine, wanted), allow_dirty=True)
    assert repo.files() == wanted
    repo.workspace().undo()
    assert repo.files() == mine
    assert repo.run("status", "--porcelain") == status


def test_uncommitted_work_elsewhere_is_no_hindrance(repo: Repo) -> None:
    repo.write({"stays": (b"mine", 0o600)})
    apply_change(repo.workspace(), repo.change(BEFORE, AFTER))
    assert repo.files() == dict(AFTER) | {"stays": (b"mine", 0o600)}


def test_an_uncommitted_deletion_is_uncommitted_work(repo: Repo) -> None:
    (repo.root / "a.py").unlink()
    without = {path: file for path, file in BEFORE.items() if path != "a.py"}
    with pytest.raises(ConflictError, match=r"uncommitted changes in a\.py"):
        apply_change(repo.workspace(), repo.change(without, BEFORE))


def test_refuses_a_file_that_is_not_as_it_was(repo: Repo) -> None:
    change = repo.change(BEFORE, AFTER)
    repo.write({"a.py": (b"other\n", 0o644)})
    repo.commit()
    with pytest.raises(ConflictError, match=r"not as they were.*a\.py; nothing was changed"):
        apply_change(repo.workspace(), change)


def test_refuses_links_pipes_and_read_only_files(repo: Repo, tmp_path: Path) -> None:
    change = repo.change({"b/run.sh": BEFORE["b/run.sh"]}, {"b/run.sh": AFTER["b/run.sh"]})
    file = repo.root / "b/run.sh"
    file.chmod(0o555)
    with pytest.raises(ConflictError, match=r"read-only: b/run\.sh"):
        apply_change(repo.workspace(), change)
    file.rename(tmp_path / "outside")
    file.symlink_to(tmp_path / "outside")
    with pytest.raises(ConflictError, match=r"b/run\.sh is a symbolic link"):
        apply_change(repo.workspace(), change)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(ConflictError, match="no regular file"):
        apply_change(repo.workspace(), change)
    shutil.rmtree(repo.root / "b")
    (repo.root / "b").symlink_to(tmp_path)
    with pytest.raises(ConflictError, match="b is a symbolic link"):
        apply_change(repo.workspace(), change)


@pytest.mark.parametrize("path", ["../out", "/etc/out", ".git/hooks/post-commit", "a/.GIT/config"])
def test_refuses_paths_that_leave_the_tree(repo: Repo, path: str) -> None:
    change = Change((FileChange(PurePosixPath(path), None, FileState(b"x", "100644")),), b"")
    with pytest.raises(PolicyError):
        apply_change(repo.workspace(), change)


def test_git_is_the_judge(repo: Repo) -> None:
    change = repo.change(BEFORE, AFTER)
    with pytest.raises(PatchError, match=r"disagree on what the diff makes of a\.py"):
        apply_change(repo.workspace(), Change(change.files, change.diff.replace(b"+zwei", b"+drei")))
    with pytest.raises(PatchError, match=r"(?s)git refuses the diff.*patch does not apply"):
        apply_change(repo.workspace(), Change(change.files, change.diff.replace(b"-2", b"-5")))
    with pytest.raises(PatchError, match=r"disagree .*new/deep/n\.txt"):
        apply_change(repo.workspace(), Change(change.files, change.diff.replace(b"mode 100644", b"mode 100755")))
    with pytest.raises(NoChangeError):
        apply_change(repo.workspace(), Change((), b""))
    with pytest.raises(ValueError, match="twice"):
        Change(change.files * 2, change.diff)
    assert repo.files() == BEFORE


def test_git_judges_as_strictly_as_ever_whatever_is_configured(tmp_path: Path) -> None:
    before: Files = {"w": (b"1 1\n2\n", 0o644)}
    repo = Repo.init(tmp_path / "r", before)
    repo.run("config", "apply.ignoreWhitespace", "change")
    change = repo.change(before, {"w": (b"1 1\n3\n", 0o644)})
    with pytest.raises(PatchError, match="patch does not apply"):
        apply_change(repo.workspace(), Change(change.files, change.diff.replace(b"\n 1 1", b"\n 1  1")))


def test_a_second_magicode_is_told_who_holds_the_tree(repo: Repo) -> None:
    said: list[str] = []

    def meddle(step: str) -> None:
        if step == "git apply":
            with pytest.raises(ConflictError) as caught:
                repo.workspace().undo()
            said.append(str(caught.value))

    apply_change(repo.workspace(meddle), repo.change(BEFORE, AFTER))
    assert f"process {os.getpid()}" in said[0]


def test_an_edit_in_the_middle_calls_the_change_off_and_survives(repo: Repo) -> None:
    def meddle(step: str) -> None:
        if step == "rename a.py":
            (repo.root / "b/run.sh").write_bytes(b"mine\n")

    with pytest.raises(ConflictError, match=r"b/run\.sh was changed while.*but for b/run\.sh"):
        apply_change(repo.workspace(meddle), repo.change(BEFORE, AFTER))
    assert repo.files() == dict(BEFORE) | {"b/run.sh": (b"mine\n", 0o755)}
    (kept,) = (repo.root / ".git/magicode/kept").iterdir()
    assert {file.read_bytes() for file in kept.iterdir()} >= {data for data, _ in AFTER.values()} - {AFTER["stays"][0]}
    assert repo.workspace().recover() is None
    assert repo.workspace().history() == ()


@pytest.mark.parametrize("step", ["unlink b/c/gone.txt", "rename a.py", "mkdir new/deep", "rename new/deep/n.txt"])
def test_a_directory_swapped_for_a_link_leads_nowhere(repo: Repo, tmp_path: Path, step: str) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(repo.root / "b", outside / "b")
    (outside / "b/c/mine").write_bytes(b"mine")
    (outside / "new/deep").mkdir(parents=True)
    kept = {str(path): path.read_bytes() for path in outside.rglob("*") if path.is_file()}

    def swap(now: str) -> None:
        if now == step and not (repo.root / "b").is_symlink():
            for name in ("b", "new"):
                if (repo.root / name).exists():
                    (repo.root / name).rename(tmp_path / f"moved-{name}")
                (repo.root / name).symlink_to(outside / name)

    with pytest.raises(ConflictError, match="every file is as it was before"):
        apply_change(repo.workspace(swap), repo.change(BEFORE, AFTER))
    assert {str(path): path.read_bytes() for path in outside.rglob("*") if path.is_file()} == kept
    assert (repo.root / "a.py").read_bytes() == BEFORE["a.py"][0]
    assert repo.workspace().recover() is None


@pytest.mark.parametrize(("code", "lasting"), [(errno.ENOSPC, False), (errno.EACCES, False), (errno.ENOSPC, True)])
def test_a_refusal_at_any_step_puts_everything_back(tmp_path: Path, code: int, *, lasting: bool) -> None:
    template = Repo.init(tmp_path / "template", BEFORE)
    change = template.change(BEFORE, AFTER)
    for stop in range(1000):
        shutil.copytree(template.root, tmp_path / str(stop))
        repo, seen = Repo(tmp_path / str(stop)), []

        def refuse(step: str, seen: list[str] = seen, stop: int = stop) -> None:
            seen.append(step)
            if len(seen) == stop + 1 or (lasting and len(seen) > stop):
                raise OSError(code, os.strerror(code))

        said = None
        try:
            apply_change(repo.workspace(refuse), change)
        except WriteError as error:
            said = str(error)
        if said is None:
            assert repo.files() == AFTER
            assert len(repo.workspace().history()) == 1
            if len(seen) <= stop:
                break
        else:
            assert os.strerror(code) in said
            repo.workspace().recover()
            if lasting and repo.files() == AFTER:  # the disk would not even let us note that we gave up
                repo.workspace().undo()
            assert repo.files() == BEFORE, seen
            assert repo.directories() == template.directories()
    assert stop > 20


def test_an_edit_while_files_are_put_back_survives_and_nothing_stays_beside_it(repo: Repo) -> None:
    seen: list[str] = []

    def meddle(step: str) -> None:
        seen.append(step)
        if step == "rename b/run.sh":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if step.startswith("write .magicode") and step.endswith("-0") and seen.count(step) == 2:  # on the way back
            (repo.root / "a.py").write_bytes(b"mine\n")

    with pytest.raises(WriteError, match=r"cannot rename b/run\.sh: Permission denied; .*but for a\.py"):
        apply_change(repo.workspace(meddle), repo.change(BEFORE, AFTER))
    assert repo.files() == dict(BEFORE) | {"a.py": (b"mine\n", 0o644)}


def test_an_interrupt_puts_everything_back(repo: Repo) -> None:
    def interrupt(step: str) -> None:
        if step == "rename b/run.sh":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        apply_change(repo.workspace(interrupt), repo.change(BEFORE, AFTER))
    assert caught.value.__notes__ == ["every file is as it was before"]
    assert repo.files() == BEFORE


def test_nothing_that_a_repository_configures_runs_or_changes_bytes(repo: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    hook = tmp_path / "hooks"
    hook.mkdir()
    for name in ("post-index-change", "pre-applypatch", "fsmonitor"):
        (hook / name).write_text(f"#!/bin/sh\ntouch {trap}\n")
        (hook / name).chmod(0o755)
    repo.write({".gitattributes": (b"* filter=evil diff=evil text eol=crlf ident\n", 0o644)})
    repo.commit()
    for key, value in {
        "filter.evil.clean": f"touch {trap}; cat",
        "filter.evil.smudge": f"touch {trap}; cat",
        "filter.evil.process": f"touch {trap}",
        "diff.evil.textconv": f"touch {trap}; cat",
        "diff.external": f"touch {trap}",
        "core.fsmonitor": str(hook / "fsmonitor"),
        "core.hooksPath": str(hook),
        "core.autocrlf": "true",
        "core.safecrlf": "true",
        "core.splitIndex": "true",
        "apply.whitespace": "fix",
        "apply.ignoreWhitespace": "change",
    }.items():
        repo.run("config", key, value)
    trap.unlink(missing_ok=True)
    after = dict(AFTER) | {"a.py": (b"$Id$ \t\r\n  \n\n\n", 0o644)}
    change = Repo.init(tmp_path / "clean", BEFORE).change(BEFORE, after)

    apply_change(repo.workspace(), change, allow_dirty=True)
    assert not trap.exists()
    assert repo.files() == after | {".gitattributes": repo.files()[".gitattributes"]}
    repo.workspace().undo()
    assert not trap.exists()
    assert repo.files() == dict(BEFORE) | {".gitattributes": repo.files()[".gitattributes"]}
    assert not list((repo.root / ".git").glob("sharedindex*"))


def test_line_endings_of_a_checkout_are_no_uncommitted_work(repo: Repo) -> None:
    repo.run("config", "core.autocrlf", "true")
    (repo.root / "a.py").unlink()
    repo.run("checkout", "a.py")
    before = {"a.py": (b"1\r\n2\r\n3\r\n", 0o644)}
    assert repo.files()["a.py"] == before["a.py"]
    apply_change(repo.workspace(), repo.change(before, {"a.py": (b"1\r\n2\r\n4\r\n", 0o644)}))
    assert repo.files()["a.py"][0] == b"1\r\n2\r\n4\r\n"


def test_unborn_head(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r", {})
    done = apply_change(repo.workspace(), repo.change({}, AFTER))
    assert (done.base, repo.files().keys()) == (None, AFTER.keys())
    repo.workspace().undo()
    assert (repo.files(), repo.directories()) == ({}, set())


def test_sha256_repository(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "r", BEFORE, "--object-format=sha256")
    apply_change(repo.workspace(), repo.change(BEFORE, AFTER))
    assert repo.files() == AFTER
    repo.workspace().undo()
    assert repo.files() == BEFORE


def test_linked_worktrees_have_histories_of_their_own(repo: Repo, tmp_path: Path) -> None:
    repo.run("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    before = linked.files()
    before = {path: file for path, file in before.items() if path != ".git"}
    change = repo.change({"a.py": before["a.py"]}, {"a.py": (b"x\n", 0o644)})
    apply_change(linked.workspace(), change)
    assert repo.files() == BEFORE
    with pytest.raises(NothingToUndoError):
        repo.workspace().undo()
    linked.workspace().undo()
    assert linked.files()["a.py"] == before["a.py"]


def test_sparse_checkout(repo: Repo) -> None:
    repo.run("sparse-checkout", "set", "--cone", "--sparse-index", "b/c")
    change = repo.change({"a.py": BEFORE["a.py"]}, {"a.py": AFTER["a.py"]})
    apply_change(repo.workspace(), change)
    assert repo.files()["a.py"] == AFTER["a.py"]


def test_modes_do_not_count_where_git_says_so(repo: Repo) -> None:
    repo.run("config", "core.fileMode", "false")
    (repo.root / "a.py").chmod(0o700)
    apply_change(repo.workspace(), repo.change({"a.py": BEFORE["a.py"]}, {"a.py": AFTER["a.py"]}))
    assert repo.files()["a.py"] == (AFTER["a.py"][0], 0o700)


def test_modes_change_by_the_executable_bits_alone(repo: Repo) -> None:
    (repo.root / "a.py").chmod(0o640)
    apply_change(repo.workspace(), repo.change({"a.py": (b"1\n2\n3\n", 0o644)}, {"a.py": (b"1\n2\n3\n", 0o755)}))
    assert repo.files()["a.py"][1] == 0o750
    repo.workspace().undo()
    assert repo.files()["a.py"][1] == 0o640


def test_hard_links_are_named(repo: Repo) -> None:
    (repo.root / "other").hardlink_to(repo.root / "a.py")
    done = apply_change(repo.workspace(), repo.change(BEFORE, AFTER))
    assert done.notes == ("a.py had other hard links; those keep the old bytes",)
    assert (repo.root / "other").read_bytes() == BEFORE["a.py"][0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"d": (b"f\n", 0o644)}, {"d/e/f": (b"f\n", 0o644)}),
        ({"d/e/f": (b"f\n", 0o644), "d/g": (b"g\n", 0o644)}, {"d": (b"f\n", 0o755)}),
    ],
)
def test_files_and_directories_change_places(tmp_path: Path, before: Files, after: Files) -> None:
    repo = Repo.init(tmp_path / "r", before)
    directories = repo.directories()
    apply_change(repo.workspace(), repo.change(before, after))
    assert repo.files() == after
    repo.workspace().undo()
    assert (repo.files(), repo.directories()) == (before, directories)


def test_an_unknown_file_keeps_its_directory(tmp_path: Path) -> None:
    before = {"d/e": (b"e\n", 0o644)}
    repo = Repo.init(tmp_path / "r", before)
    repo.write({"d/ignored": (b"i\n", 0o644)})
    with pytest.raises(ConflictError, match="every file is as it was before"):
        apply_change(repo.workspace(), repo.change(before, {"d": (b"f\n", 0o644)}))
    assert repo.files() == before | {"d/ignored": (b"i\n", 0o644)}


_NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a", "e/f/g/h", "f é\t*"])
_DATA = st.one_of(st.binary(max_size=12), st.sampled_from([b"", b"1\n2\n", b"1\r\n2\r\n", b"1\n2\n3"]))
_TREES = st.dictionaries(_NAMES, st.tuples(_DATA, st.sampled_from([0o644, 0o755, 0o600, 0o700])), max_size=5)


@given(before=_TREES, after=_TREES)
@settings(max_examples=25)
def test_undo_after_apply_is_identity(before: Files, after: Files) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo.init(Path(folder) / "r", {})
        repo.write(before)
        (repo.root / "e").mkdir(exist_ok=True)
        directories = repo.directories()
        change = repo.change(before, after)
        if not change.files:
            return
        apply_change(repo.workspace(), change, allow_dirty=True)
        assert {path: file_state(repo.files(), path) for path in repo.files()} == {
            path: file_state(after, path) for path in after
        }
        repo.workspace().undo()
        assert (repo.files(), repo.directories()) == (before, directories)
