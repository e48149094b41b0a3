import pytest

from model.hashhop.items import Item
from model.hashhop.protocols import Question
from model.hashhop.score import Score, wilson

CHAIN = Item(Question("a", 3, chain_of_thought=True), ("b", "c", "d"))
SET = Item(Question("a", 1, chain_of_thought=True), ("x", "y"), joint=", ", ordered=False)


@pytest.mark.parametrize(
    ("answer", "parts", "whole"),
    [
        ("b = c = d", (True, True, True), True),
        ("b = c", (True, True, False), False),
        ("b = x = d", (True, False, True), False),
        ("c = b = d", (False, False, True), False),
        ("b = c = d = e", (True, True, True), False),
        ("b = c = d ", (True, True, False), False),
        ("", (False, False, False), False),
    ],
)
def test_a_chain_is_right_to_the_letter_or_not(answer: str, parts: tuple[bool, ...], *, whole: bool) -> None:
    assert (CHAIN.right_parts(answer), CHAIN.is_right(answer)) == (parts, whole)


@pytest.mark.parametrize(
    ("answer", "parts", "whole"),
    [
        ("y, x", (True, True), True),
        ("x", (True, False), False),
        ("x, y, z", (True, True), False),
        ("x, x", (True, False), False),
    ],
)
def test_a_set_is_right_in_any_order(answer: str, parts: tuple[bool, ...], *, whole: bool) -> None:
    assert (SET.right_parts(answer), SET.is_right(answer)) == (parts, whole)


def test_a_score_counts_wholes_and_hops() -> None:
    score = Score.of([CHAIN] * 4, ["b = c = d", "b = c = x", "x = c = d", "b"])
    assert score == Score(4, 1, (3, 3, 2))
    assert score.share == 0.25
    assert Score.of([], []).share == 0


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),  # from Newcombe (1998), table I, and by hand at the ends
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_intervals_are_wilsons(right: int, n: int, low: float, high: float) -> None:
    assert wilson(right, n) == pytest.approx((low, high), abs=5e-5)


def test_nothing_measured_says_nothing() -> None:
    assert wilson(0, 0) == (0, 1)
