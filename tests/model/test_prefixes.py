import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.paging import PAGE_TOKENS
from model.prefixes import PrefixStore
from model.store import ModelStore

Pages = npt.NDArray[np.uint8]

_KEY = "model and format"
_PAGE_BYTES = 96
_PLENTY = 1 << 40
_FILE_BYTES = 4096 + _PAGE_BYTES  # an extent of one page


def _ids(prompt: Sequence[int]) -> list[int]:
    """Return the tokens of a prompt that is written with one number for each page."""
    return [number * 1000 + token for number in prompt for token in range(PAGE_TOKENS)]


def _pages(prompt: Sequence[int], page_bytes: int = _PAGE_BYTES) -> Pages:
    """Return bytes that depend, as keys and values do, on all that is before a page."""
    seeds = [[*prompt[: end + 1], end] for end in range(len(prompt))]
    rows = [np.random.default_rng(seed).integers(0, 256, page_bytes, dtype=np.uint8) for seed in seeds]
    return np.array(rows, dtype=np.uint8).reshape(len(prompt), page_bytes)


def _store(root: Path, max_bytes: int = _PLENTY) -> PrefixStore:
    return PrefixStore(root, max_bytes=max_bytes)


def _save(store: PrefixStore, prompt: Sequence[int], first: int = 0, page_bytes: int = _PAGE_BYTES) -> int:
    return store.save(_KEY, _ids(prompt), first, _pages(prompt, page_bytes)[first:])


def _read(store: PrefixStore, prompt: Sequence[int], page_bytes: int = _PAGE_BYTES) -> int:
    """Return how many pages were read; each of them is right."""
    match = store.match(_KEY, _ids(prompt), page_bytes)
    into = np.zeros((match.n_pages, page_bytes), np.uint8)
    n_right = match.read(into)
    assert n_right <= match.n_pages
    assert match.n_tokens == match.n_pages * PAGE_TOKENS
    assert (into[:n_right] == _pages(prompt, page_bytes)[:n_right]).all()
    return n_right


def _files(root: Path, pattern: str = "*") -> list[Path]:
    return sorted(root.glob(f"*/{pattern}"))


