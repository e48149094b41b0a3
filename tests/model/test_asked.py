"""What a task asks for in English."""

import pytest

from model.asked import (
    asks_for_all,
    asks_for_new,
    asks_to_rename,
    file_of_new_type,
    file_of_renamed_type,
    mentioned_identifiers,
    mentioned_lines,
    named_paths,
    renaming,
    without_paths,
)


def test_files_are_named_by_path_or_by_name_alone() -> None:
    paths = {"src/limits.py", "docs/limits.md", "main.py"}
    found = named_paths("in limits.py and `main.py`", paths)
    assert (found.old, found.new) == (["src/limits.py", "main.py"], [])
    found = named_paths("move docs/limits.md to docs/bounds.md.", paths)
    assert (found.old, found.new, found.created) == (["docs/limits.md"], ["docs/bounds.md"], set())
    found = named_paths("use math.pi, version 1.2.0, e.g. obj.attribute", paths)
    assert (found.old, found.new) == ([], [])


@pytest.mark.parametrize(
    ("task", "is_created"),
    [
        ("write history.py with a class History", True),
        ("we need undo: write history.py", True),
        ("a new module history.py with export()", True),
        ("Add the file history.py and use it", True),
        ("create `history.py`", True),
        ("the report that we write to history.py is empty", False),
        ("load fails on history.py", False),
    ],
)
def test_a_file_that_is_to_be_made_is_told_from_one_that_is_spoken_of(task: str, *, is_created: bool) -> None:
    found = named_paths(task, {"editor.py"})
    assert found.new == ["history.py"]
    assert found.created == ({"history.py"} if is_created else set())


def test_a_file_that_is_to_be_deleted_is_told_by_the_word_before_it() -> None:
    paths = {"src/old.js", "src/new.js", "a/x.js", "b/x.js"}
    assert named_paths("Delete src/old.js and its test, use new.js", paths).deleted == {"src/old.js"}
    assert named_paths("drop the file `old.js`", paths).deleted == {"src/old.js"}
    assert not named_paths("remove x.js", paths).deleted  # there are two
    assert not named_paths("delete the lines of src/old.js that nothing uses", paths).deleted


def test_all_files_of_a_directory_are_meant_where_the_task_says_so() -> None:
    paths = {"locales/de.json", "locales/en.json", "locales/old/x.json", "texts.py"}
    for task in ("add it to all three files in locales: x", "Every file under locales gets it"):
        found = named_paths(task, paths)
        assert found.together == [frozenset(found.old)] == [{"locales/de.json", "locales/en.json"}]
    assert not named_paths("the files in locales are all wrong", paths).old
    assert not named_paths("all files in locales", {f"locales/{n}.json" for n in range(99)}).old


def test_files_in_one_breath_belong_together() -> None:
    found = named_paths("Add join() to list.h and `list.c`, as main.c does", {"list.h", "list.c", "main.c"})
    assert found.together == [{"list.h", "list.c"}, {"main.c"}]


def test_a_new_java_type_has_a_file_of_its_own() -> None:
    paths = ["src/MeanFilter.java", "test/MeanFilterTest.java"]
    assert file_of_new_type("Add a class MedianFilter(size) next to MeanFilter", paths) == "src/MedianFilter.java"
    assert file_of_new_type("Add a class MedianFilter(size)", paths) is None  # nothing says where
    assert file_of_new_type("Add a class MeanFilterTest beside MeanFilter", paths) is None  # it is there
    assert file_of_new_type("Add a class Median next to Mean", ["mean.py"]) is None


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("rename the function rpad to padRight everywhere", ("rpad", "padRight")),
        ("Rename `fmt` to format_euros in money", ("fmt", "format_euros")),
        ("rename the class Node to Station", ("Node", "Station")),
        ("rename close() to shut", ("close", "shut")),
        ("rename the function rpad in the internal utils to padRight everywhere", ("rpad", "padRight")),
        ("rename rpad of `cobra.go` to padRight", ("rpad", "padRight")),
        ("rename prices.py to costs.py", None),
        ("rename prices to costs.py", None),
        ("it should be renamed", None),
    ],
)
def test_a_name_that_is_to_be_changed_is_told(task: str, names: tuple[str, str] | None) -> None:
    assert renaming(task) == names


def test_a_java_type_that_is_renamed_moves_its_file() -> None:
    paths = ["src/Node.java", "src/Network.java"]
    for task in ("Rename the class Node to Station", "please rename `Node` to `Station`"):
        assert file_of_renamed_type(task, paths) == ("src/Node.java", "src/Station.java")
    assert file_of_renamed_type("rename Node to Network", paths) is None
    assert file_of_renamed_type("rename node to station", paths) is None


def test_what_is_done_in_many_places_is_told_from_what_is_done_in_one() -> None:
    assert asks_for_all("capacity should be called burst everywhere")
    assert not asks_for_all("raise the timeout to 45 seconds")


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


def test_paths_are_named_by_their_last_parts_too_and_may_begin_with_a_dot() -> None:
    paths = {"packages/core/src/index.ts", "packages/ui/src/index.ts", ".github/workflows/ci.yml", "run"}
    assert named_paths("fix core/src/index.ts", paths).old == ["packages/core/src/index.ts"]
    assert named_paths("update .github/workflows/ci.yml", paths).old == [".github/workflows/ci.yml"]
    assert not named_paths("asyncio.run is not used", paths).new


def test_what_lies_outside_is_no_new_file() -> None:
    trace = 'File "/usr/lib/python3.11/json/decoder.py", line 355, in decode; see ../other/a.py'
    assert not named_paths(trace, {"main.py"}).new
    assert named_paths("create ./history.py", {"main.py"}).new == ["history.py"]


def test_lines_of_a_path_that_begins_here_are_found_at_once() -> None:
    assert mentioned_lines("./main.go:5:2: undefined: x", {"main.go"}) == {"main.go": [4]}
    assert mentioned_lines("a" * 100_000 + "/" * 100_000, {"main.go"}) == {}


def test_the_verb_that_a_sentence_begins_with_is_no_identifier() -> None:
    assert mentioned_identifiers("Add a method that merges two sets. Remove Union") == {"Union"}
    assert mentioned_identifiers("the method Add must be like Add() elsewhere") == {"Add"}
    assert mentioned_identifiers("Add(x) is wrong") == {"Add"}
