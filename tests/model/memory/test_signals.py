"""A query's terms in a repository: the fast scan and scores against plain counting."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.memory import bm25
from model.memory.bm25 import Counts, score
from model.memory.hits import Hits, Query
from model.memory.index import RepositoryIndex
from model.memory.lexicon import Lexicon
from model.memory.past import Past
from model.memory.related import Related
from model.memory.segments import Segmenter
from model.memory.signals import NAMES, _before, collect, index_paths
from model.tokenizer import Tokenizer
from tests.fakes.documents import Commit

LEXICON = Lexicon([b"user", b" User", b"_name", b"(", None, b"x", "\u00e9".encode(), b"\xff", b"def", b"name"])
# `name` is near `user`, `def` near both of them, and nearer to `user`.
USER, NAME, DEF = (LEXICON.words.index(word) for word in ("user", "name", "def"))
RELATED = Related(
    np.array([0, USER, NAME, DEF]),
    np.array([0, 1, 4, 7, 9]),
    np.array([1, 2, 3, 0, 1, 3, 0, 1, 2], dtype=np.int32),
    np.array([99, 51, 102, 9, 51, 34, 9, 102, 34], dtype=np.uint8),
)


def one_segment(ids: list[int]) -> RepositoryIndex:
    return RepositoryIndex.of_lines(["a.py"], [np.array(ids, dtype=np.uint32)])


def test_spellings_of_one_word_are_one_term() -> None:
    words = [LEXICON.words[term] for term in LEXICON.of_token]
    assert words == ["user", "user", "name", "", "", "", "\u00e9", "", "def", "name"]
    assert LEXICON.begins_apart.tolist() == [False, True, False, False, True, False, False, False, False, False]


@given(st.lists(st.integers(0, 9), max_size=30), st.lists(st.integers(0, 9), max_size=8))
def test_hits_are_the_tokens_of_the_querys_terms(ids: list[int], asked: list[int]) -> None:
    query = Query.of(np.array(asked, dtype=np.uint32), LEXICON, RELATED)
    terms = {int(LEXICON.of_token[id_]) for id_ in asked} - {0}
    assert set(query.terms.tolist()) == terms
    hits = Hits.find(one_segment(ids), query, LEXICON).exact()
    assert hits.at.tolist() == [at for at, id_ in enumerate(ids) if int(LEXICON.of_token[id_]) in terms]
    assert query.terms[hits.term].tolist() == [int(LEXICON.of_token[ids[at]]) for at in hits.at]


@given(st.lists(st.integers(0, 9), max_size=30), st.lists(st.integers(0, 9), max_size=8))
def test_near_words_stand_for_the_term_that_they_are_nearest_to(ids: list[int], asked: list[int]) -> None:
    query = Query.of(np.array(asked, dtype=np.uint32), LEXICON, RELATED)
    hits = Hits.find(one_segment(ids), query, LEXICON)
    near = {
        (USER, NAME): 0.2,
        (USER, DEF): 0.4,
        (NAME, USER): 0.2,
        (NAME, DEF): 2 / 15,
        (DEF, USER): 0.4,
        (DEF, NAME): 2 / 15,
    }
    expected = []
    for at, id_ in enumerate(ids):
        term = int(LEXICON.of_token[id_])
        found = {one: 1.0 if one == term else near.get((one, term), 0.0) for one in query.terms.tolist()}
        best = max(found, key=found.__getitem__, default=0)
        if term and found.get(best):
            expected.append((at, best, pytest.approx(found[best])))
    assert list(zip(hits.at.tolist(), query.terms[hits.term].tolist(), hits.nearness.tolist(), strict=True)) == expected


def test_a_name_is_terms_side_by_side() -> None:
    query = Query.of(np.array([0, 2, 1]), LEXICON, Related.none())  # user_name User
    found = Hits.find(one_segment([0, 2, 3, 1, 3, 2, 2, 0, 9]), query, LEXICON)
    assert found.at[found.completes_name(query)].tolist() == [1, 5, 8]
    defined = Hits.find(one_segment([8, 1, 3, 0]), query, LEXICON)
    assert defined.is_defined(np.array([8, 1, 3, 0]), LEXICON).tolist() == [1.0, pytest.approx(1 / 3)]


@pytest.mark.parametrize("n_counters", [1_000, 0], ids=["a counter for each pair", "pairs that occur"])
@given(hits=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([0.25, 1.0])), max_size=20))
def test_bm25(hits: list[tuple[int, int, float]], n_counters: int) -> None:
    lengths = np.array([4, 8, 2, 10], dtype=np.float32)
    groups, terms = (np.array([hit[i] for hit in hits], dtype=np.int64) for i in range(2))
    counts = np.array([count for *_, count in hits], dtype=np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bm25, "_MAX_COUNTERS", n_counters)
        patch.setattr(bm25, "_COUNTERS_PER_HIT", 0)
        pairs = Counts.of(groups, terms, counts, 4, 3)
    had = {(one, other): sum(n for *pair, n in hits if pair == [one, other]) for one, other, _ in sorted(hits)}
    assert list(zip(pairs.group.tolist(), pairs.term.tolist(), strict=True)) == list(had)
    found = score(pairs, lengths, np.ones(3, dtype=np.float32))
    for group in range(4):
        expected = 0.0
        for term in range(3):
            count = had.get((group, term), 0.0)
            n_having = sum(min(1.0, n) for (_, other), n in had.items() if other == term)
            idf = math.log(1 + (4 - n_having + 0.5) / (n_having + 0.5))
            expected += idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * lengths[group] / 6)) if count else 0
        assert found.scores[group] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert ((found.cover >= 0) & (found.cover <= 1 + 1e-6)).all()


def test_what_stands_before_is_of_the_same_file() -> None:
    values, of = np.array([1.0, 2.0, 3.0, 4.0], dtype=np.float32), np.array([0, 0, 1, 1])
    assert _before(values, of).tolist() == [0.0, 1.0, 0.0, 3.0]
    assert _before(values[:0], of[:0]).tolist() == []


@pytest.mark.parametrize("texts", [{}, {"a.py": ""}, {"a.py": "def f():\n", "tests/b.py": "f()\n" * 80, "c.md": ""}])
def test_every_segment_has_every_signal(
    texts: dict[str, str], segmenter: Segmenter, tokenizer: Tokenizer, lexicon: Lexicon
) -> None:
    index = RepositoryIndex.of(list(texts), [segmenter.cut(text) for text in texts.values()])
    changes = [Commit("call f", ("tests/b.py", "gone.py"), {"tests/b.py": [(3, 5)]}), Commit("start", ("a.py",))]
    past = Past.of(changes, index, tokenizer)
    for asked in ("", "call function f in tests"):
        query = Query.of(tokenizer.encode_array(asked), lexicon, Related.shipped(lexicon))
        signals = collect(index, index_paths(index.paths, tokenizer), past, query, lexicon)
        assert signals.shape == (index.n_segments, len(NAMES))
        assert np.isfinite(signals).all()
    if "tests/b.py" in texts:
        lately = signals[:, NAMES.index("lines_lately")]
        assert lately[index.file_segments[1]] == 1  # lines 3 to 5 are in its first segment
        assert (lately > 0).sum() == 1
        assert signals[index.file_segments[1], NAMES.index("is_test")] == 1
