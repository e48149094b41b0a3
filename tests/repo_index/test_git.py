import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from repo_index.errors import GitError, NotARepositoryError
from repo_index.git import Git


def test_the_work_tree_is_found_from_below(repo: Any) -> None:
    repo.write("a/b/c.txt")
    assert Git.discover(repo.root / "a" / "b").root == repo.root.resolve()


def test_a_link_to_the_work_tree_is_resolved(repo: Any, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repo.root)
    assert Git.discover(tmp_path / "link").root == repo.root.resolve()


def test_outside_a_repository_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError, match="git init"):
        Git.discover(tmp_path)


def test_a_missing_directory_and_a_file_are_no_repository(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("missing", "file"):
        with pytest.raises(NotARepositoryError, match="not a directory"):
            Git.discover(tmp_path / name)


def test_the_git_directory_and_a_bare_repository_have_no_work_tree(repo: Any, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "bare"], check=True)
    for directory in (repo.root / ".git", tmp_path / "bare"):
        with pytest.raises(NotARepositoryError):
            Git.discover(directory)


def test_a_path_with_odd_characters_is_found(tmp_path: Path) -> None:
    root = tmp_path / "a \n'\"é"
    subprocess.run(["git", "init", "-q", root], check=True)
    git = Git.discover(root)
    assert git.root == root.resolve()
    assert git.path("magicode").parent == root.resolve() / ".git"


@pytest.mark.parametrize("worktree", ["/", "..", "../victim"])
def test_a_work_tree_placed_elsewhere_is_refused(repo: Any, tmp_path: Path, worktree: str) -> None:
    subprocess.run(["git", "init", "-q", tmp_path / "victim"], check=True)
    repo.run("config", "core.worktree", str((repo.root / worktree).resolve()))
    with pytest.raises(NotARepositoryError):
        Git.discover(repo.root)


def test_a_work_tree_that_holds_the_repository_of_another_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "init", "-q", tmp_path / "evil"], check=True)
    subprocess.run(["git", "-C", tmp_path / "evil", "config", "core.worktree", tmp_path], check=True)
    with pytest.raises(NotARepositoryError, match=r"remove core\.worktree"):
        Git.discover(tmp_path / "evil")


def test_a_bare_repository_inside_a_work_tree_configures_nothing(repo: Any) -> None:
    planted = repo.root / "docs"
    subprocess.run(["git", "init", "-q", "--bare", planted], check=True)
    subprocess.run(["git", "-C", planted, "config", "core.bare", "false"], check=True)
    subprocess.run(["git", "-C", planted, "config", "core.worktree", repo.root], check=True)
    with pytest.raises(NotARepositoryError):
        Git.discover(planted)


def test_the_head_is_none_before_the_first_commit_and_an_id_after(repo: Any) -> None:
    assert repo.git.head() is None
    repo.write("a")
    repo.commit()
    head = repo.git.head()
    assert head is not None
    assert len(head) == 40
    repo.run("checkout", "-q", "--detach")
    assert repo.git.head() == head


def test_each_linked_worktree_has_its_own_directory(repo: Any, tmp_path: Path) -> None:
    repo.write("a")
    repo.commit()
    repo.run("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Git.discover(tmp_path / "linked")
    assert linked.root == (tmp_path / "linked").resolve()
    assert linked.path("magicode") != repo.git.path("magicode")


def test_variables_of_a_calling_hook_are_dropped(repo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", tmp_path / "other"], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_PREFIX", "sub/")
    assert repo.git.path("x") == repo.root.resolve() / ".git" / "x"


def test_an_error_holds_the_command_and_the_words_of_git(repo: Any) -> None:
    with pytest.raises(GitError, match=r"git show: .*nothing-here"):
        repo.git.run("show", "nothing-here")
    assert repo.git.run("diff", "--quiet", "--no-index", "/dev/null", ".git/HEAD", ok=(0, 1)) == b""


def test_without_git_the_message_says_so(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    git = repo.git
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="not installed"):
        git.run("status")


def test_a_stream_gives_the_same_bytes_as_a_run(repo: Any) -> None:
    repo.write("big", b"line\n" * 100_000)
    repo.run("add", "-A")
    assert b"".join(repo.git.stream("show", ":big", timeout_s=60)) == repo.git.run("show", ":big")


def test_the_error_of_a_stream_comes_at_its_end(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError, match=r"git show: .*nothing-here"):
        list(repo.git.stream("show", "nothing-here", timeout_s=60))
    git = repo.git
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="not installed"):
        list(git.stream("status", timeout_s=60))


def test_a_stream_ends_when_the_time_is_up_or_it_is_closed(repo: Any) -> None:
    repo.write("big", b"line\n" * 1_000_000)  # more than a pipe holds: git would wait for its reader for ever
    repo.run("add", "-A")
    slow = (time.sleep(0.2) for _ in repo.git.stream("show", ":big", timeout_s=0.5))
    with pytest.raises(GitError, match=r"git show: not done after 0\.5 s"):
        list(slow)
    pieces = repo.git.stream("show", ":big", timeout_s=60)
    assert next(pieces).startswith(b"line\n")
    pieces.close()
    assert list(pieces) == []


