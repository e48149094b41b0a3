import json
import os
from pathlib import Path

import pytest

from agent.batch.state import State, StateError
from agent.errors import ConflictError, WriteError


def test_what_is_added_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.jsonl"
    with State.open(path) as state:
        state.add("a", "started", file="f", base="b")
        state.add("a", "committed", commit="c1", branch="x")
        state.add("b", "failed", exit_code=6, reason="ä\n")
        state.add("a", "done")
    with State.open(path) as state:
        assert state.entries["a"].event == "done"
        assert dict(state.entries["a"].data) | {"at": ""} == {
            "file": "f",
            "base": "b",
            "commit": "c1",
            "branch": "x",
            "at": "",
        }
        assert state.entries["b"].data["reason"] == "ä\n"
        assert (state.maker("c1"), state.maker("c2")) == ("f", None)
        state.add("a", "started", file="f")
        assert "commit" not in state.entries["a"].data
        assert state.maker("c1") == "f"


def test_a_file_cut_anywhere_has_all_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    with State.open(path) as state:
        state.add("a", "started")
        state.add("a", "done")
    whole = path.read_bytes()
    for n in range(len(whole) + 1):
        path.write_bytes(whole[:n])
        with State.open(path) as state:
            known = state.entries.get("a")
            state.add("b", "done")
        n_lines = whole[:n].count(b"\n")
        assert (known.event if known else None) == (None, None, "started", "done")[n_lines]
        with State.open(path) as state:
            assert state.entries["b"].event == "done"


@pytest.mark.parametrize("data", [b"# my tasks\n", b"x", b"\n", b'{"magicode_batch": 2}\n', b"\0" * 100])
def test_other_files_are_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mine"
    path.write_bytes(data)
    with pytest.raises(StateError, match="is no state file"), State.open(path):
        pass
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"1", b'{"id": "a"}', b'{"id": 1, "event": "done"}', b'{"id": "a", "event": "gone"}', b"\xff"],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "state.jsonl"
    with State.open(path) as state:
        state.add("a", "done")
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(StateError, match="line 3 is damaged"), State.open(path):
        pass


def test_one_batch_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    with State.open(path):
        child = os.fork()
        if child == 0:
            try:
                with State.open(path):
                    os._exit(1)
            except ConflictError:
                os._exit(0)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
    with State.open(path):
        pass


def test_links_pipes_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"")
    (tmp_path / "link").symlink_to("target")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        with pytest.raises((StateError, WriteError)), State.open(tmp_path / name):
            pass


def test_nothing_is_written_once_it_is_closed(tmp_path: Path) -> None:
    with State.open(tmp_path / "state.jsonl") as state:
        state.add("a", "done")
    before = (tmp_path / "state.jsonl").read_bytes()
    with (tmp_path / "next").open("wb") as other, pytest.raises(WriteError):  # takes the number of the closed file
        state.add("b", "done")
    assert other.closed
    assert (tmp_path / "next").read_bytes() == b""
    assert (tmp_path / "state.jsonl").read_bytes() == before


def test_lines_are_json(tmp_path: Path) -> None:
    with State.open(tmp_path / "s") as state:
        state.add("a", "done", outcome={"diff": "\ud800\x1b\n"})
    for line in (tmp_path / "s").read_text().splitlines():
        json.loads(line)
