"""Parts of one sequence in another, against what they claim and against how the other one was made."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.matches import Match, find_matches, n_alike

few = st.lists(st.integers(0, 3), max_size=5)
tokens = st.lists(st.tuples(few, st.integers(0, 60)).map(lambda pair: pair[0] * pair[1]), max_size=4).map(
    lambda parts: [token for part in parts for token in part]
)


@settings(max_examples=200)
@given(tokens, tokens, st.integers(0, 50), st.integers(32, 80))
def test_every_part_is_in_both_and_none_overlap(old: list[int], new: list[int], start: int, least: int) -> None:
    at, used = start, set[int]()
    for match in find_matches(np.array(old, dtype=np.int64), np.array(new, dtype=np.int64), start, least):
        assert match.new >= at
        assert match.n_tokens >= least
        assert old[match.old : match.old + match.n_tokens] == new[match.new : match.new + match.n_tokens]
        at = match.new + match.n_tokens
        assert at <= len(new)
        assert not used & set(range(match.old, match.old + match.n_tokens))
        used.update(range(match.old, match.old + match.n_tokens))


@settings(max_examples=50)
@given(st.permutations(range(6)), st.lists(st.integers(0, 40), min_size=6, max_size=6), st.integers(0, 99))
def test_what_was_moved_is_found_whole(order: list[int], n_between: list[int], seed: int) -> None:
    drawn = np.random.default_rng(seed)
    texts = [drawn.integers(0, 1 << 20, 150) for _ in order]
    old = np.concatenate(texts)
    pieces = [
        piece
        for i, n in zip(order, n_between, strict=True)
        for piece in (texts[i], drawn.integers(1 << 20, 1 << 21, n + 1))
    ]
    found = list(find_matches(old, np.concatenate(pieces), 0, 64))
    at, expected = 0, []
    for i, n in zip(order, n_between, strict=True):
        expected.append(Match(at, 150 * i, 150))
        at += 150 + n + 1
    assert found == expected


def test_a_part_is_cut() -> None:
    assert Match(100, 20, 50).cut(10, 30) == Match(110, 30, 20)
    assert Match(100, 20, 50).cut(30, 10).n_tokens == 0
    assert n_alike(np.array([1, 2, 3]), np.array([1, 2, 4, 5])) == 2
    assert n_alike(np.array([1, 2]), np.array([1, 2, 4])) == 2
