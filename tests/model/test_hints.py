"""What a task says about its place."""

import pytest

from model.hints import (
    asks_for_new,
    asks_to_rename,
    bonuses,
    mentioned_identifiers,
    mentioned_lines,
    mentioned_paths,
    without_paths,
)


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


def test_files_are_named_by_path_or_by_name_alone() -> None:
    paths = {"src/limits.py", "docs/limits.md", "main.py"}
    assert mentioned_paths("in limits.py and `main.py`", paths) == (["src/limits.py", "main.py"], [])
    assert mentioned_paths("move docs/limits.md to docs/bounds.md.", paths) == (["docs/limits.md"], ["docs/bounds.md"])
    assert mentioned_paths("use math.pi, version 1.2.0, e.g. obj.attribute", paths) == ([], [])


def test_renaming_is_told_in_english() -> None:
    assert asks_to_rename("Rename a.py to b.py")
    assert asks_to_rename("a.py must be moved")
    assert not asks_to_rename("remove a.py")


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ("add a method HasAliases to Command that says whether it has aliases", "function"),
        ("Add strlist_join(list, separator) to strlist.h", "function"),
        ("Ledger needs transfer(source, target)", "function"),
        ("write a helper function for that", "function"),
        ("add a class MedianFilter(size) next to MeanFilter", "type"),
        ("give slugify() an optional max_length", None),
        ("percent() must never return more than 100", None),
        ("add a field phone after email", None),
        ("rename the class Node to Station", None),
    ],
)
def test_a_new_definition_is_asked_for_in_english(task: str, kind: str | None) -> None:
    assert asks_for_new(task) == kind


def test_identifiers_are_told_from_words() -> None:
    assert mentioned_identifiers("top() in leaderboard.js: use max_count and maxMs of Board") == {
        "top",
        "max_count",
        "maxMs",
        "Board",
    }


def test_names_of_files_are_not_looked_for_in_files() -> None:
    paths = ["src/PiggyBank.java", "cli.rs"]
    assert without_paths("deposit in PiggyBank.java, see src/PiggyBank.java; cli.rs too", paths) == (
        "deposit in , see ;  too"
    )
    assert without_paths("Planner.pause(name)", paths) == "Planner.pause(name)"


@pytest.mark.parametrize("told", ['File "src/a.py", line 3, in f', "src/a.py:3:5: error", "src/a.py(3,5): error TS1"])
def test_lines_are_named_as_compilers_and_tracebacks_do(told: str) -> None:
    assert mentioned_lines(f"{told}\nother.py:9\n{told}", {"src/a.py", "b.py"}) == {"src/a.py": [2]}
