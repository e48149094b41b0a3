"""The engine on a CUDA device against the engine on the CPU; the same tiny float32 model, the same words."""

from pathlib import Path, PurePosixPath

import pytest
import torch

from model.api import Completion, Editable, Query, Sampling
from model.local import LocalModel
from tests.fakes.documents import Note
from tests.fakes.tiny_model import save_tiny_model

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]

SOURCE = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"


def answer(
    directory: Path, device: str, edits: Editable | None, *, dtype: str = "float32", seed: int = 0
) -> Completion:
    model = LocalModel("tiny", directory, device=device, dtype=dtype)
    memory = model.remember("You edit code.", [Note(SOURCE * 20, PurePosixPath("calc.py"))], lambda _progress: None)
    sampling = Sampling(temperature=1.0 if seed else 0.0, seed=seed, max_new_tokens=120)
    [completion] = model.complete(memory, Query((), "add a function"), edits, sampling, lambda _text: None)
    return completion


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny"), corpus=SOURCE * 50)


@pytest.mark.parametrize("edits", [None, Editable({"calc.py": SOURCE.splitlines()})], ids=["free", "constrained"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_cuda_writes_what_the_cpu_writes(tiny: Path, edits: Editable | None, seed: int) -> None:
    on_cpu = answer(tiny, "cpu", edits, seed=seed)
    on_cuda = answer(tiny, "cuda", edits, seed=seed)
    assert on_cuda.text == on_cpu.text
    assert on_cuda.mean_logprob == pytest.approx(on_cpu.mean_logprob, abs=1e-3)


def test_bfloat16_answers_under_the_constraint(tiny: Path) -> None:
    done = answer(tiny, "auto", Editable({"calc.py": SOURCE.splitlines()}), dtype="bfloat16", seed=3)
    assert done.n_chosen_tokens > 0
