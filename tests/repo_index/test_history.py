import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repo_index.errors import SessionError
from repo_index.history import Session, SessionStore, Turn

_ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
_TURNS = st.builds(
    Turn,
    role=st.sampled_from(["user", "assistant"]),
    text=st.text() | st.text("\udc80\udcff\u2028\x85\0\r\n"),
    at=st.datetimes(timezones=_ZONES),
)


def _turn(text: str) -> Turn:
    return Turn("user", text, datetime(2026, 1, 2, tzinfo=UTC))


def _store(repo: Any) -> SessionStore:
    return SessionStore(repo.git)


@settings(max_examples=40)
@given(first=st.lists(_TURNS), second=st.lists(_TURNS))
def test_turns_are_read_as_they_were_appended(repo: Any, first: list[Turn], second: list[Turn]) -> None:
    session = _store(repo).create()
    session.append(*first)
    session.append(*second)
    assert session.turns == (*first, *second)


@settings(max_examples=60)
@given(data=st.data(), turns=st.lists(_TURNS, min_size=1, max_size=4))
def test_a_crash_at_any_byte_loses_nothing_but_the_torn_turn(repo: Any, data: st.DataObject, turns: list[Turn]) -> None:
    session = _store(repo).create()
    session.append(*turns)
    content = session.path.read_bytes()
    torn = content[: data.draw(st.integers(0, len(content)))]
    session.path.write_bytes(torn)
    kept = turns[: torn.count(b"\n")]
    assert list(session.turns) == kept
    session.append(_turn("after"))
    assert list(session.turns) == [*kept, _turn("after")]


def test_a_long_torn_line_is_dropped(repo: Any) -> None:
    session = _store(repo).create()
    session.append(_turn("kept"))
    with session.path.open("ab") as file:
        file.write(b'{"text": "' + b"x" * 200_000)
    session.append(_turn("after"))
    assert [turn.text for turn in session.turns] == ["kept", "after"]


def test_a_full_disk_leaves_the_session_as_it_was(repo: Any) -> None:
    session = _store(repo).create()
    session.append(_turn("kept"))
    before = session.path.read_bytes()
    script = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from repo_index.errors import SessionError
from repo_index.history import Session, Turn
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    Session("x", Path(sys.argv[1])).append(Turn("user", "y" * 9000, datetime.now(UTC)))
except SessionError as error:
    print(error)
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, session.path], cwd=root, capture_output=True, text=True, check=True
    )
    assert "File too large" in done.stdout
    assert session.path.read_bytes() == before


def test_processes_that_append_together_lose_nothing(repo: Any) -> None:
    session = _store(repo).create()
    script = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from repo_index.history import Session, Turn
for i in range(20):
    Session("x", Path(sys.argv[1])).append(Turn("user", sys.argv[2] * 10_000, datetime.now(UTC)))
