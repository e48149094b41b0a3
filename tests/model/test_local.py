"""A model directory from its tokenizer to its answers."""

import json
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from agent.parse import parse_patch
from agent.place import place
from model.api import Budget, Editable, Progress, Query, Sampling
from model.errors import DeviceError, WeightsError, WindowExceededError
from model.loading import open_model
from model.local import LocalModel
from model.native.library import kernels_are_there
from model.native.network import NativeNetwork
from model.transformers_network import TransformersNetwork
from repo_index.text import TextFile
from tests.fakes.documents import Note, Said, Text
from tests.fakes.repositories import CORPUS
from tests.fakes.tiny_model import save_tiny_model

SOURCE = "import os\n\n\ndef one():\n    return 1\n"


def silent(_value: object) -> None:
    """Hear nothing."""


@pytest.fixture
def model(tiny_directory: Path) -> LocalModel:
    return LocalModel("tiny", tiny_directory, device="cpu", dtype="float32")


def test_what_is_counted_is_what_is_read(model: LocalModel) -> None:
    documents = [Note(SOURCE), Note("<|im_end|> is text")]
    turns = [Said("user", "earlier"), Said("assistant", "done")]
    memory = model.remember("system", documents, silent)
    [completion] = model.complete(memory, Query(turns, "task"), None, Sampling(max_new_tokens=3), silent)
    n_documents = sum(model.count_tokens(document.read()) for document in documents)
    assert completion.n_prompt_tokens == model.count_frame("system", turns, "task") + n_documents
    rendered = "".join(model.render("system", documents, Query(turns, "task")))
    assert SOURCE + "<|im_end|> is text" in rendered
    assert rendered.endswith("<|im_start|>user\ntask<|im_end|>\n<|im_start|>assistant\n")


def test_long_steps_are_reported(model: LocalModel) -> None:
    seen: list[Progress] = []
    memory = model.remember("system", [Note(SOURCE * 100)], seen.append)
    assert [progress.phase for progress in seen[:2]] == ["load", "load"]
    assert [progress.detail for progress in seen[2:4]] == ["", "about 0 s"]
    assert (seen[-1].done, seen[-1].total) == (memory.n_tokens, memory.n_tokens)


def test_answers_are_repeated_and_independent(model: LocalModel) -> None:
    memory = model.remember("system", [Note(SOURCE)], silent)
    edits = Editable({"note.py": SOURCE.splitlines()}, ["logo.png"])
    sampling = Sampling(temperature=1.0, seed=3, max_new_tokens=120)
    shown: list[str] = []
    [first] = model.complete(memory, Query((), "change it"), edits, sampling, shown.append)
    [other] = model.complete(memory, Query((), "say it"), None, sampling, silent)
    [again] = model.complete(memory, Query((), "change it"), edits, sampling, silent)
    assert first.text == again.text
    assert other.text != first.text
    assert "".join(shown).startswith("```diff\n--- ")
    assert first.n_chosen_tokens <= first.n_new_tokens
    assert first.prefill_s > 0
    assert first.decode_s > 0
    assert first.mean_logprob < 0


def test_a_diff_fits_whatever_the_network_prefers(model: LocalModel) -> None:
    files = {PurePosixPath("note.py"): TextFile.from_text(SOURCE)}
    memory = model.remember("system", [Note(SOURCE)], silent)
    edits = Editable({"note.py": files[PurePosixPath("note.py")].lines})
    n_diffs = 0
    for seed in range(4):
        sampling = Sampling(temperature=1.0, seed=seed, max_new_tokens=150)
        [completion] = model.complete(memory, Query((), "change it"), edits, sampling, silent)
        if completion.text:
            n_diffs += 1
            assert place(parse_patch(completion.text), files).patch.files
    assert n_diffs


