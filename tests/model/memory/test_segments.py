"""Texts cut into lines and segments, against plain reading."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.memory.index import RepositoryIndex
from model.memory.segments import SEGMENT_TOKENS, Segmenter, cut_lines
from model.tokenizer import Tokenizer
from model.vocabulary import Vocabulary
from tests.model.conftest import Language

relaxed = settings(max_examples=80)
texts = st.lists(st.sampled_from(["a", "def f(x):", "\n", "\n\n", "  ", "\t", "\u00e9", "return ", "x" * 90])).map(
    "".join
)


@relaxed
@given(texts)
def test_each_line_begins_where_its_text_does(language: Language, text: str) -> None:
    tokens = Segmenter(language.tokenizer, language.vocabulary).cut(text)
    lines = text.split("\n")[: text.count("\n")] + ([text.rpartition("\n")[2]] if text[-1:] not in ("\n", "") else [])
    assert len(tokens.line_starts) == len(lines) + 1
    assert tokens.line_starts[-1] == len(tokens.ids)
    for line, start, end in zip(lines, tokens.line_starts[:-1], tokens.line_starts[1:], strict=True):
        spelled = language.vocabulary.spell(tokens.ids[start:end].tolist()).decode(errors="replace")
        # What ends several lines at once is the first one's; SentencePiece puts a space before a text.
        assert "".join(spelled.split()) in ("", "".join(line.split()))


@relaxed
@given(st.lists(st.integers(0, 100), max_size=40))
def test_segments_are_whole_lines_up_to_64_tokens(sizes: list[int]) -> None:
    line_starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    starts = cut_lines(line_starts)
    assert starts[0] == 0
    assert starts[-1] == len(sizes)
    assert (np.diff(starts) > 0).all()
    for first, last in pairwise(starts):
        assert last - first == 1 or line_starts[last] - line_starts[first] <= SEGMENT_TOKENS


@relaxed
@given(st.lists(texts, max_size=5))
def test_files_stand_side_by_side(tokenizer: Tokenizer, vocabulary: Vocabulary, contents: list[str]) -> None:
    files = [Segmenter(tokenizer, vocabulary).cut(text) for text in contents]
    index = RepositoryIndex.of([str(i) for i in range(len(files))], files)
    assert index.ids.tolist() == [id_ for file in files for id_ in file.ids.tolist()]
    assert index.n_segment_tokens.sum() == len(index.ids)
    for number, file in enumerate(files):
        own = np.flatnonzero(index.file_of == number)
        assert own.tolist() == list(range(*index.file_segments[number : number + 2]))
        for segment, (first, last) in zip(own, pairwise(file.segment_starts), strict=True):
            assert index.segment_lines[segment].tolist() == [first, last]
            start, end = index.segment_tokens[segment : segment + 2]
            assert index.ids[start:end].tolist() == file.ids[file.line_starts[first] : file.line_starts[last]].tolist()
    at = np.arange(len(index.ids))
    assert index.segment_of(at).tolist() == np.repeat(np.arange(index.n_segments), index.n_segment_tokens).tolist()


def test_a_line_is_one_segment() -> None:
    index = RepositoryIndex.of_lines(["a", "b"], [np.arange(200, dtype=np.uint32), np.zeros(0, dtype=np.uint32)])
    assert (index.n_segments, index.n_segment_tokens.tolist(), index.file_of.tolist()) == (2, [200, 0], [0, 1])
    assert RepositoryIndex.of_lines([], []).n_segments == 0