"""
    root = Path(__file__).parents[2]
    running = [subprocess.Popen([sys.executable, "-c", script, session.path, name], cwd=root) for name in "abc"]
    assert [process.wait() for process in running] == [0, 0, 0]
    texts = [turn.text for turn in session.turns]
    assert sorted(texts) == sorted(name * 10_000 for name in "abc" for _ in range(20))


def test_only_the_user_may_read_a_session(repo: Any) -> None:
    previous = os.umask(0)
    try:
        session = _store(repo).create()
    finally:
        os.umask(previous)
    assert stat.S_IMODE(session.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(session.path.parent.stat().st_mode) == 0o700


def test_sessions_are_listed_the_last_written_first(repo: Any) -> None:
    store = _store(repo)
    assert store.latest() is None
    assert store.list() == ()
    first, second, third = (store.create() for _ in range(3))
    assert first.id < second.id < third.id
    for seconds, session in enumerate((second, third, first)):
        os.utime(session.path, (seconds, seconds))
    assert store.list() == (first, third, second)
    assert store.latest() == first
    assert store.open(second.id) == second


def test_an_unknown_id_is_answered_with_those_that_are_there(repo: Any) -> None:
    store = _store(repo)
    with pytest.raises(SessionError, match="none yet"):
        store.open("x")
    session = store.create()
    with pytest.raises(SessionError, match=f"did you mean {re.escape(session.id)}"):
        store.open(f"{session.id}0")
    with pytest.raises(SessionError, match=f"last ones are {re.escape(session.id)}"):
        store.open("?")


def test_the_beginning_of_an_id_is_enough_where_it_is_one_alone(repo: Any) -> None:
    store = _store(repo)
    first = store.create()
    assert store.open(first.id[:4]) == first
    second = store.create()
    with pytest.raises(SessionError, match="2 sessions begin with"):
        store.open(first.id[:4])
    assert (store.open(first.id), store.open(second.id[:-1])) == (first, second)
    with pytest.raises(SessionError, match="no session ''"):
        store.open("")


def test_an_id_is_never_a_path(repo: Any) -> None:
    store = _store(repo)
    session = store.create()
    (repo.root / "outside.jsonl").write_text("")
    for session_id in ("../../../outside", str(repo.root / "outside"), f"../sessions/{session.id}", "", ".", "a\0b"):
        with pytest.raises(SessionError):
            store.open(session_id)


def test_what_is_not_ours_in_the_directory_is_no_session(repo: Any) -> None:
    store = _store(repo)
    session = store.create()
    directory = session.path.parent
    (directory / "notes.jsonl").touch()
    (directory / session.path.name.replace("-", "_")).touch()
    (directory / "20260102T030405-000006-00000001.jsonl").symlink_to(session.path)
    os.mkfifo(directory / "20260102T030405-000006-00000002.jsonl")
    assert [found.id for found in store.list()] == [session.id]


@pytest.mark.parametrize("place", ["magicode", "magicode/sessions"])
def test_a_planted_link_is_not_followed(repo: Any, tmp_path: Path, place: str) -> None:
    link = repo.root / ".git" / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path)
    for call in (_store(repo).create, _store(repo).list):
        with pytest.raises(SessionError, match="symbolic link"):
            call()


def test_a_session_file_that_became_a_link_or_a_fifo_is_refused(repo: Any, tmp_path: Path) -> None:
    session = _store(repo).create()
    session.path.unlink()
    (tmp_path / "target").write_text("precious")
    session.path.symlink_to(tmp_path / "target")
    with pytest.raises(SessionError):
        session.append(_turn("x"))
    assert (tmp_path / "target").read_text() == "precious"
    session.path.unlink()
    os.mkfifo(session.path)
    with pytest.raises(SessionError, match="not a regular file"):
        _ = session.turns


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\0\0",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"role": "system", "text": "x", "at": "2026-01-02T00:00:00+00:00"}',
        b'{"role": ["user"], "text": "x", "at": "2026-01-02T00:00:00+00:00"}',
        b'{"role": "user", "text": 1, "at": "2026-01-02T00:00:00+00:00"}',
        b'{"role": "user", "text": "x", "at": "2026-01-02T00:00:00"}',
        b'{"role": "user", "text": "x", "at": 5}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_is_named(repo: Any, line: bytes) -> None:
    session = _store(repo).create()
    session.append(_turn("x"))
    with session.path.open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(SessionError, match=r"\.jsonl, line 2: expected a turn"):
        _ = session.turns


def test_a_session_that_is_gone_is_an_error(tmp_path: Path) -> None:
    session = Session("x", tmp_path / "x.jsonl")
    for use in (lambda: session.turns, lambda: session.append(_turn("x"))):
        with pytest.raises(SessionError, match="is gone"):
            use()


def test_a_turn_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Turn("user", "x", datetime(2026, 1, 2))  # noqa: DTZ001


def test_a_line_is_plain_json(repo: Any) -> None:
    session = _store(repo).create()
    session.append(Turn("assistant", "a\nb", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))
    (line,) = session.path.read_text(encoding="ascii").splitlines()
    assert json.loads(line) == {"role": "assistant", "text": "a\nb", "at": "2026-01-02T03:04:05+00:00"}
