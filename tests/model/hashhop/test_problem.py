import re
import tracemalloc
from collections import Counter

import numpy as np
import pytest

from model.errors import ProblemError
from model.hashhop.hashes import Hashes
from model.hashhop.layout import Layout
from model.hashhop.permutation import Permutation
from model.hashhop.problem import HashHop

LINE = re.compile(r"([a-zA-Z]+) = ('?)([a-zA-Z]+)\2")


def text_of(problem: HashHop) -> str:
    return "".join(problem.pieces())


def chains_of(text: str) -> dict[str, list[str]]:
    """Return each chain by its first hash, read from the text as a person would."""
    pairs, ends = {}, set()
    for line in text.split("\n"):
        match = LINE.fullmatch(line)
        assert match, line
        assert match[1] not in pairs
        pairs[match[1]] = match[3]
        if match[2]:
            ends.add(match[3])
    chains = {}
    for start in pairs.keys() - set(pairs.values()):
        chains[start] = chain = [start]
        while chain[-1] in pairs:
            chain.append(pairs[chain[-1]])
        assert chain[-1] in ends
    assert len(ends) == len(chains)
    return chains


@pytest.mark.parametrize("hops", range(1, 7))
def test_in_the_references_layout_every_chain_has_as_many_pairs_as_there_are_hops(hops: int) -> None:
    problem = HashHop.of_chars(3_000, Layout.of_reference(hops), 8, seed=3)
    chains = chains_of(text_of(problem))
    assert {len(chain) for chain in chains.values()} == {hops + 1}
    assert len(chains) == problem.n_groups


def test_a_mixed_layout_has_as_many_chains_of_each_length() -> None:
    chains = chains_of(text_of(HashHop.of_chars(20_000, Layout.mixed(6), 16, seed=1)))
    counts = Counter(len(chain) - 1 for chain in chains.values())
    assert set(counts) == set(range(1, 7))
    assert len(set(counts.values())) == 1


@pytest.mark.parametrize("hops", range(1, 7))
@pytest.mark.parametrize("layout", [Layout.mixed(6), Layout((3, 1, 3, 2, 4, 5, 6))])
def test_questions_start_chains_of_their_length_and_the_prompt_leads_to_their_answers(
    hops: int, layout: Layout
) -> None:
    problem = HashHop.of_chars(40_000, layout, 10, seed=5)
    chains = chains_of(text_of(problem))
    items = problem.items(hops, 20, chain_of_thought=True)
    assert len({item.question.start for item in items}) == 20
    for item in items:
        assert [item.question.start, *item.parts] == chains[item.question.start]
        assert item.question.hops == hops == len(item.parts)
    for item in problem.items(hops, 20, chain_of_thought=False):
        assert item.answer == chains[item.question.start][-1]


@pytest.mark.parametrize("length", [1, 2, 3, 7, 16, 21, 22, 23, 40])
def test_hashes_never_repeat(length: int) -> None:
    hashes = Hashes(length, key=2**64 - 1)
    n = min(hashes.n_distinct, 200_000)
    texts = hashes.texts(np.arange(n, dtype=np.uint64))
    assert len(set(texts)) == n
    assert {len(text) for text in texts} == {length}
    assert len(set("".join(texts))) == 52


@pytest.mark.parametrize("length", [4, 16, 23])
def test_each_letter_of_hashes_that_follow_each_other_is_spread_evenly(length: int) -> None:
    n = 52_000
    letters = Hashes(length, key=7).letters(np.arange(n, dtype=np.uint64))
    for column in letters.T:
        counts = np.bincount(column)[np.frombuffer(b"azAZmM", dtype=np.uint8)]
        assert np.abs(counts - n / 52).max() < 6 * np.sqrt(n / 52)


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1_000, 4_097, 99_991])
def test_a_permutation_meets_each_number_once_and_leaves_no_order(size: int) -> None:
    found = Permutation(size, key=9)(np.arange(size, dtype=np.uint64))
    assert np.array_equal(np.sort(found), np.arange(size))
    if size >= 1_000:
        assert abs(np.corrcoef(np.arange(size), found.astype(float))[0, 1]) < 0.1


def test_pieces_joined_are_the_arrays_and_the_size_is_told_beforehand() -> None:
    problem = HashHop.of_chars(1_500_000, Layout.mixed(6), 16, seed=0)
    pieces = list(problem.pieces())
    assert len(pieces) > 2
    whole = "".join(pieces)
    assert whole.encode() == b"".join(array.tobytes() for array in problem.arrays())
    assert len(whole) == problem.n_chars <= 1_500_000 < problem.n_chars + problem.layout.n_chars(16)
    assert whole.count("\n") + 1 == problem.n_lines
    chains_of(whole)


def test_a_long_prompt_takes_no_memory_to_speak_of() -> None:
    problem = HashHop.of_chars(10_000_000, Layout.mixed(6), 16, seed=0)
    tracemalloc.start()
    try:
        n = sum(map(len, problem.pieces()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert n == problem.n_chars
    assert peak < 10_000_000


def test_the_seed_and_nothing_else_decides() -> None:
    def make(seed: int) -> str:
        return text_of(HashHop.of_chars(500, Layout.mixed(2), 5, seed))

    assert make(1) == make(1) != make(2)
    # These very bytes are what kept results were measured on.
    assert text_of(HashHop.of_chars(60, Layout.mixed(2), 3, 0)) == GOLDEN


GOLDEN = "MMY = 'pyn'\nLbF = 'wrt'\nJBu = MMY"


def test_what_cannot_be_made_is_refused_with_a_reason() -> None:
    with pytest.raises(ProblemError, match="at least one letter"):
        HashHop.of_chars(1_000, Layout.mixed(6), 0, 0)
    with pytest.raises(ProblemError, match="52 of 1 letters: ask for longer hashes or fewer tokens"):
        HashHop.of_chars(1_000, Layout.mixed(6), 1, 0)
    with pytest.raises(ProblemError, match="too few for chains of 1 to 6 hops"):
        HashHop.of_chars(100, Layout.mixed(6), 16, 0)
    with pytest.raises(ProblemError, match="the prompt has 1 chains of that length"):
        HashHop.of_chars(1_000, Layout.mixed(6), 16, 0).items(6, 2, chain_of_thought=True)
