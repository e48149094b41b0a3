"""The engine on a tiny network in float32, against transformers' own generation and against plain passes."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GenerationConfig, MistralConfig, MistralForCausalLM

from agent.parse import parse_patch
from model.api import Editable, Flaw, Progress, Sampling
from model.constraint import DiffConstraint
from model.correction import Rewrite
from model.decisions import MAX_REVISIONS
from model.decoding import Decoding
from model.engine import Engine
from model.errors import DeviceError, WeightsError
from model.sampler import Sampler
from model.tokenizer import Tokenizer
from model.tree import FileTree
from model.vocabulary import Vocabulary
from tests.fakes.logits import Writing
from tests.fakes.repositories import CORPUS

GREEDY = Sampling(max_new_tokens=40)
FILES = {"a.py": ["import os", "", "def one():", "    return 1", "", "def two():", "    return 2"]}


def silent(_value: object) -> None:
    """Hear nothing."""


def unconstrained() -> None:
    """Constrain nothing."""


@pytest.fixture(scope="module")
def tokenizer(tiny_directory: Path) -> Tokenizer:
    return Tokenizer.from_directory(tiny_directory)


@pytest.fixture(scope="module")
def engine(tiny_directory: Path) -> Engine:
    return Engine.load(tiny_directory, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def prompt(tokenizer: Tokenizer) -> list[int]:
    return tokenizer.encode(CORPUS)


def generated(network: Any, ids: Sequence[int], tokenizer: Tokenizer, n_tokens: int) -> list[int]:
    stops = set(network.generation_config.eos_token_id)
    out = network.generate(
        torch.tensor([ids]),
        max_new_tokens=n_tokens,
        do_sample=False,
        suppress_tokens=sorted(tokenizer.control_ids - stops),
    )
    new = out[0, len(ids) :].tolist()
    return new[:-1] if new[-1] in stops else new


def test_greedy_text_is_what_transformers_generates(engine: Engine, tokenizer: Tokenizer, prompt: list[int]) -> None:
    for start in (0, 7, 100):
        prefix, tail = prompt[start : start + 60], prompt[start + 60 : start + 75]
        [completion] = engine.decode(engine.prefill(prefix, silent), tail, GREEDY, tokenizer, unconstrained, silent)
        expected = generated(engine.network.network, prefix + tail, tokenizer, GREEDY.max_new_tokens)
        text = tokenizer.decode(expected)
        assert completion.text == text[: len(completion.text)]
        assert text.removeprefix(completion.text).strip("\ufffd") == ""  # a character that was not finished
        assert completion.n_new_tokens == len(expected)
        assert completion.n_prompt_tokens == 75


def test_a_prompt_in_chunks_is_read_as_in_one_pass(
    engine: Engine, prompt: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = (prompt * 3)[:900]
    assert len(ids) > engine.network.chunk_tokens
    seen: list[Progress] = []
    chunked = engine._read(ids, engine.network.new_cache(), seen.append)
    assert [progress.done for progress in seen] == [0, 512, 900]
    monkeypatch.setattr(engine.network, "chunk_tokens", 10_000)
    torch.testing.assert_close(chunked, engine._read(ids, engine.network.new_cache(), silent), atol=1e-4, rtol=1e-4)


def test_what_is_fed_after_a_correction_is_what_a_fresh_pass_gives(
    engine: Engine, tokenizer: Tokenizer, prompt: list[int]
) -> None:
    vocabulary = Vocabulary.from_definition(tokenizer.definition)
    constraint = DiffConstraint(FileTree(Editable(FILES), vocabulary))
    decoding = Decoding(tokenizer, Sampler(Sampling()), frozenset(), constraint, silent)
    script = ["", "--- a/a.py\n", "+++ b/a.py\n", "@@\n", " import os\n", "+import sys\n", "+\n", "+def one():\n",
              "+def two():\n", "-    return 1\n", " \n", "+def three():\n", "```"]  # fmt: skip
    model = Writing(vocabulary, script)
    cache = engine.network.new_cache()
    ids = prompt[:50]
    engine._read(ids, cache, silent)
    n_corrections = 0
    while feed := decoding.step(model(vocabulary.spell(ids[50:]))):
        n_corrections += feed.n_dropped > 0
        cache.crop(cache.n_tokens - feed.n_dropped)
        ids = [*ids[: len(ids) - feed.n_dropped], *feed.ids]
        logits = engine._read(feed.ids, cache, silent, n_read=cache.n_tokens)
        fresh = engine._read(ids, engine.network.new_cache(), silent)
        torch.testing.assert_close(logits, fresh, atol=1e-4, rtol=1e-4)
        assert cache.n_tokens == len(ids)
    assert n_corrections == 2
    assert decoding.done


def test_a_memory_can_be_asked_again(engine: Engine, tokenizer: Tokenizer, prompt: list[int]) -> None:
    memory = engine.prefill(prompt[:80], silent)
    before = [layer.keys.clone() for layer in memory.cache.states.layers]
    [first] = engine.decode(memory, prompt[80:90], GREEDY, tokenizer, unconstrained, silent)

    class Stop(Exception):  # noqa: N818 - not an error
        """The user has seen enough."""

    def stop(_text: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        engine.decode(memory, prompt[90:95], GREEDY, tokenizer, unconstrained, stop)
    broken = engine.network.network.model.layers[1].register_forward_hook(lambda *_args: stop(""))
    with pytest.raises(Stop):  # the first layer has read the tail, the others have not
        engine.decode(memory, prompt[90:95], GREEDY, tokenizer, unconstrained, silent)
    broken.remove()
    [again] = engine.decode(memory, prompt[80:90], GREEDY, tokenizer, unconstrained, silent)
    assert again.text == first.text
    assert [layer.get_seq_length() for layer in memory.cache.states.layers] == [80, 80]
    assert all(torch.equal(old, layer.keys) for old, layer in zip(before, memory.cache.states.layers, strict=True))


def test_an_answer_ends_at_its_limit(engine: Engine, tokenizer: Tokenizer, prompt: list[int]) -> None:
    memory = engine.prefill(prompt[:80], silent)
    [completion] = engine.decode(memory, prompt[80:90], Sampling(max_new_tokens=5), tokenizer, unconstrained, silent)
    assert completion.finish_reason == "length"
    assert completion.n_new_tokens == completion.n_chosen_tokens == 5


def test_corrections_cannot_make_an_answer_endless(engine: Engine, tokenizer: Tokenizer, prompt: list[int]) -> None:
    """A constraint that takes every line back would have the model write for ever."""

    class TakesBack(DiffConstraint):
        def _add(self) -> None:
            super()._add()
            if self._pending_rewrite is None:
                self._written[-1].hunks[-1]._lines.pop()
                self._pending_rewrite = Rewrite(1)

    vocabulary = Vocabulary.from_definition(tokenizer.definition)
    limit = Sampling(temperature=1.0, max_new_tokens=400)
    n_passes = 0

    def count(*_args: object) -> None:
        nonlocal n_passes
        n_passes += 1

    hook = engine.network.network.register_forward_hook(count)
    memory = engine.prefill(prompt[:20], silent)
    [completion] = engine.decode(
        memory, prompt[20:25], limit, tokenizer, lambda: TakesBack(FileTree(Editable({}), vocabulary)), silent
    )
    hook.remove()
    assert completion.n_chosen_tokens <= 2 * limit.max_new_tokens
    assert n_passes <= 2 * limit.max_new_tokens + 3


def test_a_random_network_writes_diffs_that_parse(engine: Engine, tokenizer: Tokenizer, prompt: list[int]) -> None:
    vocabulary = Vocabulary.from_definition(tokenizer.definition)
    memory = engine.prefill(prompt[:30], silent)
    n_diffs = 0
    for seed in range(3):
        sampling = Sampling(temperature=1.0, seed=seed, max_new_tokens=150)
        [completion] = engine.decode(
            memory,
            prompt[30:40],
            sampling,
            tokenizer,
            lambda: DiffConstraint(FileTree(Editable(FILES), vocabulary)),
            silent,
        )
        n_diffs += completion.text != ""
        if completion.text:
            assert parse_patch(completion.text).files
    assert n_diffs


def test_a_model_that_attends_to_a_window_works_as_well(tmp_path: Path, tokenizer: Tokenizer) -> None:
    """Beyond its window, and again from one memory."""
    config = MistralConfig(
        vocab_size=tokenizer.size, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=16, max_position_embeddings=512,
    )  # fmt: skip
    torch.manual_seed(0)
    network = MistralForCausalLM(config).eval()
    stop = tokenizer.controls["<|im_end|>"]
    network.generation_config = GenerationConfig(eos_token_id=[stop])
    network.save_pretrained(tmp_path)
    engine = Engine.load(tmp_path, device="cpu", dtype="float32")
    ids = tokenizer.encode(CORPUS)[:60]
    expected = tokenizer.decode(generated(network, ids, tokenizer, 30))
    memory = engine.prefill(ids[:50], silent)
    for _ in range(2):
        [completion] = engine.decode(memory, ids[50:], Sampling(max_new_tokens=30), tokenizer, unconstrained, silent)
        assert expected.startswith(completion.text)
        assert completion.n_new_tokens == 30 or completion.finish_reason == "stop"
    logits = engine._read(ids[50:], memory.cache, silent, n_read=50)
    memory.cache.crop(30)
    engine._read(ids[30:50], memory.cache, silent, n_read=30)
    torch.testing.assert_close(engine._read(ids[50:], memory.cache, silent, n_read=50), logits, atol=1e-4, rtol=1e-4)


def test_prefill_time_is_estimated(engine: Engine) -> None:
    estimate = engine.network.estimate_prefill_s
    assert 0 < estimate(1000) < estimate(100_000)
    assert 0 < estimate(100_000, 99_000) < estimate(100_000)
    assert estimate(1000, 1000) == 0


@pytest.fixture
def copy(tiny_directory: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_directory, tmp_path / "copy"))


def load(directory: Path) -> Engine:
    return Engine.load(directory, device="cpu", dtype="float32")


def test_a_broken_model_is_an_error(copy: Path, tmp_path: Path) -> None:
    weights = copy / "model.safetensors"
    whole = weights.read_bytes()
    for content in (b"", whole[:100], whole[: len(whole) // 2], b"\xff" * 1000):
        weights.write_bytes(content)
        with pytest.raises(WeightsError, match="does not load as a causal language model"):
            load(copy)
    weights.unlink()
    with pytest.raises(WeightsError, match="does not load"):
        load(copy)
    with pytest.raises(WeightsError, match="does not load"):
        load(tmp_path / "nothing")
    (copy / "config.json").write_text("{")
    with pytest.raises(WeightsError, match="does not load"):
        load(copy)


def test_a_tensor_that_is_not_there_is_not_made_up(copy: Path) -> None:
    weights = copy / "model.safetensors"
    tensors = load_file(weights)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, weights, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"lacks 1 of the model's tensors, such as model\.layers\.1\.mlp\.up_proj"):
        load(copy)


def test_a_tensor_of_another_shape_is_an_error(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"intermediate_size": 100}))
    with pytest.raises(WeightsError, match="does not load"):
        load(copy)


def test_stop_ids_come_from_the_generation_settings_or_the_configuration(copy: Path, tokenizer: Tokenizer) -> None:
    end = tokenizer.controls["<|im_end|>"]
    assert load(copy).stop_ids == {end, tokenizer.controls["<|endoftext|>"]}
    (copy / "generation_config.json").unlink()
    assert load(copy).stop_ids == {end}


def test_a_device_that_is_not_there_is_an_error(tiny_directory: Path) -> None:
    with pytest.raises(DeviceError):
        Engine.load(tiny_directory, device="nonsense")


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("constrained", [True, False])
def test_drafts_change_nothing_but_the_number_of_passes(
    engine: Engine, tokenizer: Tokenizer, prompt: list[int], temperature: float, *, constrained: bool
) -> None:
    vocabulary = Vocabulary.from_definition(tokenizer.definition)
    tree = FileTree(Editable(FILES), vocabulary)
    memory = engine.prefill(prompt[:120], silent)

    def new_constraint() -> DiffConstraint | None:
        return DiffConstraint(tree) if constrained else None

    n_passes = {True: 0, False: 0}
    for seed in range(4):
        texts = {}
        for drafts in (True, False):
            sampling = Sampling(temperature=temperature, seed=seed, max_new_tokens=120, drafts=drafts)
            [completion] = engine.decode(memory, prompt[120:130], sampling, tokenizer, new_constraint, silent)
            texts[drafts] = (completion.text, completion.n_chosen_tokens, completion.mean_logprob)
            n_passes[drafts] += completion.n_passes
        assert texts[True][:2] == texts[False][:2]
        assert texts[True][2] == pytest.approx(texts[False][2], abs=1e-4)
    assert n_passes[True] <= n_passes[False]


def test_what_breaks_is_decided_anew(engine: Engine, tokenizer: Tokenizer, prompt: list[int]) -> None:
    """Every file is at fault the first times, so the answer goes back; it ends all the same, and says how often."""
    vocabulary = Vocabulary.from_definition(tokenizer.definition)
    asked: list[Sequence[str]] = []

    def check(_old: str | None, _new: str, lines: Sequence[str]) -> Flaw:
        asked.append(lines)
        return Flaw(len(lines) - 1, lacks=len(asked) % 2 == 0)

    tree = FileTree(Editable(FILES, check_file=check), vocabulary)
    memory = engine.prefill(prompt[:30], silent)
    n_rewinds = 0
    for seed in range(4):
        sampling = Sampling(temperature=1.0, seed=seed, max_new_tokens=300)
        [completion] = engine.decode(memory, prompt[30:40], sampling, tokenizer, lambda: DiffConstraint(tree), silent)
        n_rewinds += completion.n_rewinds
        assert completion.n_rewinds <= MAX_REVISIONS
        if completion.text:
            assert parse_patch(completion.text).files
    # Each time a file is found wrong the answer goes back, but when it went back as often as it may.
    assert n_rewinds > len(asked) / 2
    assert len(asked) >= n_rewinds
