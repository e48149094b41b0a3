"""The network on our kernels against transformers' own layers over the very same weights."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    MistralConfig,
    PretrainedConfig,
    Qwen2Config,
    Qwen3Config,
)

from model.errors import WeightsError
from model.native.cache import PagedCache
from model.native.kernels import Kernels
from model.native.library import KERNEL_SETS, kernels_are_there
from model.native.network import NativeNetwork, NetworkConfig
from model.native.weights import PACKED, PackedWeights
from model.paging import PAGE_TOKENS
from tests.fakes.walks import WALKS, Walked, walk

pytestmark = pytest.mark.skipif(not kernels_are_there(), reason="the kernels were not compiled")

SIZES: dict[str, Any] = {
    "vocab_size": 203, "hidden_size": 96, "intermediate_size": 160, "num_hidden_layers": 2,
    "max_position_embeddings": 4096,
}  # fmt: skip
CONFIGS: dict[str, PretrainedConfig] = {
    "qwen2": Qwen2Config(**SIZES, num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=False),
    "qwen2 tied, 7 heads a group": Qwen2Config(
        **{**SIZES, "hidden_size": 224}, num_attention_heads=14, num_key_value_heads=2, tie_word_embeddings=True
    ),
    "qwen3": Qwen3Config(**SIZES, num_attention_heads=4, num_key_value_heads=4, head_dim=32),
    "llama": LlamaConfig(**SIZES, num_attention_heads=3, num_key_value_heads=1, rope_theta=5e5, head_dim=32),
    "llama with biases": LlamaConfig(
        **SIZES, num_attention_heads=2, num_key_value_heads=1, head_dim=48, attention_bias=True, mlp_bias=True
    ),
    "llama with wide heads": LlamaConfig(
        **{**SIZES, "hidden_size": 320}, num_attention_heads=2, num_key_value_heads=1, head_dim=320
    ),
    "mistral": MistralConfig(**SIZES, num_attention_heads=6, num_key_value_heads=2, sliding_window=None),
}


def save(directory: Path, config: PretrainedConfig, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    network = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim == 1:  # norms are 1 and biases 0 at first, which would hide them
                parameter.copy_(torch.rand_like(parameter) + (0.5 if "norm" in name else -0.5))
    network.save_pretrained(directory)
    return directory


def load(directory: Path, n_threads: int = 2, kernels: Kernels | None = None) -> NativeNetwork:
    config, kernels = NetworkConfig.read(directory), kernels or Kernels.best(n_threads)
    assert config is not None
    assert kernels is not None
    return NativeNetwork.load(directory, config, kernels)


def plain(directory: Path, network: NativeNetwork) -> Any:
    """Return transformers' network with the weights as they were packed, in float32."""
    reference = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    kernels = Kernels.best(1)
    assert kernels is not None
    with torch.no_grad():
        for name, parameter in reference.named_parameters():
            if matrix := network._weights.matrices.get(name):
                rows = np.empty((matrix.n_rows, matrix.n_columns), dtype=np.float32)
                kernels.rows(matrix.weights(), np.arange(matrix.n_rows, dtype=np.int32), rows)
                parameter.copy_(torch.from_numpy(rows))
    return reference.eval()


@pytest.fixture(scope="module", params=CONFIGS)
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("network"), CONFIGS[request.param])


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> NativeNetwork:
    return load(save(tmp_path_factory.mktemp("qwen"), CONFIGS["qwen2"]))


def random_ids(n: int, seed: int = 0) -> list[int]:
    return [int(id_) for id_ in np.random.default_rng(seed).integers(0, SIZES["vocab_size"], n)]


def read(
    network: NativeNetwork, ids: list[int], *, step: int = 10_000, cache: PagedCache | None = None
) -> npt.NDArray[np.float32]:
    cache = cache or network.new_cache()
    for start in range(0, len(ids), step):
        logits = network.feed([(cache, ids[start : start + step])])[0]
    return logits


def test_logits_are_those_of_transformers(directory: Path) -> None:
    """Activations are rounded to int8 before each product, so within 3% of the logits' spread."""
    network = load(directory)
    reference = plain(directory, network)
    for n_tokens in (1, 5, 64, 65, 700):  # below and beyond a page, and a stretch of attention
        ids = random_ids(n_tokens)
        with torch.inference_mode():
            expected = reference(torch.tensor([ids])).logits[0, -1].numpy()
        logits = read(network, ids)
        assert logits.shape == expected.shape
        assert np.linalg.norm(logits - expected) / np.linalg.norm(expected - expected.mean()) < 0.03


