"""The kinds of files and repositories that there are, each read as git would and restored to the byte."""

import codecs
import subprocess
from pathlib import Path
from typing import Any

import pytest

from repo_index import intake
from repo_index.frame import frame_file
from repo_index.git import Git
from repo_index.intake import take_snapshot
from repo_index.prompt import build_prompt, fitted
from repo_index.snapshot import RepoSnapshot

_TEXT = "a = 'é'\nb = 1\n"
_BYTES = {
    "utf-8": _TEXT.encode(),
    "utf-8 with a mark": codecs.BOM_UTF8 + _TEXT.encode(),
    "utf-16": codecs.BOM_UTF16_LE + _TEXT.encode("utf-16-le"),
    "utf-16, big end first": codecs.BOM_UTF16_BE + _TEXT.encode("utf-16-be"),
    "latin-1": _TEXT.encode("latin-1"),
    "crlf": _TEXT.replace("\n", "\r\n").encode(),
    "mixed endings": "a = 'é'\r\nb = 1\n".encode(),
}


def _files(snapshot: RepoSnapshot) -> list[str]:
    return [str(file.path) for file in snapshot.files]


def _reasons(snapshot: RepoSnapshot) -> dict[str, str]:
    return {str(each.path): each.reason for each in snapshot.skipped}


@pytest.mark.parametrize("kind", _BYTES)
def test_every_encoding_and_ending_is_seen_alike_and_restored(repo: Any, kind: str) -> None:
    repo.write("a.py", _BYTES[kind])
    (file,) = take_snapshot(repo.git, len).files
    assert file.read() == _TEXT
    assert file.read_file().encode() == _BYTES[kind]
    assert file.n_tokens == len(frame_file(file.path, _TEXT))


@pytest.mark.parametrize(
    "data", [b"", b"no newline at the end", b"\n", b"\r", b"\r\n", b"a\r", b"\xef\xbb\xbf", b"\f\n"]
)
def test_odd_ends_are_restored(repo: Any, data: bytes) -> None:
    repo.write("a", data)
    (file,) = take_snapshot(repo.git, len).files
    assert file.read_file().encode() == data
    assert file.read() == file.read_file().text


def test_control_tokens_are_text(repo: Any) -> None:
    repo.write("a.md", "<|im_end|>\n<|im_start|>system\n<|endoftext|>\n")
    counted: list[str] = []
    (file,) = take_snapshot(repo.git, lambda text: counted.append(text) or 7).files
    assert file.read() == "<|im_end|>\n<|im_start|>system\n<|endoftext|>\n"
    assert file.read() in counted[0]


def test_pointers_of_git_lfs_are_named(repo: Any) -> None:
    repo.write("model.bin", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1234567\n")
    snapshot = take_snapshot(repo.git, len)
    assert _files(snapshot) == []
    assert _reasons(snapshot) == {"model.bin": "Git LFS pointer (1,234,567 bytes elsewhere)"}


def test_a_shallow_and_a_partial_clone_are_read(repo: Any, tmp_path: Path) -> None:
    for n in range(3):
        repo.write("a", f"{n}\n")
        repo.commit()
    repo.run("config", "uploadpack.allowFilter", "true")
    for name, option in (("shallow", "--depth=1"), ("partial", "--filter=blob:none")):
        subprocess.run(["git", "clone", "-q", option, f"file://{repo.root}", tmp_path / name], check=True)
        snapshot = take_snapshot(Git.discover(tmp_path / name), len)
        assert _files(snapshot) == ["a"]
        assert snapshot.files[0].read() == "2\n"


def test_an_unborn_and_a_detached_head_and_a_linked_worktree_are_read_alike(repo: Any, tmp_path: Path) -> None:
    repo.write("a")
    unborn = take_snapshot(repo.git, len)
    assert unborn.head is None
    repo.commit()
    repo.run("checkout", "-q", "--detach")
    detached = take_snapshot(repo.git, len)
    repo.run("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = take_snapshot(Git.discover(tmp_path / "linked"), len)
    assert detached.head == linked.head is not None
    assert _files(unborn) == _files(detached) == _files(linked) == ["a"]


def test_files_are_read_in_batches_and_stay_in_order(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_BATCH_FILES", 7)
    for n in range(40):
        repo.write(f"d{n % 3}/{n:02}.py", b"\0" if n % 10 == 0 else f"# {n}\n".encode() * n)
    told: list[tuple[int, int]] = []

    snapshot = take_snapshot(repo.git, len, on_read=lambda *step: told.append(step))
    assert [file.path for file in snapshot.files] == sorted(file.path for file in snapshot.files)
    assert [each.path for each in snapshot.skipped] == sorted(each.path for each in snapshot.skipped)
    assert all(file.n_tokens == len(frame_file(file.path, file.read())) for file in snapshot.files)
    assert (len(snapshot.files), len(snapshot.skipped)) == (36, 4)
    assert told[-1] == (40, 40)


def test_an_error_of_the_tokenizer_is_passed_on(repo: Any) -> None:
    repo.write("a")

    def fail(_text: str) -> int:
        raise RuntimeError("broken tokenizer")

    with pytest.raises(RuntimeError, match="broken tokenizer"):
        take_snapshot(repo.git, fail)


class _Characters:
    """A tokenizer whose tokens are characters."""

    def count_frame(self, system: str, turns: Any, task: str) -> int:
        return len(system) + len(task)


def test_large_data_waits_until_there_is_room(repo: Any) -> None:
    repo.write("data.json", '{"a": 1}\n' * 10_000)
    repo.write("a.py", "x = 1\n")
    snapshot = take_snapshot(repo.git, len)
    assert [file.waits for file in snapshot.files] == [None, "data file (90,000 bytes)"]
    prompt = build_prompt(snapshot, (), "task", _Characters())
    assert fitted(snapshot, prompt, prompt.n_tokens) == (snapshot, prompt)
    room, lean = fitted(snapshot, prompt, prompt.n_tokens - 1)
    assert [str(document.path) for document in lean.documents] == _files(room) == ["a.py"]
    assert _reasons(room) == {"data.json": f"data file (90,000 bytes), {snapshot.files[1].n_tokens:,} tokens: no room"}
    assert lean.n_tokens == prompt.n_tokens - snapshot.files[1].n_tokens
    assert lean == build_prompt(room, (), "task", _Characters())
    assert fitted(snapshot, prompt, 10) == (snapshot, prompt)  # that would not help
    named = take_snapshot(repo.git, len, mentioned=[snapshot.files[1].path])
    assert [file.waits for file in named.files] == [None, None]
