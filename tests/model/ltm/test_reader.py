"""The weights that are shipped, on prompts of lengths and hashes that they were not trained on."""

import pytest

from model.errors import ProblemError
from model.hashhop.layout import Layout
from model.hashhop.problem import HashHop
from model.hashhop.protocols import Question
from model.ltm.memory import Routing
from model.ltm.network import LtmNetwork
from model.ltm.reader import LtmReader

N_ASKED = 20


@pytest.fixture(scope="module")
def shipped() -> LtmReader:
    return LtmReader()


def share_right(reader: LtmReader, hash_length: int, hops: int, *, chain_of_thought: bool) -> float:
    problem = HashHop.of_chars(60_000, Layout.mixed(6), hash_length, seed=11)
    items = problem.items(hops, N_ASKED, chain_of_thought=chain_of_thought)
    answers = reader.read(problem.pieces()).complete([item.question for item in items])
    return sum(item.is_right(answer) for item, answer in zip(items, answers, strict=True)) / len(items)


@pytest.mark.parametrize("hash_length", [8, 16, 20])
@pytest.mark.parametrize("hops", [1, 6])
def test_step_by_step(shipped: LtmReader, hash_length: int, hops: int) -> None:
    assert share_right(shipped, hash_length, hops, chain_of_thought=True) == 1.0


def test_two_hops_inside(shipped: LtmReader) -> None:
    assert share_right(shipped, 16, 2, chain_of_thought=False) >= 0.9


def test_nothing_is_found_where_routing_is_random() -> None:
    assert share_right(LtmReader(routing=Routing.RANDOM), 16, 1, chain_of_thought=True) <= 0.1


def test_what_is_fetched_says_what_everything_would(shipped: LtmReader) -> None:
    """The memory against dense attention of the same weights over the whole prompt."""
    problem = HashHop.of_chars(20_000, Layout.mixed(6), 16, seed=3)
    questions = [item.question for item in problem.items(2, 10, chain_of_thought=False)]
    dense = LtmReader(routing=Routing.EVERYTHING)
    assert shipped.read(problem.pieces()).complete(questions) == dense.read(problem.pieces()).complete(questions)


def test_hashes_that_are_too_long_are_refused(network: LtmNetwork) -> None:
    reading = LtmReader(network).read(["a = b"])
    with pytest.raises(ProblemError, match="shorter ones"):
        reading.complete([Question("x" * 41, 1, chain_of_thought=True)])


def test_an_empty_prompt(network: LtmNetwork) -> None:
    assert LtmReader(network).read([]).complete([Question("abcdef", 1, chain_of_thought=True)]) == [""]


def test_answers_end_whatever_the_weights(network: LtmNetwork) -> None:
    reading = LtmReader(network).read(["abc = def\nghi = 'jkl'"])
    [answer] = reading.complete([Question("abc", 3, chain_of_thought=True)])
    assert len(answer) < 64 * 50
    assert reading.n_tokens == 21
    assert reading.n_bytes > 21
