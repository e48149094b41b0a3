from pathlib import Path

import pytest

from model.engine import Engine
from model.errors import WindowExceededError
from model.hashhop.language_model import LanguageModelReader
from model.hashhop.measure import CHAIN_OF_THOUGHT, DIRECT
from model.hashhop.plan import Plan
from model.hashhop.protocols import Question, TextQuestion
from model.hashhop.readers import Opening, open_reader
from model.hashhop.routed import MemoryLook, PromptDocument
from model.local import LocalModel
from model.store import ModelStore, resolve
from tests.fakes.induction import InductionNetwork

NAME = "qwen2.5-coder-0.5b"


def _ignore(_step: object) -> None:
    pass


def copier(directory: Path, memory_root: Path) -> LocalModel:
    """Return a model that copies perfectly and can do nothing else."""
    model = LocalModel("copier", directory, memory_root=memory_root)
    model.__dict__["engine"] = Engine(InductionNetwork(model.encoder.tokenizer.size), frozenset())
    return model


@pytest.fixture
def model(tiny_directory: Path, tmp_path: Path) -> LocalModel:
    return copier(tiny_directory, tmp_path)


def test_a_model_that_copies_follows_chains_step_by_step_and_not_at_once(model: LocalModel) -> None:
    reader = LanguageModelReader(model)
    plan = Plan((1_500,), (1, 3), (CHAIN_OF_THOUGHT, DIRECT), n_queries=2, hash_length=6)
    results = {(result.mode, result.hops): result for result in plan.results(reader, _ignore)}
    assert {key: result.right for key, result in results.items()} == {
        (CHAIN_OF_THOUGHT, 1): 2,
        (CHAIN_OF_THOUGHT, 3): 2,
        (DIRECT, 1): 2,
        (DIRECT, 3): 0,
    }
    assert {result.model for result in results.values()} == {"copier"}
    written = results[CHAIN_OF_THOUGHT, 3]
    assert 2 * 3 <= written.n_decoded_tokens <= 2 * 3 * 8
    assert 1_500 - 500 < written.n_tokens < 1_550  # whole groups of chains


@pytest.mark.weights
@pytest.mark.skipif(ModelStore().installed(NAME).state != "ready", reason=f"`magicode models pull {NAME}` first")
def test_with_the_memory_a_prompt_may_be_longer_than_the_window(tmp_path: Path) -> None:
    # The route goes by pieces of words, of which the tiny vocabulary has too few for hashes.
    model = copier(resolve(NAME, ModelStore(), _ignore), tmp_path)
    reader = LanguageModelReader(model, look=MemoryLook(model), way="memory")
    assert (reader.name, reader.max_tokens) == ("copier + memory", None)
    results = list(Plan((100_000,), (1, 3), n_queries=10).results(reader, _ignore))
    assert results[0].n_tokens > 2 * model.context_limit
    assert [result.right >= 7 for result in results] == [True, True]  # what the route misses is lost
    assert results[0].n_decoded_tokens > 50
    assert results[0].held_bytes > results[0].n_chars


def test_a_prompt_beyond_the_window_is_refused(model: LocalModel) -> None:
    reader = LanguageModelReader(model)
    assert reader.max_tokens == 4_096 - 512
    with pytest.raises(WindowExceededError, match="does not fit copier, whose window leaves 3,584"):
        reader.read(["abcdefgh = ijklmnop\n"] * 2_000)


def test_questions_in_words_are_answered_up_to_the_quote(model: LocalModel) -> None:
    reading = LanguageModelReader(model).read(["Grass is green.\nThe number of Bob is '71'.\nThe sky ", "is blue."])
    question = TextQuestion("Bob", 1, chain_of_thought=False, words="Say it.", begun="The number of Bob is")
    assert question.text == "\n\nSay it. The number of Bob is '"
    assert reading.complete([question]) == ["71"]


def test_each_question_stands_alone(model: LocalModel) -> None:
    reading = LanguageModelReader(model).read(["abcdef = ghijkl\nghijkl = 'mnopqr'\nstuvwx = 'yzabcd'"])
    questions = [Question("abcdef", 2, chain_of_thought=True), Question("stuvwx", 1, chain_of_thought=True)]
    both = reading.complete(questions)
    assert both == ["ghijkl = mnopqr", "yzabcd"]
    assert [reading.complete([question])[0] for question in questions] == both


def test_a_document_gives_lines_without_a_frame() -> None:
    document = PromptDocument("a = b\nc = d\ne = 'f'", 9)
    assert document.excerpt([(0, 1), (2, 3)]).read() == "a = b\ne = 'f'\n"
    assert document.read() == document.text() == document.content
    assert document.blob != PromptDocument("a = b", 3).blob


def test_a_model_is_opened_by_its_directory_with_or_without_the_memory(tiny_directory: Path, tmp_path: Path) -> None:
    name = str(tiny_directory)
    assert open_reader(name, Opening(_ignore, device="cpu")).name == name
    routed = open_reader(name, Opening(_ignore, device="cpu", attention="memory", scratch=tmp_path))
    assert routed.name == f"{name} + memory"
    [result] = Plan((3_000,), (1,), n_queries=2).results(routed, _ignore)
    assert (result.right, result.n) == (0, 2)  # random weights
