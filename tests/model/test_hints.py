"""What a task has in common with the places that it may mean."""

from model.hints import bonuses


def test_the_best_match_by_words_is_preferred_most() -> None:
    found = bonuses(
        "delayFor ignores maxMs",
        {
            b"delays": [("delays(count) {", 3.0), ("return list.map(delayFor)", 1.0)],
            b"delayFor": [("delayFor(attempt) {", 3.0), ("return baseMs", 1.0)],
            b"other": [("other() {", 3.0), ("return 1", 1.0)],
        },
    )
    assert max(found, key=lambda choice: found[choice]) == b"delayFor"
    assert b"other" not in found
    assert bonuses("", {b"a": [("a", 1.0)]}) == {}
    assert bonuses("anything", {}) == {}