def _in_child(do: Callable[[], None]) -> int:
    """Start `do` in a process of its own and return its id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            do()
            code = 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(code)
    return child


def _wait(*children: int) -> None:
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)


def test_what_was_saved_is_found_and_read(tmp_path: Path) -> None:
    store = _store(tmp_path / "cache" / "prefixes")
    assert _read(store, (1, 2, 3)) == 0
    assert _save(store, (1, 2, 3)) == 3
    assert _read(_store(store.root), (1, 2, 3)) == 3
    assert store.total_bytes() == 4096 + 3 * _PAGE_BYTES


def test_only_whole_pages_count(tmp_path: Path) -> None:
    store = _store(tmp_path)
    ids = _ids((1, 2))
    store.save(_KEY, ids, 0, _pages((1, 2)))
    for n_tokens, n_pages in ((0, 0), (1, 0), (63, 0), (64, 1), (127, 1), (128, 2)):
        assert store.match(_KEY, ids[:n_tokens], _PAGE_BYTES).n_tokens == n_pages * 64
    assert store.match(_KEY, [*ids, 7], _PAGE_BYTES).n_tokens == 128


def test_a_prompt_that_shares_a_beginning_uses_just_that(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _save(store, (1, 2, 3, 4))
    assert _read(store, (1, 2, 9, 4)) == 2
    assert _read(store, (9, 2, 3, 4)) == 0
    assert _read(store, (2, 3, 4)) == 0
    assert _save(store, (1, 2, 9, 4), first=2) == 2
    assert _read(store, (1, 2, 9, 4)) == 4
    assert _read(store, (1, 2, 3, 4)) == 4


def test_one_token_more_or_less_is_another_prompt(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _save(store, (1, 2))
    ids = _ids((1, 2))
    for changed in ([*ids[:5], 0, *ids[5:]], ids[1:], [*ids[:70], 0, *ids[71:]], [ids[1], ids[0], *ids[2:]]):
        assert store.match(_KEY, changed, _PAGE_BYTES).n_tokens == (64 if changed[:64] == ids[:64] else 0)


def test_keys_and_page_sizes_do_not_mix(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _save(store, (1, 2))
    assert store.match("another", _ids((1, 2)), _PAGE_BYTES).n_tokens == 0
    assert store.match(_KEY, _ids((1, 2)), _PAGE_BYTES * 2).n_tokens == 0
    assert store.match(f"{_PAGE_BYTES} {_KEY}", _ids((1, 2)), _PAGE_BYTES).n_tokens == 0


def test_pages_that_are_there_are_not_written_again(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _save(store, (1, 2, 3))
    (file,) = _files(tmp_path)
    before = file.stat().st_ino, store.total_bytes()
    assert _save(store, (1, 2, 3)) == 3
    assert (file.stat().st_ino, store.total_bytes()) == before
    assert _save(store, (1, 2, 3, 4, 5)) == 5
    assert sorted(path.stat().st_size for path in _files(tmp_path)) == [4096 + n * _PAGE_BYTES for n in (2, 3)]
    file.unlink()
    assert _read(store, (1, 2, 3, 4, 5)) == 0
    assert _save(store, (1, 2, 3, 4, 5, 6)) == 6
    assert _read(store, (1, 2, 3, 4, 5, 6)) == 6
    assert sorted(path.stat().st_size for path in _files(tmp_path)) == [4096 + n * _PAGE_BYTES for n in (1, 2, 3)]


def test_pages_in_any_layout_are_taken(tmp_path: Path) -> None:
    store = _store(tmp_path)
    pages = np.asfortranarray(_pages((1, 2, 3)))
    assert store.save(_KEY, tuple(_ids((1, 2, 3))), 0, pages) == 3
    assert store.match(_KEY, np.array(_ids((1, 2, 3))), _PAGE_BYTES).n_tokens == 192  # type: ignore[arg-type]
    assert _read(store, (1, 2, 3)) == 3


def test_any_number_of_pages_can_be_read(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _save(store, (1, 2))
    _save(store, (1, 2, 3, 4), first=2)
    match = store.match(_KEY, _ids((1, 2, 3, 4)), _PAGE_BYTES)
    for n_pages in range(7):
        into = np.zeros((n_pages, _PAGE_BYTES), np.uint8)
        assert match.read(into) == min(n_pages, 4)
        assert (into[:4] == _pages((1, 2, 3, 4))[:n_pages]).all()
    buffer = bytearray(3 * _PAGE_BYTES)
    assert match.read(memoryview(buffer)) == 3
    assert bytes(buffer) == _pages((1, 2, 3)).tobytes()


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _save(store, (1, 2))
    for first, n_pages in ((0, 3), (2, 1), (-1, 1)):
        with pytest.raises(ValueError, match="are not those of 128 tokens"):
            store.save(_KEY, _ids((1, 2)), first, np.zeros((n_pages, _PAGE_BYTES), np.uint8))
    with pytest.raises(ValueError, match="float32"):
        store.save(_KEY, _ids((1, 2)), 0, np.zeros((1, _PAGE_BYTES), np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a page of 0 bytes"):
        store.match(_KEY, _ids((1, 2)), 0)
    with pytest.raises(ValueError, match="does not hold whole pages of 96"):
        store.match(_KEY, _ids((1, 2)), _PAGE_BYTES).read(np.zeros(97, np.uint8))


def test_the_cache_directory_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAGICODE_CACHE_DIR", str(tmp_path / "c"))
    assert PrefixStore().root == tmp_path / "c" / "prefixes"
    assert ModelStore().root == tmp_path / "c" / "models"
    assert not (tmp_path / "c").exists()


def test_the_default_cap_leaves_most_of_the_disk_and_does_not_creep(tmp_path: Path) -> None:
    free_bytes = shutil.disk_usage(tmp_path).free
    cap = PrefixStore(tmp_path / "p").max_bytes
    assert cap <= 8_000_000_000
    assert cap == 8_000_000_000 or abs(cap - free_bytes // 4) < free_bytes // 100


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    os.umask(0)
    root = tmp_path / "prefixes"
    _save(_store(root), (1, 2))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in _files(root)}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root, *root.iterdir())} == {0o700}


def test_clear_removes_everything_of_ours_and_says_how_much(tmp_path: Path) -> None:
    store = _store(tmp_path)
    assert (store.total_bytes(), store.clear()) == (0, 0)
    _save(store, (1, 2))
    store.save("another", _ids((1,)), 0, _pages((1,)))
    held = store.total_bytes()
    assert held == 2 * 4096 + 3 * _PAGE_BYTES
    (tmp_path / "not ours").write_text("kept")
    assert store.clear() == held
    assert [path.name for path in tmp_path.iterdir()] == ["not ours"]
    assert _save(store, (1, 2)) == 2


def test_the_extents_that_were_not_used_for_the_longest_go_first(tmp_path: Path) -> None:
    store = _store(tmp_path, 3 * _FILE_BYTES)
    for prompt in ((1,), (2,), (3,)):
        _save(store, prompt)
        time.sleep(0.01)
    assert _read(store, (1,)) == 1
    time.sleep(0.01)
    assert _save(store, (4,)) == 1
    assert [_read(store, (number,)) for number in (1, 2, 3, 4)] == [1, 0, 1, 1]
    time.sleep(0.01)
    assert _save(store, (3,)) == 1  # nothing is written, but used
    store.save("another", _ids((5,)), 0, _pages((5,)))
    assert [_read(store, (number,)) for number in (1, 3, 4)] == [0, 1, 1]
    assert store.total_bytes() == 3 * _FILE_BYTES


def test_the_end_of_a_prompt_goes_before_its_beginning(tmp_path: Path) -> None:
    store = _store(tmp_path, 4 * _FILE_BYTES)
    for end in (1, 2, 3, 4):
        _save(store, (1, 2, 3, 4)[:end], first=end - 1)
    _save(store, (9,))
    assert _read(store, (1, 2, 3, 4)) == 3
    _save(store, (9, 8), first=1)
    assert _read(store, (9, 8)) == 2
    assert _read(store, (1, 2, 3, 4)) == 2


def test_a_prompt_never_pushes_out_its_own_pages(tmp_path: Path) -> None:
    store = _store(tmp_path, 2 * _FILE_BYTES)
    assert _save(store, (1,)) == 1
    assert _save(store, (1, 2), first=1) == 1
    assert _save(store, (1, 2, 3), first=2) == 0
    assert _read(store, (1, 2, 3)) == 2


def test_of_a_prompt_that_is_larger_than_the_cap_the_beginning_is_kept(tmp_path: Path) -> None:
    store = _store(tmp_path, 4096 + 5 * _PAGE_BYTES + 7)
    _save(store, (9,))
    assert _save(store, range(20)) == 5
    assert store.total_bytes() <= store.max_bytes
    assert _read(store, range(20)) == 5
    assert _read(store, (9,)) == 0
    for cap in (0, 1, 4096, 4096 + _PAGE_BYTES - 1):
        assert _save(_store(tmp_path / "tiny", cap), (1, 2)) == 0
    assert _files(tmp_path / "tiny") == []


def test_a_file_that_is_removed_between_match_and_read(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _save(store, (1, 2))
    match = store.match(_KEY, _ids((1, 2, 3)), _PAGE_BYTES)
    _save(store, (1, 2, 3), first=2)
    longer = store.match(_KEY, _ids((1, 2, 3)), _PAGE_BYTES)
    min(_files(tmp_path), key=lambda path: path.stat().st_size).unlink()
    into = np.zeros((3, _PAGE_BYTES), np.uint8)
    assert (match.read(into), longer.read(into)) == (2, 2)
    store.clear()
    assert (match.read(into), longer.read(into)) == (0, 0)


def test_the_same_pages_written_again_between_match_and_read(tmp_path: Path) -> None:
    """Another machine or number of threads gives bytes that differ a little, with checksums of their own."""
    store = _store(tmp_path)
    _save(store, (1, 2))
    match = store.match(_KEY, _ids((1, 2)), _PAGE_BYTES)
    store.clear()
    other = _pages((3, 4))
    store.save(_KEY, _ids((1, 2)), 0, other)
    into = np.zeros_like(other)
    assert match.read(into) == 2
    assert (into == other).all()


def test_a_file_put_in_the_place_of_another_is_not_taken_for_it(tmp_path: Path) -> None:
    store = _store(tmp_path)
    _save(store, (1, 2))
    (wanted,) = _files(tmp_path)
    match = store.match(_KEY, _ids((1, 2)), _PAGE_BYTES)
    _save(store, (3, 4))
    (other,) = set(_files(tmp_path)) - {wanted}
    other.replace(wanted)
    assert match.read(np.zeros((2, _PAGE_BYTES), np.uint8)) == 0
    assert (_read(store, (1, 2)), _read(store, (3, 4))) == (0, 2)


@settings(max_examples=150)
@given(data=st.data())
def test_damage_never_yields_a_wrong_page(data: st.DataObject) -> None:
    """Bits flipped, parts overwritten, cut off or added anywhere: fewer pages come back, and saving heals it."""
    prompt = (1, 2, 3, 4, 5)
    with TemporaryDirectory() as directory:
        store = _store(Path(directory))
        _save(store, prompt[:3])
        _save(store, prompt, first=3)
        file = data.draw(st.sampled_from(_files(store.root)))
        good = file.read_bytes()
        start = data.draw(st.integers(0, len(good) - 1) | st.integers(0, 200))
        kind = data.draw(st.sampled_from(["flip", "zero", "cut", "longer", "shifted"]))
        bad = {
            "flip": good[:start] + bytes([good[start] ^ 1 << data.draw(st.integers(0, 7))]) + good[start + 1 :],
            "zero": good[:start] + bytes(len(good) - start),
            "cut": good[:start],
            "longer": good + data.draw(st.binary(min_size=1, max_size=200)),
            "shifted": good[:start] + b"\0" + good[start:-1],
        }[kind]
        file.write_bytes(bad)
        n_right = _read(store, prompt)
        assert (n_right < 5) <= (bad != good)
        if n_right < 5:
            assert not file.exists()
        assert _save(store, prompt) == 5
        assert _read(store, prompt) == 5


_PROMPTS = st.lists(st.integers(0, 2), max_size=6).map(tuple)


@settings(max_examples=60)
@given(steps=st.lists(st.tuples(_PROMPTS, st.integers(0, 6), st.booleans()), max_size=15))
def test_it_behaves_like_a_dictionary(steps: list[tuple[tuple[int, ...], int, bool]]) -> None:
    """The reference maps each beginning to the bytes of its last page as they were first saved."""
    reference: dict[tuple[int, ...], bytes] = {}
    with TemporaryDirectory() as directory:
        store = _store(Path(directory))
        for number, (prompt, first, is_save) in enumerate(steps):
            first = min(first, len(prompt))  # noqa: PLW2901
            if is_save:
                pages = np.random.default_rng(number).integers(
                    0, 256, (len(prompt) - first, _PAGE_BYTES), dtype=np.uint8
                )
                assert store.save(_KEY, _ids(prompt), first, pages) == len(pages)
                for end, page in enumerate(pages, start=first + 1):
                    reference.setdefault(prompt[:end], page.tobytes())
            expected = []
            while len(expected) < len(prompt) and prompt[: len(expected) + 1] in reference:
                expected.append(reference[prompt[: len(expected) + 1]])
            match = store.match(_KEY, _ids(prompt), _PAGE_BYTES)
            into = np.zeros((match.n_pages, _PAGE_BYTES), np.uint8)
            assert match.read(into) == match.n_pages == len(expected)
            assert into.tobytes() == b"".join(expected)


@settings(max_examples=60)
@given(
    prompts=st.lists(st.tuples(_PROMPTS, st.integers(0, 6)), max_size=15),
    cap=st.integers(0, 6 * _FILE_BYTES),
)
def test_the_cap_holds_after_every_step(prompts: list[tuple[tuple[int, ...], int]], cap: int) -> None:
    with TemporaryDirectory() as directory:
        store = _store(Path(directory), cap)
        for prompt, first in prompts:
            first = min(first, len(prompt))  # noqa: PLW2901
            n_before = _read(store, prompt)
            n_saved = _save(store, prompt, first=first)
            assert store.total_bytes() <= cap
            assert _read(store, prompt) >= (first + n_saved if first <= n_before else n_before)


def test_a_kill_in_mid_write_leaves_nothing_that_is_believed(tmp_path: Path) -> None:
    page_bytes, prompt = 100_000, tuple(range(30))
    pages, ids = _pages(prompt, page_bytes), _ids(prompt)
    store = _store(tmp_path)

    def save_in_a_loop() -> None:
        while True:
            store.save(_KEY, ids, 0, pages)
            store.clear()

    draw = random.Random(0)
    n_torn = 0
    for _ in range(60):
        child = _in_child(save_in_a_loop)
        time.sleep(draw.uniform(0.002, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        n_torn += len(_files(tmp_path, "*.tmp"))
        assert _read(store, prompt, page_bytes) in {0, 30}
        assert store.save(_KEY, _ids((99,)), 0, _pages((99,), page_bytes)) == 1
        assert _files(tmp_path, "*.tmp") == []
        store.clear()
    assert n_torn > 0


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    store = _store(tmp_path, 20 * 1_000_000)
    reader, writer = os.pipe()

    def write_slowly() -> None:
        os.write(writer, b"x")
        while True:
            _save(store, range(15), page_bytes=1_000_000)
            for path in _files(tmp_path, "*.kv"):
                path.unlink()

    child = _in_child(write_slowly)
    try:
        os.read(reader, 1)
        deadline_s = time.monotonic() + 60
        while time.monotonic() < deadline_s:
            os.kill(child, signal.SIGSTOP)
            os.waitpid(child, os.WUNTRACED)
            if any(path.stat().st_size > 1_000_000 for path in _files(tmp_path, "*.tmp")):
                break
            os.kill(child, signal.SIGCONT)
            time.sleep(0.003)
        (unfinished,) = _files(tmp_path, "*.tmp")
        held = unfinished.stat().st_size
        assert _save(store, (1, 2)) == 2
        assert unfinished.exists()
        assert store.total_bytes() == held + 4096 + 2 * _PAGE_BYTES + sum(
            path.stat().st_size for path in _files(tmp_path, "*.kv") if path.stat().st_size > 1_000_000
        )
        store.clear()
        assert _files(tmp_path) == [unfinished]
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert _save(store, (1, 2)) == 2
    assert not unfinished.exists()


def test_processes_that_save_evict_and_read_at_once(tmp_path: Path) -> None:
    page_bytes = 20_000
    prompts = [tuple(range(n)) for n in (3, 8, 12)] + [(*range(6), 50 + n, 60, 61) for n in range(3)] + [(70, 71)]
    expected = {prompt: (_ids(prompt), _pages(prompt, page_bytes)) for prompt in prompts}

    def work(seed: int) -> None:
        draw = random.Random(seed)
        store = _store(tmp_path, 20 * page_bytes)
        for _ in range(150):
            ids, pages = expected[draw.choice(prompts)]
            match = store.match(_KEY, ids, page_bytes)
            into = np.zeros((match.n_pages, page_bytes), np.uint8)
            n_right = match.read(into)
            assert (into[:n_right] == pages[:n_right]).all()
            assert store.save(_KEY, ids, n_right, pages[n_right:]) <= len(pages) - n_right

    _wait(*(_in_child(lambda seed=seed: work(seed)) for seed in range(3)))  # type: ignore[misc]
    store = _store(tmp_path, 20 * page_bytes)
    assert _files(tmp_path, "*.tmp") == []
    for prompt in prompts:
        assert _save(store, prompt, page_bytes=page_bytes) == len(prompt)
        assert store.total_bytes() <= store.max_bytes
        assert _read(store, prompt, page_bytes) == len(prompt)


def test_two_processes_save_the_same(tmp_path: Path) -> None:
    page_bytes, prompt = 100_000, tuple(range(20))
    ids, pages = _ids(prompt), _pages(prompt, page_bytes)
    store = _store(tmp_path)
    _wait(*(_in_child(lambda: [store.save(_KEY, ids, 0, pages), None][1]) for _ in range(4)))
    assert _read(store, prompt, page_bytes) == 20
    assert len(_files(tmp_path)) == 1


def test_of_extents_that_overlap_those_not_needed_go(tmp_path: Path) -> None:
    store = _store(tmp_path / "one", 3 * 4096 + 12 * _PAGE_BYTES)
    for number, prompt in enumerate(((1, 2), (1, 2, 3, 4), (1, 2, 3))):
        other = _store(tmp_path / str(number))
        _save(other, prompt)
        shutil.copytree(other.root, store.root, dirs_exist_ok=True)
    assert len(_files(store.root)) == 3
    time.sleep(0.01)
    assert _save(store, (1, 2, 3, 4, 5)) == 5
    assert [path.stat().st_size for path in _files(store.root, "*-4.kv")] == [4096 + 4 * _PAGE_BYTES]
    assert _read(store, (1, 2, 3, 4, 5)) == 5
    assert store.total_bytes() <= store.max_bytes


def test_a_limit_on_file_sizes_is_like_a_full_disk(tmp_path: Path) -> None:
    store = _store(tmp_path)

    def save() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        assert store.save(_KEY, _ids((1, 2)), 0, np.ones((2, 40_000), np.uint8)) == 0
        assert _files(tmp_path) == []
        assert _save(store, (1, 2)) == 2

    _wait(_in_child(save))
    assert _read(store, (1, 2)) == 2


@contextmanager
def _small_disk(directory: Path) -> Iterator[Path]:
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield directory
    finally:
        subprocess.run(["umount", directory], check=True)


def test_a_full_disk(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk") as disk:
        assert PrefixStore(disk / "p").max_bytes == (256 << 10) // 4
        store = _store(disk / "p")
        assert _save(store, (1, 2)) == 2
        assert store.save(_KEY, _ids((1, 2, 3)), 2, np.ones((1, 400_000), np.uint8)) == 0
        assert _files(store.root, "*.tmp") == []
        assert _read(store, (1, 2)) == 2
        with pytest.raises(OSError, match="No space"):
            (disk / "filler").write_bytes(bytes(1 << 20))
        assert _save(store, (1, 2, 3), first=2) == 0
        assert _save(_store(disk / "other"), (1,)) == 0
        assert _read(store, (1, 2, 3)) == 2
        (disk / "filler").unlink()
        assert _save(store, (1, 2, 3), first=2) == 1


def test_a_read_only_disk(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk") as disk:
        store = _store(disk / "p")
        _save(store, (1, 2))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert _read(store, (1, 2, 3)) == 2
        assert _save(store, (1, 2, 3), first=1) == 1
        assert store.clear() == 0
        assert _save(_store(disk / "other"), (1,)) == 0


def test_a_directory_that_may_not_be_read_holds_nothing(tmp_path: Path) -> None:
    root = tmp_path / "prefixes"
    _save(_store(root), (1, 2))

    def work() -> None:
        root.chmod(0)
        if os.geteuid() == 0:  # root reads everything
            os.setuid(65_534)
        store = _store(root)
        assert (_read(store, (1, 2)), _save(store, (1, 2)), store.total_bytes(), store.clear()) == (0, 0, 0, 0)
        assert PrefixStore(root).max_bytes >= 0

    _wait(_in_child(work))
    root.chmod(0o700)
    assert _read(_store(root), (1, 2)) == 2


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "prefixes").touch()
    store = PrefixStore(tmp_path / "prefixes")
    assert (_read(store, (1, 2)), _save(store, (1, 2)), store.total_bytes(), store.clear()) == (0, 0, 0, 0)
    below = PrefixStore(tmp_path / "prefixes" / "deeper")
    assert (_read(below, (1, 2)), _save(below, (1, 2))) == (0, 0)


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    store = _store(tmp_path, 2 * _FILE_BYTES)
    _save(store, (1,))
    (directory,) = tmp_path.iterdir()
    (directory / "notes.txt").write_text("mine")
    (directory / "folder.kv").mkdir()
    for number in (2, 3, 4):
        assert _save(store, (number,)) == 1
    store.clear()
    assert sorted(path.name for path in directory.iterdir()) == ["folder.kv", "notes.txt"]