def test_what_does_not_fit_the_window_is_an_error(tmp_path: Path) -> None:
    model = LocalModel(
        "narrow", save_tiny_model(tmp_path / "m", corpus=CORPUS, window=256), device="cpu", dtype="float32"
    )
    assert model.context_limit == 256
    with pytest.raises(WindowExceededError, match=r"tokens are needed, but narrow has a window of 256"):
        model.remember("system", [Note(SOURCE * 50)], silent)
    memory = model.remember("system", [Note("short")], silent)
    n_left = 256 - memory.n_tokens - len(model.encoder.tail(Query((), "task")))
    with pytest.raises(WindowExceededError):
        model.complete(memory, Query((), "task"), None, Sampling(max_new_tokens=n_left + 1), silent)
    [completion] = model.complete(memory, Query((), "task"), None, Sampling(max_new_tokens=n_left), silent)
    assert completion.n_new_tokens > 0


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("config.json", None, r"config\.json cannot be read as a model configuration"),
        ("config.json", "{", r"config\.json cannot be read as a model configuration"),
        ("config.json", "[]", r"config\.json cannot be read as a model configuration"),
        ("config.json", "{}", r"does not say how many positions the model has"),
        ("config.json", '{"max_position_embeddings": "many"}', r"does not say how many positions"),
        ("tokenizer.json", None, r"has no tokenizer\.json"),
        ("tokenizer.json", "{}", r"cannot be read as a tokenizer"),
        ("tokenizer_config.json", "{", r"the chat template in .* cannot be read"),
    ],
)
def test_a_damaged_directory_is_an_error(
    tiny_directory: Path, tmp_path: Path, file: str, content: str | None, said: str
) -> None:
    copy = Path(shutil.copytree(tiny_directory, tmp_path / "copy"))
    if content is None:
        (copy / file).unlink()
    else:
        (copy / file).write_text(content)
    with pytest.raises(WeightsError, match=said):
        LocalModel("damaged", copy)


def test_device_and_number_type_are_looked_up_when_weights_are_read(tiny_directory: Path) -> None:
    for options in ({"device": "nonsense"}, {"dtype": "float7"}):
        model = LocalModel("tiny", tiny_directory, **options)
        assert model.count_tokens("no network yet") > 0
        with pytest.raises(DeviceError):
            model.remember("system", [], silent)


def test_our_kernels_run_what_they_know_unless_a_number_type_is_asked_for(tiny_directory: Path) -> None:
    for dtype, kind in (("auto", NativeNetwork), ("float32", TransformersNetwork), ("bfloat16", TransformersNetwork)):
        model = LocalModel("tiny", tiny_directory, device="cpu", dtype=dtype)
        memory = model.remember("system", [Note(SOURCE)], silent)
        [completion] = model.complete(memory, Query((), "task"), None, Sampling(max_new_tokens=4), silent)
        assert completion.n_new_tokens > 0
        assert completion.n_reused_tokens == 0
        assert type(model.engine.network) is (kind if kernels_are_there() else TransformersNetwork)


def test_a_vision_models_window_is_that_of_its_text(tiny_directory: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_directory, tmp_path / "copy"))
    (copy / "config.json").write_text(json.dumps({"text_config": {"max_position_embeddings": 77}}))
    assert LocalModel("seeing", copy).context_limit == 77


def test_a_model_is_opened_by_its_directory(tiny_directory: Path) -> None:
    model = open_model(str(tiny_directory), device="cpu", on_progress=silent)
    assert model.name == str(tiny_directory)
    assert model.count_tokens("x") == 1


def test_what_is_kept_on_disk_stays_below_what_it_may_take(
    tiny_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAGICODE_CACHE_DIR", str(tmp_path))
    budget, query = Budget(8_000, 256, 4), Query((), "task")
    for cache_bytes, is_kept in ((0, False), (10**9, True)):
        model = open_model(str(tiny_directory), device="cpu", on_progress=silent, cache_bytes=cache_bytes)
        model.look("system", [Text(PurePosixPath("note.py"), SOURCE)], (), query, budget, silent)
        kept = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
        assert ("memory" in kept) is is_kept


def test_counting_needs_no_torch(tiny_directory: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from model.loading import open_model; "
        f"model = open_model({str(tiny_directory)!r}, device='cpu', on_progress=print); "
        "model.count_frame('system', (), 'task'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[2]).returncode == 0
