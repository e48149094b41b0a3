"""A prompt that is mostly an earlier one: what is taken over, how close that is, and that it never counts as exact."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.api import Progress
from model.engine import DenseMemory, Engine
from model.native.library import kernels_are_there
from model.native.network import NativeNetwork
from model.paging import PAGE_TOKENS
from model.prefixes import PrefixStore
from model.trails import SUFFIX, is_spliced

pytestmark = pytest.mark.skipif(not kernels_are_there(), reason="the kernels were not compiled")

N_TOKENS = 2_500


@pytest.fixture(scope="module")
def ids() -> list[int]:
    return [int(id_) for id_ in np.random.default_rng(0).integers(0, 200, N_TOKENS)]


@pytest.fixture
def store(tmp_path: Path) -> PrefixStore:
    return PrefixStore(tmp_path / "prefixes", max_bytes=1 << 30)


@pytest.fixture
def engine(tiny_directory: Path, store: PrefixStore) -> Engine:
    return Engine.load(tiny_directory, device="cpu", prefixes=store)


def silent(_value: object) -> None:
    """Hear nothing."""


def shares(engine: Engine, memory: DenseMemory) -> np.ndarray:
    """Return how likely each token is behind a memory, which stays as it was."""
    logits = engine.network.feed([(memory.cache.fork(), [7])])[0].astype(np.float64)
    likely = np.exp(logits - logits.max())
    return np.asarray(likely / likely.sum())


def edited(ids: list[int], at: int, n_removed: int = 5) -> list[int]:
    return [*ids[:at], 1, 2, 3, *ids[at + n_removed :]]


def test_after_an_edit_what_stands_behind_it_is_taken_over(engine: Engine, ids: list[int]) -> None:
    engine.prefill(ids, silent)
    heard: list[Progress] = []
    memory = engine.prefill(edited(ids, 300), heard.append)
    assert memory.n_reused > len(ids) - 2 * PAGE_TOKENS
    assert memory.cache.n_tokens == memory.n_tokens == len(ids) - 2
    assert (heard[-1].done, heard[-1].total) == (len(ids) - 2, len(ids) - 2)
    assert [each.done for each in heard] == sorted(each.done for each in heard)
    again = engine.prefill(edited(ids, 300), silent)
    assert again.n_reused == len(ids) - 3
    assert np.array_equal(shares(engine, again), shares(engine, memory))


def test_it_is_close_to_what_encoding_gives(engine: Engine, tiny_directory: Path, ids: list[int]) -> None:
    plain = Engine.load(tiny_directory, device="cpu")
    engine.prefill(ids, silent)
    other = shares(plain, plain.prefill(ids[::-1], silent))
    moved = [*ids[:64], *ids[200:1_200], *ids[64:200], *ids[1_200:]]
    for changed in (edited(ids, 300), moved):
        memory = engine.prefill(changed, silent)
        assert memory.n_reused > 0.9 * len(ids)
        exact, spliced = shares(plain, plain.prefill(changed, silent)), shares(engine, memory)
        assert np.abs(exact - spliced).sum() < 0.3 * np.abs(exact - other).sum()


def test_a_short_part_that_goes_to_the_end_is_encoded_anew(engine: Engine, ids: list[int]) -> None:
    engine.prefill(ids, silent)
    memory = engine.prefill([*ids[:64], *ids[300:], *ids[64:300]], silent)
    assert 236 <= memory.n_tokens - memory.n_reused < 236 + 2 * PAGE_TOKENS
    long = engine.prefill([*ids[:64], *ids[1_450:], *ids[64:1_450]], silent)
    assert long.n_reused > len(ids) - 2 * PAGE_TOKENS


def test_exact_is_exact_whatever_is_on_disk(engine: Engine, tiny_directory: Path, ids: list[int]) -> None:
    plain, changed = Engine.load(tiny_directory, device="cpu"), edited(ids, 300)
    engine.prefill(ids, silent)
    engine.prefill(changed, silent)
    memory = engine.prefill(changed, silent, exact=True)
    assert memory.n_reused == 300 // PAGE_TOKENS * PAGE_TOKENS
    assert np.array_equal(shares(engine, memory), shares(plain, plain.prefill(changed, silent)))
    assert engine.prefill(changed, silent, exact=True).n_reused == len(changed) - 1
    further = [*changed, *ids[:2_000]]  # the latest trail is that of the exact one
    assert np.array_equal(
        shares(engine, engine.prefill(further, silent)), shares(plain, plain.prefill(further, silent))
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda ids: edited(ids, len(ids) - 500),  # little stands behind it
        lambda ids: [*ids[:100], *ids[700:], *ids[:600][::-1]],  # too much is new
        lambda ids: ids[::-1],
    ],
)
def test_what_is_not_worth_it_is_encoded(
    engine: Engine, tiny_directory: Path, ids: list[int], change: Callable[[list[int]], list[int]]
) -> None:
    plain, changed = Engine.load(tiny_directory, device="cpu"), change(ids)
    engine.prefill(ids, silent)
    memory = engine.prefill(changed, silent)
    assert np.array_equal(shares(engine, memory), shares(plain, plain.prefill(changed, silent)))


def test_what_was_taken_over_often_is_encoded_anew(engine: Engine, store: PrefixStore, ids: list[int]) -> None:
    changed, encoded = list(ids), []
    engine.prefill(changed, silent)
    for number in range(30):
        changed = [*changed[: 70 + number], 5, *changed[70 + number :]]
        memory = engine.prefill(changed, silent)
        encoded.append(memory.n_tokens - memory.n_reused)
    assert max(encoded[:8]) < 2 * PAGE_TOKENS
    assert max(encoded) < len(ids) / 8 + 2 * PAGE_TOKENS  # never much at once
    assert sum(encoded) > 1.5 * len(ids)  # but all of it in time
    network = engine.network
    assert isinstance(network, NativeNetwork)
    assert network.identity
    latest = next(store.trails(network.identity, network.page_bytes))
    assert is_spliced(latest.keys)
    assert latest.ages.max() < 20


def test_a_broken_off_one_leaves_what_is_whole(engine: Engine, store: PrefixStore, ids: list[int]) -> None:
    engine.prefill(ids, silent)
    changed = [*ids[:300], *range(100), *ids[300:1_500], *range(100, 150), *ids[1_500:]]

    def interrupt(progress: Progress) -> None:
        if progress.done > 1_600:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.prefill(changed, interrupt)
    assert len(list(store.root.rglob(f"*{SUFFIX}"))) == 1
    assert engine.prefill(changed, silent).n_reused > len(ids) - 4 * PAGE_TOKENS


def test_damaged_trails_cost_time_alone(engine: Engine, store: PrefixStore, ids: list[int]) -> None:
    engine.prefill(ids, silent)
    [trail] = store.root.rglob(f"*{SUFFIX}")
    whole = trail.read_bytes()
    for content in (b"", whole[:100], whole[:-30], b"\0" * len(whole)):
        trail.write_bytes(content)
        memory = engine.prefill(edited(ids, 300), silent, exact=True)
        assert memory.n_tokens == len(ids) - 2
        assert engine.prefill(edited(ids, 299), silent).n_tokens == len(ids) - 2


def test_only_the_latest_prompts_leave_trails(engine: Engine, store: PrefixStore, ids: list[int]) -> None:
    for number in range(10):
        engine.prefill([number, *ids[:1_100]], silent)
    engine.prefill(ids[:100], silent)  # too short to be worth one
    assert len(list(store.root.rglob(f"*{SUFFIX}"))) == 8
    store.clear()
    assert not list(store.root.rglob("*.*"))


def test_moved_tokens_are_those_that_were_read(engine: Engine, ids: list[int]) -> None:
    network = engine.network
    assert isinstance(network, NativeNetwork)
    cache, copied = network.new_cache(), network.new_cache()
    network.feed([(cache, ids[:200])])
    for start, end in ((0, 1), (1, 65), (65, 130), (130, 200)):
        network.move(cache, start, end - start, copied)
    assert np.array_equal(network.feed([(cache, [3])]), network.feed([(copied, [3])]))
