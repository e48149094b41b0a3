"""The small model of the catalogue, for real: it loads, speaks, and writes a diff that applies."""

import json
import subprocess
from pathlib import Path, PurePosixPath

import pytest
from tokenizers import Tokenizer as FastTokenizer

from agent.parse import parse_patch
from agent.place import place
from agent.validate import validate
from model.api import Editable, Query, Sampling
from model.local import LocalModel
from model.store import ModelStore
from model.tokenizer import Tokenizer
from repo_index.frame import frame_file
from repo_index.git import Git
from repo_index.intake import take_snapshot
from repo_index.text import TextFile
from tests.fakes.documents import Note

NAME = "qwen2.5-coder-0.5b"
SOURCE = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"

pytestmark = [
    pytest.mark.weights,
    pytest.mark.skipif(
        ModelStore().installed(NAME).state != "ready",
        reason=f"{NAME} is not in the cache; `magicode models pull {NAME}`",
    ),
]


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return LocalModel(NAME, ModelStore().directory(NAME), device="cpu")


def silent(_value: object) -> None:
    """Hear nothing."""


def test_it_completes_code(model: LocalModel) -> None:
    memory = model.remember("You answer with code alone, without explanation.", [], silent)
    query = Query((), "Write the Python function add(a, b) that returns the sum of its two arguments.")
    [completion] = model.complete(memory, query, None, Sampling(max_new_tokens=60), silent)
    assert "def add(a, b):\n    return a + b" in completion.text
    assert completion.finish_reason == "stop"
    assert completion.mean_logprob > -0.5


def test_it_writes_a_diff_that_applies(model: LocalModel, tmp_path: Path) -> None:
    path = PurePosixPath("calc.py")
    files = {path: TextFile.from_text(SOURCE)}
    system = "You change a repository. Answer with a unified diff. The files of the repository follow.\n\n"
    memory = model.remember(system, [Note(frame_file(path, SOURCE), path)], silent)
    query = Query((), "Add a function mul(a, b) to calc.py that returns the product.")
    edits = Editable({str(path): files[path].lines})
    [completion] = model.complete(memory, query, edits, Sampling(max_new_tokens=160), silent)
    assert completion.n_new_tokens > completion.n_chosen_tokens
    validated = validate(place(parse_patch(completion.text), files), allow_syntax_errors=True)
    (tmp_path / path).write_text(SOURCE)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    git = ["git", "-C", tmp_path, "apply", "--whitespace=nowarn", "-"]
    subprocess.run(git, input=validated.render(), check=True)
    changed = (tmp_path / path).read_text()
    assert changed != SOURCE
    assert "def add(a, b):" in changed


def test_the_fast_tokenizer_gives_the_model_s_own_ids_on_every_file_of_this_repository() -> None:
    """Control tokens are no control tokens there, so the reference has none either."""
    root = Path(__file__).parents[2]
    definition = (ModelStore().directory(NAME) / "tokenizer.json").read_text(encoding="utf-8")
    tokenizer = Tokenizer(definition)
    reference = FastTokenizer.from_str(json.dumps(json.loads(definition) | {"added_tokens": []}))
    texts = [file.read() for file in take_snapshot(Git.discover(root), len).files]
    assert len(texts) > 500
    for text, expected in zip(texts, reference.encode_batch(texts, add_special_tokens=False), strict=True):
        assert tokenizer.encode(text) == expected.ids
