"""Temporary directories: gone when their process is, however it ended, and nobody else's."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from agent.scratch import scratch_directory

HOLDER = """
import sys, time
from agent.scratch import scratch_directory
with scratch_directory() as folder:
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/file").write_text("x")
    (folder / "a").chmod(0)
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def started() -> tuple["subprocess.Popen[str]", Path]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip()).parent


def aged(folder: Path, seconds: float = 100.0) -> None:
    told = folder.stat()
    os.utime(folder, (told.st_atime, told.st_mtime - seconds))


def test_it_is_private_and_gone_afterwards(temp: Path) -> None:
    with scratch_directory() as folder:
        assert not list(folder.iterdir())
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        (folder / "closed/deep").mkdir(parents=True)
        (folder / "closed").chmod(0)
        (folder / "link").symlink_to(temp)
    assert not list(temp.iterdir())
    with pytest.raises(KeyError), scratch_directory():
        raise KeyError
    assert not list(temp.iterdir())


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not(temp: Path) -> None:
    (dead, left), (living, held) = started(), started()
    try:
        dead.send_signal(signal.SIGKILL)
        dead.wait()
        with scratch_directory():
            assert left.exists()  # too young: its process might be about to lock it
        aged(left)
        aged(held)
        with scratch_directory():
            assert not left.exists()
            assert (held / "d").exists()
    finally:
        living.terminate()
        living.wait()
        dead.wait()
    assert set(temp.iterdir()) == {held}  # SIGTERM is not handled in that program, so it was left as well


def test_what_is_not_ours_stays(temp: Path) -> None:
    others = {name: temp / f"magicode-{name}" for name in ("empty", "work", "locked", "fifo", "link")}
    for name, folder in others.items():
        if name != "link":
            folder.mkdir()
    (others["work"] / "lock").write_text("my own notes\n")
    (others["locked"] / "lock").symlink_to(others["work"] / "lock")
    os.mkfifo(others["fifo"] / "lock")
    others["link"].symlink_to(others["work"])
    (temp / "magicode-file").write_text("x")
    for folder in others.values():
        aged(folder)
    with scratch_directory():
        pass
    assert set(temp.iterdir()) == {*others.values(), temp / "magicode-file"}
    assert (others["work"] / "lock").read_text() == "my own notes\n"
