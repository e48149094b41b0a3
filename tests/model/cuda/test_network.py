"""The network that runs on a GPU against transformers' own layers over the same weights, in float32.

On the CPU it uses the plain operations, on a GPU the kernels and graphs.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from transformers import AutoModelForCausalLM, LlamaConfig, MistralConfig, PretrainedConfig, Qwen2Config, Qwen3Config

from model.api import Sampling
from model.cuda.network import CudaNetwork, runs
from model.cuda.step import PADDING, DeviceSequence, Step
from model.engine import Engine
from model.errors import WeightsError
from model.native.network import NetworkConfig
from model.paging import PAGE_TOKENS
from model.tokenizer import Tokenizer
from tests.fakes.repositories import CORPUS
from tests.fakes.walks import WALKS, Walked, walk

SIZES: dict[str, Any] = {
    "vocab_size": 203, "hidden_size": 96, "intermediate_size": 160, "num_hidden_layers": 2,
    "max_position_embeddings": 4096,
}  # fmt: skip
CONFIGS: dict[str, PretrainedConfig] = {
    "qwen2": Qwen2Config(**SIZES, num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=False),
    "qwen2 tied": Qwen2Config(**SIZES, num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=True),
    "qwen3": Qwen3Config(**SIZES, num_attention_heads=4, num_key_value_heads=4, head_dim=32),
    "llama": LlamaConfig(**SIZES, num_attention_heads=3, num_key_value_heads=1, rope_theta=5e5, head_dim=32),
    "llama with biases": LlamaConfig(
        **SIZES, num_attention_heads=2, num_key_value_heads=1, head_dim=48, attention_bias=True, mlp_bias=True
    ),
    "mistral": MistralConfig(**SIZES, num_attention_heads=6, num_key_value_heads=2, sliding_window=None),
}
CLOSE = {"atol": 2e-4, "rtol": 2e-4}


def save(directory: Path, config: PretrainedConfig) -> Path:
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim == 1:  # norms are 1 and biases 0 at first, which would hide them
                parameter.copy_(torch.rand_like(parameter) + (0.5 if "norm" in name else -0.5))
    network.save_pretrained(directory)
    return directory


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("this machine has no CUDA device")
    return request.param


def load(directory: Path, device: str = "cpu") -> CudaNetwork:
    config = NetworkConfig.read(directory)
    assert config is not None
    if device == "cuda" and not runs(config, torch.device(device)):
        pytest.skip("the kernels do not know this network")
    return CudaNetwork.load(directory, config, device, "float32")


@pytest.fixture(scope="module", params=CONFIGS)
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("network"), CONFIGS[request.param])


@pytest.fixture(scope="module")
def qwen_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("qwen"), CONFIGS["qwen2"])


@pytest.fixture(scope="module")
def qwen(qwen_directory: Path, device: str) -> CudaNetwork:
    return load(qwen_directory, device)


def random_ids(n: int, seed: int = 0) -> list[int]:
    return [int(id_) for id_ in np.random.default_rng(seed).integers(0, SIZES["vocab_size"], n)]


def read(
    network: CudaNetwork, ids: list[int], *, step: int = 10_000, cache: DeviceSequence | None = None
) -> npt.NDArray[np.float32]:
    cache = network.new_cache() if cache is None else cache
    for start in range(0, len(ids), step):
        logits = network.feed([(cache, ids[start : start + step])])[0]
    return logits


def test_logits_are_those_of_transformers(directory: Path, device: str) -> None:
    network = load(directory, device)
    reference = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
    for n_tokens in (1, 5, 64, 65, 300):  # a step, and what is read in one go
        ids = random_ids(n_tokens)
        with torch.inference_mode():
            expected = reference(torch.tensor([ids])).logits[0].numpy()
        every = network.feed([(network.new_cache(), ids)], [n_tokens])
        np.testing.assert_allclose(every, expected, **CLOSE)
        np.testing.assert_allclose(read(network, ids, step=50), expected[-1], **CLOSE)


def test_sequences_of_one_pass_do_not_see_each_other(qwen: CudaNetwork) -> None:
    for lengths in ((1, 3, 8, 2), (600, 1, 63, 64, 65, 130)):
        prompts = [random_ids(n, seed) for seed, n in enumerate(lengths)]
        caches = [qwen.new_cache() for _ in prompts]
        together = qwen.feed(list(zip(caches, prompts, strict=True)))
        for ids, row in zip(prompts, together, strict=True):
            np.testing.assert_allclose(row, read(qwen, ids), **CLOSE)


@settings(max_examples=40)
@given(WALKS)
def test_forks_and_crops_leave_each_sequence_its_own(qwen: CudaNetwork, steps: list[Walked]) -> None:
    """Against a plain list of ids a sequence, read afresh; in the end all go on in one pass."""
    sequences = walk(qwen, steps, random_ids)
    together = qwen.feed([(cache, [number, number + 1]) for number, (cache, _) in enumerate(sequences)])
    for number, ((cache, ids), row) in enumerate(zip(sequences, together, strict=True)):
        assert cache.n_tokens == len(ids) + 2
        np.testing.assert_allclose(row, read(qwen, [*ids, number, number + 1]), **CLOSE)


def test_pages_are_shared_by_forks_and_given_back(qwen_directory: Path, device: str) -> None:
    network = load(qwen_directory, device)
    cache = network.new_cache()
    read(network, random_ids(3 * PAGE_TOKENS + 5), cache=cache)
    n_free = len(network._pool.free)
    forks = [cache.fork() for _ in range(5)]
    network.feed([(fork, [number]) for number, fork in enumerate(forks)])
    assert n_free - len(network._pool.free) == 5  # the page that each goes on writing
    step = Step.of([(fork, []) for fork in forks], 8)
    assert step.n_shared_tokens == 3 * PAGE_TOKENS
    assert len(step.pages) == 3 + 5
    assert (step.tokens[1] == PADDING).all()
    del forks, cache, step
    assert sorted(network._pool.free) == list(range(1, network._pool.states.shape[3]))


def test_a_pool_that_grows_keeps_what_it_holds(qwen_directory: Path, device: str) -> None:
    network, fresh = load(qwen_directory, device), load(qwen_directory, device)
    cache = network.new_cache()
    ids = random_ids(100)
    read(network, ids, cache=cache, step=60)
    before = network._pool.states.shape[3]
    others = [network.new_cache() for _ in range(2)]
    network.feed([(other, random_ids(64 * PAGE_TOKENS, seed)) for seed, other in enumerate(others)])
    assert network._pool.states.shape[3] > before
    np.testing.assert_allclose(read(network, [7], cache=cache), read(fresh, [*ids, 7]), **CLOSE)


@pytest.mark.parametrize("n_attempts", [1, 3])
def test_attempts_side_by_side_are_those_of_one_alone(tiny_directory: Path, device: str, n_attempts: int) -> None:
    tokenizer = Tokenizer.from_directory(tiny_directory)
    ids = tokenizer.encode(CORPUS)[:200]
    network = load(tiny_directory, device)
    plain = Engine.load(tiny_directory, device="cpu", dtype="float32")
    sampling = Sampling(max_new_tokens=60, n_attempts=n_attempts, seed=5)
    texts = []
    for engine in (Engine(network, plain.stop_ids), plain):
        memory = engine.prefill(ids[:180], lambda _: None)
        done = engine.decode(memory, ids[180:], sampling, tokenizer, lambda: None, lambda _: None)
        texts.append([completion.text for completion in done])
        assert memory.cache.n_tokens == 180
    assert texts[0] == texts[1]


def test_damaged_weights_are_an_error(qwen_directory: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(qwen_directory, tmp_path / "copy"))
    weights = copy / "model.safetensors"
    whole = weights.read_bytes()
    for content in (b"", whole[:100], whole[: len(whole) // 2], b"\xff" * 1000):
        weights.write_bytes(content)
        with pytest.raises(WeightsError, match="does not load as a causal language model"):
            load(copy)
    weights.write_bytes(whole)
    config = json.loads((copy / "config.json").read_text())
    for change, wrong in (({"intermediate_size": 192}, "gate_proj"), ({"num_hidden_layers": 3}, r"layers\.2")):
        (copy / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(WeightsError, match=wrong):
            load(copy)
    weights.unlink()
    with pytest.raises(WeightsError, match="does not load"):
        load(copy)


def test_prefill_time_is_estimated(qwen: CudaNetwork) -> None:
    assert 0 < qwen.estimate_prefill_s(1000) < qwen.estimate_prefill_s(100_000)
    assert 0 < qwen.estimate_prefill_s(100_000, 99_000) < qwen.estimate_prefill_s(100_000)
    assert qwen.estimate_prefill_s(1000, 1000) == 0


def test_a_processor_is_left_to_other_networks(qwen: CudaNetwork) -> None:
    assert not runs(qwen.config, torch.device("cpu"))
