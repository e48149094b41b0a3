import math

import pytest

from model.errors import ProblemError
from model.hashhop.reference import make_one


def test_the_three_texts_are_the_references_own() -> None:
    sample = make_one(n_chars_problem=30, num_queries=2, hops=2, hash_pair_str_length=4, chain_of_thought=True, seed=1)
    (first, answer), (second, other) = sample.targets.items()
    middle, _, end = answer.partition(" = ")
    other_middle, _, other_end = other.partition(" = ")
    assert sorted(sample.prompt.split("\n")) == sorted(
        [
            f"{first} = {middle}",
            f"{middle} = '{end}'",
            f"{second} = {other_middle}",
            f"{other_middle} = '{other_end}'",
        ]
    )
    assert (
        sample.completion
        == f"""COMPLETION:
Hops=2

CoT=True

{first} = '{middle} = {end}'
{second} = '{other_middle} = {other_end}'
"""
    )


def test_without_a_chain_of_thought_the_end_alone_is_wanted() -> None:
    written, direct = (make_one(1_000, 3, 3, 8, thought, seed=2) for thought in (True, False))
    assert written.prompt == direct.prompt
    assert {start: answer.rpartition(" = ")[2] for start, answer in written.targets.items()} == direct.targets
    assert direct.completion.startswith("COMPLETION:\nHops=3\n\nCoT=False\n\n")
    assert direct.completion.count("'") == 6


@pytest.mark.parametrize(("n_chars", "hops", "length"), [(1_000, 1, 16), (1_000, 3, 7), (35, 1, 16), (36, 1, 16)])
def test_there_are_as_many_chains_as_in_the_reference(n_chars: int, hops: int, length: int) -> None:
    sample = make_one(n_chars, 1, hops, length, chain_of_thought=True)
    assert len(sample.targets) == math.ceil(n_chars / ((length * 2 + 3) * hops))


def test_too_many_queries_are_refused() -> None:
    with pytest.raises(ProblemError, match="4 queries are asked for and there are 3 chains"):
        make_one(100, 4, 1, 16, chain_of_thought=False)
    with pytest.raises(ProblemError, match="different hashes are needed"):
        make_one(10_000, 4, 1, 1, chain_of_thought=False)