def test_every_set_reads_nearly_the_same(directory: Path) -> None:
    ids = random_ids(300)
    expected = read(load(directory), ids)
    for name in KERNEL_SETS:
        try:
            kernels = Kernels(name, 2)
        except ValueError:  # not on this processor
            continue
        logits = read(load(directory, kernels=kernels), ids, step=150)
        assert np.linalg.norm(logits - expected) / np.linalg.norm(expected - expected.mean()) < 0.01


def test_the_largest_sums_of_attention_fit(tmp_path: Path) -> None:
    """Every key counts alike and every value is the same: the whole numbers behind them are all at their bound."""
    save(tmp_path, CONFIGS["qwen2"])
    tensors = load_file(tmp_path / "model.safetensors")
    for name, tensor in tensors.items():
        if "q_proj" in name or "v_proj" in name:
            tensor.fill_(1.0 if name.endswith("v_proj.bias") else 0.0)
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    network = load(tmp_path)
    ids = random_ids(200)
    with torch.inference_mode():
        expected = plain(tmp_path, network)(torch.tensor([ids])).logits[0, -1].numpy()
    for step in (1, 200):
        logits = read(network, ids, step=step)
        assert np.linalg.norm(logits - expected) / np.linalg.norm(expected - expected.mean()) < 0.03


@settings(max_examples=25)
@given(n_tokens=st.integers(2, 700), step=st.sampled_from([1, 3, 16, 17, 64, 100, 512]), seed=st.integers(0, 3))
def test_the_cut_into_passes_changes_no_bit(qwen: NativeNetwork, n_tokens: int, step: int, seed: int) -> None:
    if step == 1:
        n_tokens = min(n_tokens, 150)
    ids = random_ids(n_tokens, seed)
    assert np.array_equal(read(qwen, ids, step=step), read(qwen, ids))


def test_threads_change_no_bit(directory: Path) -> None:
    ids = random_ids(600)
    one, many = load(directory, 1), load(directory, 5)
    assert np.array_equal(read(one, ids), read(many, ids))
    assert np.array_equal(read(one, ids[:9], step=1), read(many, ids[:9], step=1))


