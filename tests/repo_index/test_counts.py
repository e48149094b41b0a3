import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from repo_index import counts
from repo_index.content import Content
from repo_index.counts import Counted, CountStore, Keys
from repo_index.frame import frame_file
from repo_index.intake import take_snapshot
from repo_index.snapshot import RepoSnapshot

_ROOT = Path(__file__).parents[2]
_KEYS = [bytes([n]) * 16 for n in range(5)]
_ROWS = {key: Counted(Content("text", "", "utf-8"), n) for n, key in enumerate(_KEYS)}


class _Counter:
    """A tokenizer whose tokens are characters, which notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> int:
        self.asked.append(text)
        return len(text)


def _keep(path: Path, rows: dict[bytes, Counted] = _ROWS, **options: Any) -> None:
    with CountStore(path, **options) as store:
        store.keep(rows)


def _look_up(path: Path) -> dict[bytes, Counted]:
    with CountStore(path) as store:
        return store.look_up(_KEYS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "counts"


def _take(repo: Any, path: Path, counter: _Counter, counts_as: str = "characters", **options: Any) -> RepoSnapshot:
    return take_snapshot(repo.git, counter, keys=Keys(counts_as), store=CountStore(path), **options)


def test_what_was_kept_is_known_again(path: Path) -> None:
    assert _look_up(path) == {}
    assert not path.exists()
    _keep(path)
    assert _look_up(path) == _ROWS
    unknown = {b"\xff" * 16: Counted(Content("generated", "minified", "latin-1"), None)}
    _keep(path, unknown)
    with CountStore(path) as store:
        assert store.look_up([b"\xff" * 16]) == unknown


def test_a_second_snapshot_counts_only_what_changed(repo: Any, path: Path) -> None:
    for name in ("a.py", "b.py", "c.bin"):
        repo.write(name, b"\0" if name == "c.bin" else f"# {name}\n".encode())
    first, second, third = _Counter(), _Counter(), _Counter()
    before = _take(repo, path, first)
    assert len(first.asked) == 2
    assert _take(repo, path, second) == before == take_snapshot(repo.git, len)
    assert second.asked == []
    repo.write("a.py", "# other\n")
    assert _take(repo, path, third) == take_snapshot(repo.git, len)
    assert third.asked == [frame_file(PurePosixPath("a.py"), "# other\n")]


def test_a_moved_file_and_another_tokenizer_are_counted_anew(repo: Any, path: Path) -> None:
    repo.write("a.py", "x\n")
    _take(repo, path, _Counter())
    (repo.root / "a.py").rename(repo.root / "longer_name.md")
    moved = _take(repo, path, _Counter())
    assert moved == take_snapshot(repo.git, len)
    other = _Counter()
    _take(repo, path, other, "words")
    assert len(other.asked) == 1


def test_a_file_that_was_left_out_is_counted_when_it_is_asked_for(repo: Any, path: Path) -> None:
    repo.write("dist/app.js", "var a=1;" * 2_000)
    counter = _Counter()
    assert _take(repo, path, counter).files == ()
    (file,) = _take(repo, path, counter, include=["dist"]).files
    assert file.n_tokens == len(frame_file(file.path, file.read()))
    assert _take(repo, path, counter, include=["dist"]).files == (file,)
    assert len(counter.asked) == 1


def test_new_rules_are_not_answered_with_old_findings(repo: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("a.py", "x\n")
    _take(repo, path, _Counter())
    counts._rules.cache_clear()
    monkeypatch.setattr("repo_index.content.RULES", "other rules")
    counter = _Counter()
    _take(repo, path, counter)
    assert len(counter.asked) == 1
    counts._rules.cache_clear()


def test_what_was_counted_before_ctrl_c_is_kept(repo: Any, path: Path) -> None:
    for n in range(1_200):
        repo.write(f"{n:04}.txt", f"{n}\n")
    counter = _Counter()

    def interrupt(done: int, _total: int) -> None:
        if done >= 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _take(repo, path, counter, on_read=interrupt)
    assert len(counter.asked) == 500
    _take(repo, path, counter)
    assert len(counter.asked) == 1_200


@pytest.mark.parametrize("damage", ["noise", "empty", "cut", "directory", "other table", "other encoding"])
def test_a_damaged_store_costs_time_and_no_count(path: Path, damage: str) -> None:
    _keep(path)
    match damage:
        case "noise":
            path.write_bytes(os.urandom(5_000))
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(path.read_bytes()[:4_096])
        case "directory":
            path.unlink()
            path.mkdir()
        case "other table":
            path.unlink()
            sqlite3.connect(path).execute("CREATE TABLE content (other TEXT)")
        case _:
            path.write_bytes(path.read_bytes().replace(b"utf-8", b"utf\xff8"))
    assert _look_up(path) == {}
    _keep(path)
    _keep(path)
    assert _look_up(path) == ({} if damage == "directory" else _ROWS)


def test_a_flipped_bit_is_never_a_count(path: Path) -> None:
    _keep(path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert _look_up(path).items() <= _ROWS.items()


def test_a_store_that_cannot_be_written_is_done_without(repo: Any, tmp_path: Path) -> None:
    repo.write("a.py", "x\n")
    (tmp_path / "file").touch()
    assert _take(repo, tmp_path / "file" / "counts", _Counter()) == take_snapshot(repo.git, len)


def test_a_store_that_another_process_holds_is_done_without(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_BUSY_S", 0.1)
    _keep(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert _look_up(path) == {}
    _keep(path, {b"n" * 16: Counted(Content("text"), 1)})
    assert time.monotonic() - started < 5
    holder.execute("COMMIT")
    assert _look_up(path) == _ROWS


def test_the_store_stays_within_its_size_and_the_oldest_go_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 200_000
    old = {b"old" + n.to_bytes(13): Counted(Content("text", "", "utf-8"), n) for n in range(1_500)}
    monkeypatch.setattr(time, "time", lambda: 1_000 * 86_400.0)
    _keep(path, old, max_bytes=limit)
    monkeypatch.setattr(time, "time", lambda: 1_001 * 86_400.0)
    for part in range(20):
        new = {b"new" + (part * 500 + n).to_bytes(13): Counted(Content("text", "", "utf-8"), n) for n in range(500)}
        _keep(path, new, max_bytes=limit)
        assert path.stat().st_size < 1.5 * limit
    with CountStore(path) as store:
        assert store.look_up(list(new)) == new
        assert store.look_up(list(old)) == {}


def test_what_is_used_is_not_the_oldest(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def day_of(key: bytes) -> int:
        day: int = sqlite3.connect(path).execute("SELECT day FROM content WHERE key = ?", (key,)).fetchone()[0]
        return day

    monkeypatch.setattr(time, "time", lambda: 1_000 * 86_400.0)
    _keep(path)
    monkeypatch.setattr(time, "time", lambda: 1_030 * 86_400.0)
    with CountStore(path) as store:
        store.look_up(_KEYS[:1])
    assert (day_of(_KEYS[0]), day_of(_KEYS[1])) == (1_030, 1_000)


_WRITER = """
import sys
from pathlib import Path
from repo_index.content import Content
from repo_index.counts import Counted, CountStore
who = int(sys.argv[2])
for part in range(10):
    with CountStore(Path(sys.argv[1])) as store:
        rows = {bytes([who, part, n] * 5 + [0]): Counted(Content("text"), n) for n in range(50)}
        store.keep(rows)
    with CountStore(Path(sys.argv[1])) as store:
        assert store.look_up(list(rows)) == rows, "lost"
"""


def test_processes_share_a_store(path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, path, str(who)], cwd=_ROOT, env=os.environ | {"PYTHONPATH": str(_ROOT)}
        )
        for who in range(4)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT COUNT(*) FROM content").fetchone() == (4 * 10 * 50,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_process_that_is_killed_while_it_writes_leaves_a_usable_store(path: Path) -> None:
    _keep(path)
    for n in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, path, str(n + 1)], cwd=_ROOT, env=os.environ | {"PYTHONPATH": str(_ROOT)}
        )
        deadline = time.monotonic() + 0.2 + 0.1 * n
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert _look_up(path) == _ROWS
