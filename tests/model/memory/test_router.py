"""The shipped router: it loads, is repeatable, and finds what a query names."""

import json
from importlib.resources import files

import numpy as np
import pytest

from model.memory import router as router_module
from model.memory.index import RepositoryIndex
from model.memory.lexicon import Lexicon
from model.memory.router import WEIGHTS, Router, Scorer
from model.memory.segments import Segmenter
from model.memory.signals import NAMES
from model.tokenizer import Tokenizer

TEXTS = {f"src/mod_{i}.py": f"def load_{i}(path):\n    return open(path).read()\n" * 20 for i in range(30)}
TEXTS |= {"src/password.py": "def strength(password):\n    return len(password)\n", "empty.py": ""}


@pytest.fixture
def index(segmenter: Segmenter) -> RepositoryIndex:
    return RepositoryIndex.of(list(TEXTS), [segmenter.cut(text) for text in TEXTS.values()])


def test_the_weights_are_small_and_their_training_is_on_record() -> None:
    assert len(files("model.memory").joinpath(WEIGHTS).read_bytes()) < 100_000
    record = json.loads(files("model.memory").joinpath("router.json").read_text())
    assert tuple(record["signals"]) == NAMES
    assert len(record["repositories"]) >= 10
    assert all(each["commits"] > 0 and each["head"] for each in record["repositories"].values())


def test_the_network_is_the_one_that_was_trained() -> None:
    """Against plain matrix products; a linear part beside a perceptron."""
    scorer = Scorer.shipped()
    signals = np.random.default_rng(0).normal(size=(5, len(NAMES))).astype(np.float32)
    inputs = (signals - scorer.mean) / scorer.scale
    first, second, third = scorer.layers
    for row, score in zip(inputs, scorer(signals), strict=True):
        hidden = [max(0.0, float(row @ first[:-1, i] + first[-1, i])) for i in range(first.shape[1])]
        deeper = [max(0.0, float(np.array(hidden) @ second[:-1, i] + second[-1, i])) for i in range(second.shape[1])]
        expected = float(np.array(deeper) @ third[:-1, 0] + third[-1, 0])
        expected += float(row @ scorer.linear[:-1] + scorer.linear[-1])
        assert score == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_what_a_query_names_is_found_first_and_again(
    index: RepositoryIndex, tokenizer: Tokenizer, lexicon: Lexicon
) -> None:
    router = Router(tokenizer, lexicon)
    route = router.route(index, (), "count digits in password strength")
    assert index.paths[index.file_of[route.order[0]]] == "src/password.py"
    assert sorted(route.order.tolist()) == list(range(index.n_segments))
    again = Router(tokenizer, lexicon).route(index, (), "count digits in password strength")
    assert np.array_equal(route.scores, again.scores)
    assert np.array_equal(route.order, again.order)
    assert np.all(np.diff(route.scores[route.order]) <= 0)


def test_an_empty_repository_has_a_route(tokenizer: Tokenizer, lexicon: Lexicon) -> None:
    route = Router(tokenizer, lexicon).route(RepositoryIndex.of([], []), (), "anything")
    assert route.order.tolist() == []


def test_weights_for_other_signals_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "NAMES", (*NAMES, "one_more"))
    with pytest.raises(ValueError, match="run tools/train_router again"):
        Scorer.shipped()
