"""A repository that does not fit the window, from its documents to a diff."""

from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from agent.parse import parse_patch
from agent.place import place
from model.api import Budget, Editable, Progress, Query, Sampling
from model.errors import WindowExceededError
from model.local import LocalModel
from model.memory.repository import MAX_VIEWED_TOKENS, RoutedMemory
from repo_index.frame import LEFT_OUT
from repo_index.text import TextFile
from tests.fakes.documents import Commit, Text
from tests.fakes.repositories import CORPUS
from tests.fakes.tiny_model import save_tiny_model

WORDS = ["alpha", "beta", "gamma", "delta", "zeta", "theta", "kappa", "lambda", "sigma", "upsilon", "omega", "iota"]


def function(word: str, number: int) -> str:
    return f"def {word}_{number}(value):\n    return value + {number}\n\n\n"


FILES = {f"src/{word}.py": "".join(function(word, number) for number in range(8)) for word in WORDS}
FILES |= {"docs/readme.md": "How to add numbers.\n", "empty.py": ""}
CHANGES = [Commit("Add numbers", ("docs/readme.md",))]
QUERY = Query((), "change the function sigma_5")


def silent(_value: object) -> None:
    """Hear nothing."""


def documents() -> list[Text]:
    return [Text(PurePosixPath(path), text) for path, text in FILES.items()]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model", corpus=CORPUS, window=16_384)


@pytest.fixture
def model(directory: Path, tmp_path: Path) -> LocalModel:
    return LocalModel("tiny", directory, device="cpu", dtype="float32", memory_root=tmp_path / "memory")


def look(model: LocalModel, n_tokens: int, texts: list[Text] | None = None) -> RoutedMemory:
    budget = Budget(model.context_limit, n_tokens, 100)
    return model.look("system", documents() if texts is None else texts, CHANGES, QUERY, budget, silent)


def test_what_is_asked_for_is_in_view(model: LocalModel) -> None:
    memory = look(model, 300)
    shown = "".join(text.read() for text in memory.shown())
    assert "### src/sigma.py" in shown
    assert LEFT_OUT in shown
    attended = memory.attended()
    assert attended.n_tokens <= 300 < attended.n_repository_tokens
    assert (attended.n_repository_files, attended.n_encoded_files) == (len(FILES), len(FILES))
    sights = model.sights(memory)
    assert sights[0].path == "src/sigma.py"
    for sight in sights:
        lines = FILES[sight.path].splitlines()[sight.first_line - 1 : sight.last_line]
        assert "\n".join(lines) in shown


def test_a_file_that_is_named_is_in_view(model: LocalModel) -> None:
    for path in ("src/omega.py", "empty.py"):
        query = Query((), f"change sigma_5, alpha_1 and what is in {path}")
        memory = model.look("system", documents(), CHANGES, query, Budget(model.context_limit, 256, 100), silent)
        assert path == "empty.py" or model.sights(memory)[0].path == path
        assert memory.working.n_tokens <= 256


def test_only_what_changed_is_read_again(model: LocalModel) -> None:
    look(model, 300)
    texts = documents()
    texts[3] = Text(texts[3].path, texts[3].content + "# new\n")
    memory = look(model, 300, texts)
    assert memory.n_encoded_files == 1
    shown = {excerpt.file for excerpt in memory.working.excerpts}
    assert [number for number, text in enumerate(texts) if text.reads and number not in shown] in ([3], [])
    again = look(model, 300, texts)
    assert again.n_encoded_files == 0
    assert np.array_equal(again.route.scores, memory.route.scores)
    assert again.working == memory.working


def test_when_all_fits_it_is_what_dense_attention_reads(model: LocalModel) -> None:
    texts = documents()
    memory = look(model, 12_000, texts)
    model.encode(memory, silent)
    dense = model.remember("system", texts, silent)
    assert list(memory.encoded.ids) == list(dense.ids)
    edits = Editable({path: text.splitlines() for path, text in FILES.items()})
    sampling = Sampling(max_new_tokens=60)
    [routed] = model.complete(memory, QUERY, edits, sampling, silent)
    [whole] = model.complete(dense, QUERY, edits, sampling, silent)
    assert (routed.text, routed.mean_logprob) == (whole.text, whole.mean_logprob)


def test_a_file_that_the_diff_opens_is_shown_first(model: LocalModel) -> None:
    """Whatever the network prefers: what it opens and does not see is appended, and the diff applies."""
    files = {PurePosixPath(path): TextFile.from_text(text) for path, text in FILES.items()}
    edits = Editable({path: files[PurePosixPath(path)].lines for path in FILES})
    memory = look(model, 256)
    model.encode(memory, silent)
    n_diffs = 0
    for seed in range(12):
        sampling = Sampling(temperature=1.0, seed=seed, max_new_tokens=150, n_attempts=2)
        for completion in model.complete(memory, QUERY, edits, sampling, silent):
            assert (
                completion.n_new_tokens < 300
            )  # what is forced may go beyond the limit; what was shown is not counted
            if completion.text:
                n_diffs += 1
                assert place(parse_patch(completion.text), files).patch.files
    assert n_diffs
    assert 0 < memory.n_viewed_tokens <= MAX_VIEWED_TOKENS


def test_a_view_is_a_message_of_the_user(model: LocalModel) -> None:
    memory = look(model, 256)
    texts: list[str] = []

    def further(shown: object) -> list[int]:
        texts.extend(text.read() for text in shown)  # type: ignore[attr-defined]
        return model.encoder.further(shown)  # type: ignore[arg-type]

    heard: list[Progress] = []
    memory.on_progress = heard.append
    view = memory.new_view(further)
    path = next(path for path in FILES if path.startswith("src") and path not in {s.path for s in model.sights(memory)})
    ids = view(path)
    assert FILES[path] in texts[0]
    spelled = model.encoder.tokenizer._with_controls.decode(list(ids), skip_special_tokens=False)
    assert spelled == f"<|im_end|>\n<|im_start|>user\n{texts[0]}<|im_end|>\n<|im_start|>assistant\n"
    assert view("no/such/file.py") == ()
    assert view("empty.py") == ()
    assert heard == [Progress("view", 0, len(ids), path)]


def test_a_window_that_is_too_small_says_so(model: LocalModel) -> None:
    with pytest.raises(WindowExceededError, match="lower --max-new-tokens or raise --context-limit"):
        model.look("system", documents(), CHANGES, QUERY, Budget(2_400, 1_000, 100), silent)


def test_what_was_read_before_an_interrupt_is_kept(model: LocalModel) -> None:
    texts = documents()

    class Breaks(Text):
        def text(self) -> str:
            raise KeyboardInterrupt

    texts[5] = Breaks(texts[5].path, texts[5].content)
    with pytest.raises(KeyboardInterrupt):
        look(model, 300, texts)
    assert look(model, 300).n_encoded_files == len(FILES) - 5


def test_progress_is_told(model: LocalModel) -> None:
    seen: list[Progress] = []
    model.look("system", documents(), CHANGES, QUERY, Budget(16_384, 300, 100), seen.append)
    assert {progress.phase for progress in seen} == {"index"}
    assert seen[-1].done == seen[-1].total > 0
