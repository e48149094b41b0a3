"""A second request on the same prefix reads its keys and values from disk, and answers the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from model.api import Progress, Sampling
from model.engine import DenseMemory, Engine
from model.native.library import kernels_are_there
from model.native.network import NativeNetwork
from model.paging import PAGE_TOKENS
from model.prefixes import PrefixStore
from model.tokenizer import Tokenizer
from tests.fakes.repositories import CORPUS

pytestmark = pytest.mark.skipif(not kernels_are_there(), reason="the kernels were not compiled")


@pytest.fixture
def ids(tiny_directory: Path) -> list[int]:
    return (Tokenizer.from_directory(tiny_directory).encode(CORPUS) * 5)[: 10 * PAGE_TOKENS + 7]


@pytest.fixture
def store(tmp_path: Path) -> PrefixStore:
    return PrefixStore(tmp_path / "prefixes", max_bytes=1 << 30)


@pytest.fixture
def engines(tiny_directory: Path, store: PrefixStore) -> Iterator[Engine]:
    """Return engines that know nothing of one another but what is on disk."""
    return (Engine.load(tiny_directory, device="cpu", prefixes=store) for _ in iter(int, 1))


def silent(_value: object) -> None:
    """Hear nothing."""


def answer(engine: Engine, memory: DenseMemory, directory: Path) -> str:
    tokenizer = Tokenizer.from_directory(directory)
    sampling = Sampling(max_new_tokens=20, temperature=1.0)
    [completion] = engine.decode(memory, tokenizer.encode("def "), sampling, tokenizer, lambda: None, silent)
    assert completion.n_reused_tokens == memory.n_reused
    return completion.text


def test_what_was_encoded_is_not_encoded_again(engines: Iterator[Engine], ids: list[int], tiny_directory: Path) -> None:
    first, second = next(engines), next(engines)
    heard: list[Progress] = []
    fresh, again = first.prefill(ids, silent), second.prefill(ids, heard.append)
    assert (fresh.n_reused, again.n_reused) == (0, len(ids) - 1)  # the last is always read
    assert [progress.done for progress in heard] == [0, len(ids) - 1, len(ids) - 1, len(ids)]
    assert answer(first, fresh, tiny_directory) == answer(second, again, tiny_directory)


def test_an_edit_keeps_what_stands_before_it(engines: Iterator[Engine], ids: list[int]) -> None:
    next(engines).prefill(ids, silent)
    edited = [*ids[:300], 1, *ids[300:]]
    assert next(engines).prefill(edited, silent).n_reused == 300 // PAGE_TOKENS * PAGE_TOKENS
    assert next(engines).prefill(edited, silent).n_reused == len(edited) - 1
    assert next(engines).prefill(ids, silent).n_reused == len(ids) - 1  # the old state is there, too
    assert next(engines).prefill(ids[: 3 * PAGE_TOKENS], silent).n_reused == 3 * PAGE_TOKENS - 1
    assert next(engines).prefill([*ids, 5], silent).n_reused == 10 * PAGE_TOKENS  # a page not full is for one end


def test_what_was_read_before_ctrl_c_is_kept(engines: Iterator[Engine], ids: list[int]) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(engines).prefill(ids, interrupt)
    assert next(engines).prefill(ids, silent).n_reused == 512


def test_damage_costs_time_alone(
    engines: Iterator[Engine], ids: list[int], store: PrefixStore, tiny_directory: Path
) -> None:
    engine = next(engines)
    expected = answer(engine, engine.prefill(ids, silent), tiny_directory)
    [extent] = store.root.rglob("*.kv")
    content = bytearray(extent.read_bytes())
    content[len(content) // 2] ^= 1
    extent.write_bytes(content)
    engine = next(engines)
    memory = engine.prefill(ids, silent)
    assert 0 < memory.n_reused < 10 * PAGE_TOKENS
    assert answer(engine, memory, tiny_directory) == expected
    assert next(engines).prefill(ids, silent).n_reused == len(ids) - 1  # and it is whole again


def test_other_weights_have_states_of_their_own(tmp_path: Path, tiny_directory: Path) -> None:
    network = Engine.load(tiny_directory, device="cpu").network
    assert isinstance(network, NativeNetwork)
    before = network.identity
    weights = tmp_path / "copy"
    weights.mkdir()
    for path in tiny_directory.iterdir():
        (weights / path.name).write_bytes(path.read_bytes())
    other = Engine.load(weights, device="cpu").network
    assert before
    assert other.identity not in {None, before}


def test_attempts_share_the_prompt_and_are_what_each_would_be_alone(
    engines: Iterator[Engine], ids: list[int], tiny_directory: Path
) -> None:
    engine, tokenizer = next(engines), Tokenizer.from_directory(tiny_directory)
    memory = engine.prefill(ids, silent)
    tail = tokenizer.encode("def ")
    heard: list[str] = []
    sampling = Sampling(temperature=1.0, seed=3, max_new_tokens=30, n_attempts=5)
    together = engine.decode(memory, tail, sampling, tokenizer, lambda: None, heard.append)
    assert together[0].text.startswith("".join(heard))
    assert len({completion.text for completion in together}) == 5
    for i, completion in enumerate(together):
        alone = Sampling(temperature=1.0, seed=3 + i, max_new_tokens=30)
        [expected] = engine.decode(memory, tail, alone, tokenizer, lambda: None, silent)
        assert (completion.text, completion.mean_logprob) == (expected.text, expected.mean_logprob)
    assert memory.cache.n_tokens == len(ids)