# Every program that this configuration names leaves a file behind when it runs.
_PLANTED = {
    "core.fsmonitor": "touch {mark}/fsmonitor; false",
    "core.pager": "touch {mark}/pager",
    "core.editor": "touch {mark}/editor; false",
    "core.sshCommand": "touch {mark}/ssh; false",
    "core.askPass": "{mark}/../askpass",
    "credential.helper": "!touch {mark}/helper; false",
    "credential.https://example.invalid.helper": "!touch {mark}/helper; false",
    "diff.external": "touch {mark}/external; true",
    "diff.evil.command": "touch {mark}/command; true",
    "diff.evil.textconv": "touch {mark}/textconv; cat",
    "filter.evil.clean": "touch {mark}/clean; cat",
    "filter.evil.smudge": "touch {mark}/smudge; cat",
    "filter.evil.required": "true",
    "filter.a=b.Clean.clean": "touch {mark}/clean-equals; cat",
    "filter.long.process": "touch {mark}/process; false",
    "gpg.program": "touch {mark}/gpg; false",
    "merge.evil.driver": "touch {mark}/merge; false",
    "remote.origin.uploadpack": "touch {mark}/uploadpack; false",
    "remote.origin.receivepack": "touch {mark}/receivepack; false",
}
_ATTRIBUTES = """\
* filter=evil diff=evil merge=evil
*.eq filter=a=b.Clean diff=evil
*.long filter=long
"""
_HOOKS = ("pre-commit", "post-checkout", "post-index-change", "reference-transaction", "pre-push", "post-commit")


def _plant(repo: Any, mark: Path) -> None:
    repo.write(".gitattributes", _ATTRIBUTES)
    for name in ("a.txt", "b.eq", "c.long"):
        repo.write(name, "one\ntwo\nthree\n")
    repo.commit()
    # What a remote runs in its own repository when it is pushed to is its own affair.
    remote = mark.parent / "remote"
    subprocess.run(["git", "clone", "-q", "--bare", repo.root, remote], check=True)
    repo.run("remote", "add", "origin", str(remote))
    for key, value in _PLANTED.items():
        repo.run("config", key, value.format(mark=mark))
    for hook in _HOOKS:
        path = repo.write(f".git/hooks/{hook}", f"#!/bin/sh\ntouch {shlex.quote(str(mark))}/hook-{hook}\n")
        path.chmod(0o755)
    for name in ("a.txt", "b.eq", "c.long"):
        repo.write(name, "one\n2\nthree\n")


_COMMANDS = (
    ("status", "--porcelain"),
    ("ls-files", "-co", "--exclude-standard", "-z"),
    ("diff",),
    ("diff", "HEAD"),
    ("stash", "create"),
    ("add", "-A"),
    ("-c", "user.name=x", "commit", "-m", "ours"),
    ("log", "-p"),
    ("show",),
    ("checkout", "-q", "-b", "other"),
    ("checkout", "-q", "HEAD~1", "--", "."),
    ("fetch", "origin"),
    ("push", "origin", "HEAD:refs/heads/pushed"),
    ("worktree", "add", "-q", "../linked", "HEAD~1"),
)


def test_nothing_that_a_repository_configures_is_run(repo: Any, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    mark.mkdir()
    _plant(repo, mark)
    list(map(Path.unlink, mark.iterdir()))
    git = Git.discover(repo.root)
    for command in _COMMANDS:
        git.run(*command)
    patch = git.run("diff", "--full-index", "HEAD~1", "HEAD")
    git.run("checkout", "-q", "-f", "HEAD~1")
    git.run("apply", stdin=patch)
    git.run("checkout", "-q", "-f", ".")
    git.run("apply", "--3way", stdin=patch)
    assert sorted(path.name for path in mark.iterdir()) == []


def test_the_planted_programs_do_run_for_plain_git(repo: Any, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    mark.mkdir()
    _plant(repo, mark)
    for command in ("status", "diff -- a.txt", "stash", "commit --allow-empty -m x"):
        subprocess.run(["git", *command.split()], cwd=repo.root, check=False, capture_output=True)
    seen = {path.name for path in mark.iterdir()}
    assert seen >= {"fsmonitor", "command", "clean", "clean-equals", "hook-pre-commit"}


def test_a_filter_in_the_configuration_of_one_worktree_is_not_run(repo: Any, tmp_path: Path) -> None:
    repo.write(".gitattributes", "* filter=evil\n")
    repo.write("a.txt")
    repo.run("config", "extensions.worktreeConfig", "true")
    repo.run("config", "--worktree", "filter.evil.clean", f"touch {tmp_path}/ran; cat")
    repo.git.run("add", "-A")
    assert not (tmp_path / "ran").exists()


def test_a_filter_of_the_user_goes_on_working(repo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = tmp_path / "gitconfig"
    configuration.write_text('[filter "mine"]\n\tclean = tr a-z A-Z\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    repo.write(".gitattributes", "*.txt filter=mine\n")
    repo.write("a.txt", "word\n")
    repo.git.run("add", "-A")
    assert repo.git.run("show", ":a.txt") == b"WORD\n"


def test_configuration_handed_down_in_variables_is_kept(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.run("config", "filter.evil.clean", "false")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "From Outside")
    monkeypatch.delenv("GIT_AUTHOR_NAME")
    assert repo.git.run("var", "GIT_AUTHOR_IDENT").startswith(b"From Outside")
