from pathlib import Path

import pytest

from model.errors import WeightsError
from model.hashhop.fixed_state import Sizes, build, save
from model.hashhop.measure import DIRECT
from model.hashhop.plan import Plan
from model.hashhop.readers import Opening, is_trained_for_hashes, open_reader


def opening() -> Opening:
    return Opening(lambda _step: None, device="cpu")


def test_the_weights_of_a_recurrent_network_are_a_models_name(tmp_path: Path) -> None:
    path, sizes = tmp_path / "lstm.safetensors", Sizes("lstm", 16, 1)
    save(build(sizes), sizes, path)
    reader = open_reader(str(path), opening())
    assert reader.name == "LSTM"
    plan = Plan((300,), (1,), (DIRECT,), n_queries=4, hash_length=6, is_reference=True)
    [result] = plan.results(reader, lambda _step: None)
    assert (result.right, result.n, result.hash_length) == (0, 4, 6)
    assert is_trained_for_hashes(str(path))
    assert not is_trained_for_hashes("qwen2.5-coder-0.5b")


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        open_reader(str(tmp_path / "none.safetensors"), opening())