def test_other_sequences_change_no_bit(qwen: NativeNetwork) -> None:
    prompts = [random_ids(n, seed) for seed, n in enumerate((600, 1, 63, 64, 65, 130))]
    caches = [qwen.new_cache() for _ in prompts]
    together = qwen.feed([(cache, ids[: len(ids) // 2 + 1]) for cache, ids in zip(caches, prompts, strict=True)])
    for ids, row in zip(prompts, together, strict=True):
        assert np.array_equal(read(qwen, ids[: len(ids) // 2 + 1]), row)
    rest = [(cache, ids[len(ids) // 2 + 1 :]) for cache, ids in zip(caches, prompts, strict=True)]
    longer = [(cache, ids) for cache, ids in rest if ids]
    for (cache, _), row in zip(longer, qwen.feed(longer), strict=True):
        ids = prompts[caches.index(cache)]
        assert np.array_equal(read(qwen, ids), row)


@settings(max_examples=40)
@given(WALKS)
def test_forks_and_crops_leave_each_sequence_its_own(qwen: NativeNetwork, steps: list[Walked]) -> None:
    """Against a plain list of ids a sequence, read afresh."""
    sequences = walk(qwen, steps, random_ids)
    for number, (cache, ids) in enumerate(sequences):
        assert cache.n_tokens == len(ids)
        assert np.array_equal(read(qwen, [number], cache=cache), read(qwen, [*ids, number]))


def test_a_fork_shares_pages_until_it_writes(qwen: NativeNetwork) -> None:
    cache = qwen.new_cache()
    read(qwen, random_ids(3 * PAGE_TOKENS + 5), cache=cache)
    other = cache.fork()
    assert all(mine is theirs for mine, theirs in zip(cache.pages, other.pages, strict=True))
    read(qwen, [1], cache=other)
    assert [mine is theirs for mine, theirs in zip(cache.pages, other.pages, strict=True)] == [True] * 3 + [False]
    assert cache.n_bytes == 4 * qwen.page_bytes == 4 * PAGE_TOKENS * qwen.kv_bytes_per_token


def test_what_is_moved_is_turned_to_its_new_place(tmp_path: Path) -> None:
    """In a network of one layer keys and values depend on the token and its place alone, so nothing else differs."""
    config = Qwen2Config(
        **SIZES | {"num_hidden_layers": 1}, num_attention_heads=6, num_key_value_heads=2, initializer_range=0.3
    )
    network = load(save(tmp_path, config))
    before, text = random_ids(100, 1), random_ids(150, 2)
    long, short = network.new_cache(), network.new_cache()
    expected = read(network, [*before, *text, 3], cache=long)
    read(network, text, cache=short)
    further, back = network.new_cache(), network.new_cache()
    read(network, before, cache=further)
    network.move(short, 0, 150, further)
    network.move(long, 100, 150, back)
    size = np.linalg.norm(expected)
    assert np.linalg.norm(read(network, [3], cache=further) - expected) < 0.05 * size
    assert np.linalg.norm(read(network, [3], cache=back) - read(network, [*text, 3])) < 0.05 * size
    network.move(short, 50, 20, short)  # within one sequence, too
    assert short.n_tokens == 170


def test_packed_weights_on_disk_are_those_in_memory(directory: Path, tmp_path: Path) -> None:
    PackedWeights.from_safetensors(directory).save(tmp_path / PACKED)
    shutil.copy(directory / "config.json", tmp_path)
    ids = random_ids(20)
    assert np.array_equal(read(load(tmp_path), ids), read(load(directory), ids))


def test_a_damaged_file_is_an_error(directory: Path, tmp_path: Path) -> None:
    PackedWeights.from_safetensors(directory).save(tmp_path / PACKED)
    shutil.copy(directory / "config.json", tmp_path)
    whole = (tmp_path / PACKED).read_bytes()
    for content in (b"", whole[:50], whole[: len(whole) // 2], b"\xff" * 1000):
        (tmp_path / PACKED).write_bytes(content)
        with pytest.raises(WeightsError, match="does not load as packed weights"):
            load(tmp_path)
    with pytest.raises(WeightsError, match="holds no safetensors"):
        PackedWeights.from_safetensors(tmp_path / "nothing")


def test_weights_of_another_shape_are_an_error(directory: Path, tmp_path: Path) -> None:
    shutil.copytree(directory, tmp_path / "copy")
    config = json.loads((directory / "config.json").read_text())
    for change, wrong in (({"intermediate_size": 192}, "gate_proj"), ({"num_hidden_layers": 3}, r"layers\.2")):
        (tmp_path / "copy" / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(WeightsError, match=wrong):
            load(tmp_path / "copy")


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "gemma"},
        {"hidden_act": "gelu"},
        {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0}},
        {"sliding_window": 16, "use_sliding_window": True},
        {"head_dim": 24},
        {"hidden_size": 100},
        {"quantization_config": {"quant_method": "gptq"}},
    ],
)
def test_what_the_kernels_do_not_know_is_left_to_transformers(
    change: dict[str, Any], directory: Path, tmp_path: Path
) -> None:
    config = json.loads((directory / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | change))
    assert NetworkConfig.read(directory) is not None
    assert NetworkConfig.read(tmp_path) is None
    assert NetworkConfig.read(tmp_path / "nothing") is None


def test_every_tokens_logits_are_those_behind_it(qwen: NativeNetwork) -> None:
    ids = random_ids(30)
    every = qwen.feed([(qwen.new_cache(), ids)], [len(ids)])
    assert every.shape == (30, SIZES["vocab_size"])
    for n in (1, 7, 30):
        assert np.array_equal(every[n - 1], read(qwen, ids[:n]))


def test_prefill_time_is_estimated(qwen: NativeNetwork) -> None:
    assert 0 < qwen.estimate_prefill_s(1000) < qwen.estimate_prefill_s(100_000)
    assert 0 < qwen.estimate_prefill_s(100_000, 99_000) < qwen.estimate_prefill_s(100_000)
    assert qwen.estimate_prefill_s(1000, 1000) == 0
