"""Drafts from the prompt and from the answer."""

from model.lookup import PromptLookup


def test_what_followed_the_longest_match_is_guessed() -> None:
    lookup = PromptLookup([1, 2, 3, 4, 9, 9, 8, 3, 4, 5, 6, 7])
    assert list(lookup.continuation([2, 3, 4], 3).ids)[:1] == [9]
    assert list(lookup.continuation([8, 3, 4], 3).ids)[:1] == [5]
    assert lookup.continuation([50, 51], 3).ids == ()
    assert lookup.continuation([4], 3).ids == ()


def test_the_answer_itself_is_searched_first() -> None:
    lookup = PromptLookup([0, 1, 2, 3])
    assert list(lookup.continuation([0, 1, 2, 7, 7, 5, 0, 1, 2], 1).ids) == [7]


def test_guesses_that_fail_are_given_up() -> None:
    lookup = PromptLookup(list(range(100)))
    draft = lookup.continuation(list(range(10, 20)), 8)
    assert len(draft.ids) > 3
    for _ in range(40):
        lookup.learn(draft, 0)
    assert not lookup.continuation(list(range(10, 20)), 8).ids
    for _ in range(300):
        lookup.learn(draft, len(draft.ids))
    assert lookup.continuation(list(range(10, 20)), 8).ids


def test_a_line_is_drafted_as_far_as_that_is_worth_it() -> None:
    draft = PromptLookup([]).line(list(range(50)), 20)
    assert 0 < len(draft.ids) < 20
