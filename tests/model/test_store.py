import errno
import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from model.api import Progress
from model.catalogue import ModelEntry, find
from model.disk import write_json
from model.errors import DigestError, UnknownModelError, WeightsError
from model.sources import OnBytes
from model.store import ModelStore, resolve

DATA = os.urandom(100_000)
BASE = find("qwen2.5-coder-0.5b")
ENTRY = replace(
    BASE,
    name="tiny",
    file="tiny.gguf",
    size_bytes=len(DATA),
    sha256=hashlib.sha256(DATA).hexdigest(),
    parts=replace(BASE.parts, count=10, part_bytes=10_000),
)
CATALOGUE = {"tiny": ENTRY}
SPAWN = multiprocessing.get_context("fork")  # inherits DATA and the local classes


class FakeSource:
    """Appends the file's bytes; stops with `error` once it has `until` bytes."""

    def __init__(
        self,
        data: bytes = DATA,
        *,
        name: str = "fake",
        until: int | None = None,
        error: BaseException | None = None,
        pause_s: float = 0.0,
    ) -> None:
        self.data, self.name, self.until, self.error, self.pause_s = data, name, until, error, pause_s
        self.starts: list[int] = []

    def fetch(self, entry: ModelEntry, partial: Path, on_bytes: OnBytes) -> None:
        with partial.open("ab") as file:
            self.starts.append(file.tell())
            while file.tell() < len(self.data):
                if self.until is not None and file.tell() >= self.until and self.error is not None:
                    raise self.error
                start = file.tell()
                file.write(self.data[start : start + 10_000])
                file.flush()
                time.sleep(self.pause_s)
                on_bytes(file.tell())


def store_of(root: Path, *sources: FakeSource) -> ModelStore:
    return ModelStore(root, sources=sources, catalogue=CATALOGUE, packed=False)


def silent(_: Progress) -> None:
    pass


