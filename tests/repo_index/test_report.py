import json
from dataclasses import dataclass
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from repo_index.report import TokenTree, report_context
from repo_index.snapshot import SkippedFile


@dataclass(frozen=True)
class _File:
    path: PurePosixPath
    n_tokens: int


def _files(**counts: int) -> list[_File]:
    return [_File(PurePosixPath(name.replace("__", "/")), n_tokens) for name, n_tokens in counts.items()]


_COUNTS = st.dictionaries(
    # No name is both a file and a directory.
    st.tuples(st.lists(st.sampled_from("abc"), max_size=3), st.sampled_from("xyz")).map(
        lambda parts: PurePosixPath(*parts[0], parts[1])
    ),
    st.integers(0, 1000),
)


@given(_COUNTS)
def test_each_directory_adds_up_and_the_largest_comes_first(counts: dict[PurePosixPath, int]) -> None:
    tree = TokenTree.of(_File(path, n) for path, n in counts.items())
    nodes = list(tree.walk())
    assert {node.path: node.n_tokens for node in nodes if not node.children and node is not tree} == counts
    for node in nodes:
        if node.children:
            assert node.n_tokens == sum(child.n_tokens for child in node.children)
            assert node.n_files == sum(child.n_files for child in node.children)
        sizes = [child.n_tokens for child in node.children]
        assert sizes == sorted(sizes, reverse=True)
        assert all(child.path.parent == node.path for child in node.children)
    assert (tree.n_tokens, tree.n_files) == (sum(counts.values()), len(counts))


@given(_COUNTS, st.integers(1, 5))
def test_the_biggest_share_no_file(counts: dict[PurePosixPath, int], n: int) -> None:
    tree = TokenTree.of(_File(path, tokens) for path, tokens in counts.items())
    biggest = tree.biggest(n)
    assert len(biggest) == min(n, len(counts))
    paths = [node.path for node in biggest]
    assert not any(left in right.parents for left in paths for right in paths)


def test_a_directory_that_holds_nearly_everything_is_opened() -> None:
    tree = TokenTree.of(_files(src__a=500, src__b__c=300, src__b__d=100, docs__x=60, README=40))
    assert [(node.label, node.n_tokens) for node in tree.biggest(3)] == [
        ("src/a", 500),
        ("src/b/", 400),
        ("docs/", 60),
    ]


def test_a_very_deep_tree_is_added_up() -> None:
    tree = TokenTree.of([_File(PurePosixPath("/".join("d" * 2000)), 7)])
    assert tree.n_tokens == 7
    assert sum(1 for _ in tree.walk()) == 2001


def test_the_report_as_json() -> None:
    skipped = [SkippedFile(PurePosixPath("bad\udcff\n"), "file name is not UTF-8")]
    report = report_context(_files(src__a=30, b=10), skipped, n_frame_tokens=5)
    assert json.loads(json.dumps(report.to_json())) == {
        "n_tokens": 45,
        "n_frame_tokens": 5,
        "n_files": 2,
        "nodes": [
            {"path": "src/", "kind": "directory", "n_tokens": 30, "n_files": 1, "share": 0.75},
            {"path": "src/a", "kind": "file", "n_tokens": 30, "n_files": 1, "share": 0.75},
            {"path": "b", "kind": "file", "n_tokens": 10, "n_files": 1, "share": 0.25},
        ],
        "skipped": [{"path": '"bad\\377\\n"', "reason": "file name is not UTF-8"}],
    }


def test_an_empty_report() -> None:
    report = report_context([], [])
    assert report.to_json() == {"n_tokens": 0, "n_frame_tokens": 0, "n_files": 0, "nodes": [], "skipped": []}
    assert report.tree.biggest(3) == []
