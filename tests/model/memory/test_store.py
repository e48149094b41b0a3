"""What the indexer read, kept on disk: the same comes back, or nothing."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.memory import store as store_module
from model.memory.index import FileTokens
from model.memory.segments import Segmenter, cut_lines
from model.memory.store import SUFFIX, TokenStore

contents = st.lists(st.tuples(st.integers(0, 2**16), st.lists(st.integers(0, 2**32 - 1), max_size=30)), max_size=6)


def blob(number: int) -> str:
    return f"{number:040x}"


def tokens(ids: list[int]) -> FileTokens:
    line_starts = np.array([*range(0, len(ids), 3), len(ids)] if ids else [0], dtype=np.int64)
    return FileTokens(np.array(ids, dtype=np.uint32), line_starts, cut_lines(line_starts))


def same(one: FileTokens, other: FileTokens) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("ids", "line_starts", "segment_starts")
    )


def shards(root: Path) -> list[Path]:
    return sorted(root.rglob(f"*{SUFFIX}"))


@settings(max_examples=60)
@given(contents)
def test_what_is_kept_comes_back(
    tmp_path_factory: pytest.TempPathFactory, given_files: list[tuple[int, list[int]]]
) -> None:
    root = tmp_path_factory.mktemp("memory")
    files = {blob(number): tokens(ids) for number, ids in given_files}
    TokenStore("key", root).save(files)
    found = TokenStore("key", root).load([*files, blob(2**20)])
    assert found.keys() == files.keys()
    assert all(same(found[name], files[name]) for name in files)
    assert TokenStore("another key", root).load(list(files)) == {}


def test_real_text_comes_back(tmp_path: Path, segmenter: Segmenter) -> None:
    cut = segmenter.cut("def f(x):\n    return x\n\n\nprint(f(1))")
    TokenStore("key", tmp_path).save({blob(1): cut})
    assert same(TokenStore("key", tmp_path).load([blob(1)])[blob(1)], cut)


@pytest.mark.parametrize("at", [0, 9, 20, 60, -1])
@pytest.mark.parametrize("harm", ["flip", "cut", "longer", "empty"])
def test_what_is_damaged_is_not_there_and_goes(tmp_path: Path, harm: str, at: int) -> None:
    store = TokenStore("key", tmp_path)
    store.save({blob(1): tokens([1, 2, 3, 4])})
    store.save({blob(2): tokens([5])})
    path = next(path for path in shards(tmp_path) if blob(1) in _blobs(path))
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << 3
    path.write_bytes({"flip": data, "cut": data[: len(data) // 2], "longer": data + b"\0", "empty": b""}[harm])
    assert store.load([blob(1), blob(2)]).keys() == {blob(2)}
    assert len(shards(tmp_path)) == 1
    store.save({blob(1): tokens([1, 2, 3, 4])})
    assert store.load([blob(1)]).keys() == {blob(1)}


def test_nothing_is_read_but_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TokenStore("key", tmp_path)
    store.save({blob(1): tokens([1, 2, 3, 4]), blob(2): tokens([5, 6, 7, 8])})
    (path,) = shards(tmp_path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # of the second file
    path.write_bytes(data)
    os.utime(path, ns=(0, 0))
    store.save({blob(3): tokens([9])})
    opened: list[Path] = []
    read = store_module._Shard.open
    monkeypatch.setattr(store_module._Shard, "open", lambda path: opened.append(path) or read(path))
    assert store.load([blob(3)]).keys() == {blob(3)}
    assert path not in opened
    assert store.load([blob(1)]).keys() == {blob(1)}
    assert store.load([blob(2)]) == {}
    assert not path.exists()


def _blobs(path: Path) -> set[str]:
    shard = store_module._Shard.open(path)
    assert shard is not None
    return {name.hex() for name in shard.blobs}


def test_small_shards_are_merged(tmp_path: Path) -> None:
    store = TokenStore("key", tmp_path)
    files = {blob(number): tokens([number] * number) for number in range(60)}
    for name, file in files.items():
        store.save({name: file})
    assert len(shards(tmp_path)) <= store_module._MAX_SHARDS
    found = store.load(list(files))
    assert all(same(found[name], files[name]) for name in files)


def test_what_was_not_used_for_the_longest_goes_first(tmp_path: Path) -> None:
    store = TokenStore("key", tmp_path, max_bytes=25_000)
    for number in range(3):
        store.save({blob(number): tokens([number] * 2_000)})
        store.load([blob(0)])  # is used again and again
    assert store.load([blob(number) for number in range(3)]).keys() == {blob(0), blob(2)}
    store.save({blob(9): tokens([9] * 10_000)})  # alone more than there is room for
    assert blob(9) not in store.load([blob(9)])


def test_a_place_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = TokenStore("key", tmp_path / "file")
    store.save({blob(1): tokens([1])})
    assert store.load([blob(1)]) == {}


def test_several_processes_keep_and_kill_one_another(tmp_path: Path) -> None:
    """Writers that are killed at random leave whole shards, and unfinished ones that the next writer removes."""
    program = (
        "import sys; from pathlib import Path; from tests.model.memory.test_store import *\n"
        "store = TokenStore('key', Path(sys.argv[1])); start = int(sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "for number in range(start, start + 10_000): store.save({blob(number % 50): tokens([number % 50] * 500)})\n"
    )
    for start in range(4):
        writers = [
            subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(start)], stdout=subprocess.PIPE)
            for _ in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        for _ in range(20):
            found = TokenStore("key", tmp_path).load([blob(number) for number in range(50)])
            assert all(same(file, tokens([int(name, 16)] * 500)) for name, file in found.items())
        for writer in writers:
            writer.kill()
            writer.communicate()
    TokenStore("key", tmp_path).save({blob(77): tokens([77])})
    assert not list(tmp_path.rglob("*.tmp"))
