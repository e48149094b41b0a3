"""The training of the recurrent baselines: what they are shown, and that a record and weights come of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from model.hashhop.protocols import Question
from model.hashhop.recurrent import RecurrentReader
from tools.train_recurrent.problems import Problems
from tools.train_recurrent.training import PAIRS


@pytest.mark.parametrize("steps", [True, False])
def test_prompts_are_in_the_form_of_the_harness(*, steps: bool) -> None:
    batch = Problems(torch.device("cpu"), seed=3).draw(4, 5, 6, 2, steps=steps)
    for ids, answers in zip(batch.ids, batch.answers, strict=True):
        text = bytes(ids.tolist()).decode()
        prompt, _, rest = text.partition("\n\nCOMPLETION")
        pairs = dict(line.split(" = ") for line in prompt.split("\n"))
        assert len(pairs) == 5
        start = rest.split("\n\n")[2][:6]
        assert text.startswith(prompt + Question(start, 1, steps).text + pairs[start][1:])
        asked = [line.split(" = ") for line in rest.split("\n\n")[2].split("\n")]
        assert len(asked) == 2
        assert all(pairs[one] == other for one, other in asked)
        marked = bytes(ids[answers].tolist()).decode()
        assert marked == "".join(value[1:] for _, value in asked)


@pytest.mark.parametrize("kind", ["lstm", "mamba2"])
def test_a_training_leaves_weights_that_a_reader_takes(kind: str, tmp_path: Path) -> None:
    options = ["--seconds", "1", "--device", "cpu", "--width", "32", "--n-layers", "1", "--bytes", "1024"]
    command = [sys.executable, "-m", "tools.train_recurrent", kind, "--out", str(tmp_path), *options]
    few = ["--hash-lengths", "2", "3", "--measured", "3", "--prompts", "2"]
    subprocess.run([*command, *few], check=True, cwd=Path(__file__).parents[3], capture_output=True)
    record = json.loads((tmp_path / f"{kind}.json").read_text())
    assert record["trained"]["n_steps"] > 0
    assert list(record["right_by_hash_length_and_pairs"]["3"]) == [str(n) for n in PAIRS]
    reading = RecurrentReader(tmp_path / f"{kind}.safetensors").read(["abc = 'def'"])
    assert len(reading.complete([Question("abc", 1, chain_of_thought=True)])) == 1