@pytest.fixture
def fake_convert(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Replace the conversion, tested elsewhere, by one that writes its record alone; lists its calls."""
    calls: list[Path] = []

    def convert(
        source: Path, directory: Path, sha256: str, on_progress: Callable[[Progress], None], *, packed: bool
    ) -> None:
        assert not packed
        calls.append(source)
        directory.mkdir()
        (directory / "config.json").write_text("{}")
        record = {"format": 1, "source_sha256": sha256, "files": {"config.json": 2}}
        write_json(directory / "conversion.json", record)
        on_progress(Progress("convert", 2, 2))

    monkeypatch.setattr("model.store.convert", convert)
    return calls


def test_a_pull_verifies_reports_and_is_not_repeated(tmp_path: Path) -> None:
    source = FakeSource()
    seen: list[Progress] = []
    store = store_of(tmp_path, source)
    path = store.pull("tiny", seen.append)
    assert path.read_bytes() == DATA
    assert (seen[0], seen[-2].done) == (Progress("download", 0, len(DATA), "fake"), len(DATA))
    assert store.pull("tiny", seen.append) == path
    assert source.starts == [0]


def test_the_next_source_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    first = FakeSource(until=30_000, error=WeightsError("went away"))
    second = FakeSource()
    assert store_of(tmp_path, first, second).pull("tiny", silent).read_bytes() == DATA
    assert second.starts == [30_000]


def test_when_every_source_fails_each_reason_is_told(tmp_path: Path) -> None:
    sources = [FakeSource(name=x, until=0, error=WeightsError(f"{x} is down")) for x in ("one", "two")]
    with pytest.raises(WeightsError, match=r"one: one is down; two: two is down.* put tiny\.gguf into"):
        store_of(tmp_path, *sources).pull("tiny", silent)


def test_wrong_bytes_are_removed_and_the_next_pull_is_clean(tmp_path: Path) -> None:
    wrong = DATA[:50_000] + b"?" + DATA[50_001:]
    with pytest.raises(DigestError, match="it was removed"):
        store_of(tmp_path, FakeSource(wrong)).pull("tiny", silent)
    assert list((tmp_path / "tiny").iterdir()) == []
    assert store_of(tmp_path, FakeSource()).pull("tiny", silent).read_bytes() == DATA


def test_an_interrupted_pull_is_resumed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        store_of(tmp_path, FakeSource(until=40_000, error=KeyboardInterrupt())).pull("tiny", silent)
    store = store_of(tmp_path, FakeSource())
    assert store.installed("tiny").state == "partial"
    assert store.installed("tiny").source_bytes == 40_000
    assert store.pull("tiny", silent).read_bytes() == DATA


@pytest.mark.parametrize("content", [DATA, DATA[:123], b"", DATA + b"more", DATA[::-1]])
def test_a_file_put_there_by_hand_is_used_only_as_far_as_it_is_right(tmp_path: Path, content: bytes) -> None:
    source = FakeSource()
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.gguf").write_bytes(content)
    store = store_of(tmp_path, source)
    if content == DATA[::-1]:
        with pytest.raises(DigestError):
            store.pull("tiny", silent)
    assert store.pull("tiny", silent).read_bytes() == DATA
    assert source.starts == {DATA: [], DATA[:123]: [123]}.get(content, [0])


@pytest.mark.parametrize(
    "damage",
    [
        lambda home: (home / "tiny.gguf").write_bytes(DATA[:-1]),
        lambda home: (home / "tiny.gguf").unlink(),
        lambda home: (home / "verified.json").write_text("{}"),
        lambda home: (home / "verified.json").write_bytes(b"\xff"),
        lambda home: (home / "verified.json").unlink(),
    ],
)
def test_a_source_that_changed_is_pulled_again(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    store = store_of(tmp_path, FakeSource())
    store.pull("tiny", silent)
    damage(tmp_path / "tiny")
    assert store.installed("tiny").state != "source"
    assert store.pull("tiny", silent).read_bytes() == DATA
    assert store.installed("tiny").state == "source"


def test_a_new_digest_in_the_catalogue_makes_the_old_file_stale(tmp_path: Path) -> None:
    store_of(tmp_path, FakeSource()).pull("tiny", silent)
    newer = replace(ENTRY, sha256=hashlib.sha256(DATA[::-1]).hexdigest())
    store = ModelStore(tmp_path, sources=[FakeSource(DATA[::-1])], catalogue={"tiny": newer}, packed=False)
    with pytest.raises(DigestError):  # the old bytes have the right size, so they are tried first
        store.pull("tiny", silent)
    assert store.pull("tiny", silent).read_bytes() == DATA[::-1]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_how_much_is_needed_and_keeps_what_came(tmp_path: Path, number: int) -> None:
    full = FakeSource(until=20_000, error=OSError(number, os.strerror(number)))
    with pytest.raises(WeightsError, match=r"disk is full: tiny needs 0\.0 GB"):
        store_of(tmp_path, full).pull("tiny", silent)
    assert store_of(tmp_path).installed("tiny").source_bytes == 20_000


def test_too_little_room_is_said_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.store._MARGIN_BYTES", 1 << 60)
    source = FakeSource()
    with pytest.raises(WeightsError, match=r"tiny needs .* GB in"):
        store_of(tmp_path, source).pull("tiny", silent)
    assert source.starts == []


def test_a_cache_that_cannot_be_written_is_a_weights_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsError, match="cannot use the model cache"):
        store_of(tmp_path / "file" / "models", FakeSource()).pull("tiny", silent)


def test_processes_that_pull_at_once_fetch_once(tmp_path: Path) -> None:
    def pull(queue: "multiprocessing.Queue[tuple[list[int], list[str]]]") -> None:
        source = FakeSource(pause_s=0.05)
        seen: list[Progress] = []
        store_of(tmp_path, source).pull("tiny", seen.append)
        queue.put((source.starts, [progress.detail for progress in seen]))

    queue: multiprocessing.Queue[tuple[list[int], list[str]]] = SPAWN.Queue()
    workers = [SPAWN.Process(target=pull, args=(queue,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    results = [queue.get(timeout=30) for _ in workers]
    for worker in workers:
        worker.join(30)
    assert sorted(starts for starts, _ in results) == [[], [], [0]]
    assert sum("waiting for another magicode" in details for _, details in results) == 2


def test_a_killed_pull_leaves_no_lock_and_is_resumed(tmp_path: Path) -> None:
    worker = SPAWN.Process(target=lambda: store_of(tmp_path, FakeSource(pause_s=0.1)).pull("tiny", silent))
    worker.start()
    partial = tmp_path / "tiny" / "tiny.gguf.partial"
    deadline = time.monotonic() + 30
    while not (partial.exists() and partial.stat().st_size >= 20_000):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(30)
    source = FakeSource()
    assert store_of(tmp_path, source).pull("tiny", silent).read_bytes() == DATA
    assert source.starts[0] >= 20_000


def test_prepare_pulls_and_converts_once(tmp_path: Path, fake_convert: list[Path]) -> None:
    source = FakeSource()
    store = store_of(tmp_path, source)
    directory = store.prepare("tiny", silent)
    assert directory == store.directory("tiny")
    assert fake_convert == [tmp_path / "tiny" / "tiny.gguf"]
    assert store.prepare("tiny", silent) == directory
    assert (len(fake_convert), source.starts) == (1, [0])
    installed = store.installed("tiny")
    assert installed.state == "ready"
    assert installed.source_bytes > len(DATA)
    assert installed.converted_bytes == sum(path.stat().st_size for path in directory.iterdir())


@pytest.mark.usefixtures("fake_convert")
def test_a_warm_prepare_reads_no_weights_and_is_fast(tmp_path: Path) -> None:
    store = store_of(tmp_path, FakeSource())
    store.prepare("tiny", silent)
    (tmp_path / "tiny" / "tiny.gguf").unlink()  # the conversion stands on its own
    began = time.perf_counter()
    store.prepare("tiny", silent)
    assert time.perf_counter() - began < 0.05


@pytest.mark.usefixtures("fake_convert")
def test_remove_frees_everything_and_says_how_much(tmp_path: Path) -> None:
    store = store_of(tmp_path, FakeSource())
    assert store.remove("tiny") == 0
    store.prepare("tiny", silent)
    held = store.installed("tiny")
    assert store.remove("tiny") == held.source_bytes + held.converted_bytes
    assert store.installed("tiny").state == "absent"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.lock"]


def test_the_cache_directory_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAGICODE_CACHE_DIR", str(tmp_path / "c"))
    home = tmp_path / "c" / "models" / BASE.name
    assert ModelStore(packed=False).directory(BASE.name) == home / "converted"
    assert ModelStore(packed=True).directory(BASE.name) == home / "packed"
    monkeypatch.delenv("MAGICODE_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    monkeypatch.setenv("HOME", str(tmp_path / "x"))
    assert ModelStore().root.is_relative_to(tmp_path / "x")
    assert ModelStore().root.name == "models"


def test_an_unknown_name_is_refused_before_it_becomes_a_path(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    for call in (store.directory, store.installed, store.remove):
        with pytest.raises(UnknownModelError):
            call("../tiny")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("fake_convert")
def test_resolve_takes_names_directories_and_hub_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path / "cache", FakeSource())
    assert resolve("tiny", store, silent) == store.directory("tiny")

    local = tmp_path / "mine"
    local.mkdir()
    with pytest.raises(UnknownModelError, match=r"it has no config\.json"):
        resolve(str(local), store, silent)
    (local / "config.json").write_text("{}")
    assert resolve(str(local), store, silent) == local
    with pytest.raises(UnknownModelError, match="is a file; give a directory"):
        resolve(str(local / "config.json"), store, silent)

    monkeypatch.setattr("model.store.snapshot", lambda repository, _: tmp_path / repository)
    assert resolve("Owner/name-1.5B", store, silent) == tmp_path / "Owner/name-1.5B"


@pytest.mark.usefixtures("fake_convert")
def test_resolve_takes_a_directory_only_where_it_is_written_as_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository may hold a folder that is named as a model is; it must not become the model."""
    store = store_of(tmp_path / "cache", FakeSource())
    for name in ("Owner/name", "mine", "tiny", ".hidden/model"):
        (tmp_path / "work" / name).mkdir(parents=True)
        (tmp_path / "work" / name / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "work"))
    monkeypatch.setattr("model.store.snapshot", lambda repository, _: Path("from the hub") / repository)
    assert resolve("Owner/name", store, silent) == Path("from the hub/Owner/name")
    assert resolve("tiny", store, silent) == store.directory("tiny")
    for name in ("./Owner/name", "./mine", "../work/mine", "~/mine", str(tmp_path / "work/mine"), "./.hidden/model"):
        assert (resolve(name, store, silent) / "config.json").is_file()
    monkeypatch.chdir(tmp_path / "work" / "mine")
    assert resolve(".", store, silent) == Path()
    with pytest.raises(UnknownModelError, match=r"there is no directory \.\./nothing"):
        resolve("../nothing", store, silent)


def test_resolve_tells_how_to_name_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path / "cache", FakeSource())
    (tmp_path / "Owner" / "name").mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)

    def unreachable(repository: str, _: object) -> Path:
        raise WeightsError(f"cannot fetch {repository!r} from the hub")

    monkeypatch.setattr("model.store.snapshot", unreachable)
    with pytest.raises(WeightsError, match=r"from the hub; to use the folder of that name write \./Owner/name$"):
        resolve("Owner/name", store, silent)
    with pytest.raises(UnknownModelError, match=r"write \./mine$"):
        resolve("mine", store, silent)
    with pytest.raises(WeightsError, match=r"from the hub$"):
        resolve("Owner/other", store, silent)


@pytest.mark.parametrize("name", ["tyni", "", "../up", "./here", "a/b/c", "~nobody-here/x", "a b/c", "-"])
def test_resolve_does_not_ask_the_hub_for_what_is_no_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("model.store.snapshot", lambda *_: pytest.fail("the hub was asked"))
    with pytest.raises(UnknownModelError):
        resolve(name, store_of(tmp_path / "cache"), silent)
