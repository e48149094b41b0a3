"""What is attended to keeps within its budget and says what it shows."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.memory.index import FileTokens, RepositoryIndex
from model.memory.segments import cut_lines
from model.memory.working_set import FRAME_TOKENS, choose, choose_within

relaxed = settings(max_examples=100)
line_tokens = st.lists(st.lists(st.integers(0, 80), max_size=12), min_size=1, max_size=5)


def indexed(files: list[list[int]]) -> RepositoryIndex:
    parts = []
    for sizes in files:
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        parts.append(FileTokens(np.zeros(starts[-1], dtype=np.uint32), starts, cut_lines(starts)))
    return RepositoryIndex.of([str(number) for number in range(len(files))], parts)


@relaxed
@given(line_tokens, st.integers(0, 600), st.randoms(use_true_random=False))
def test_the_budget_is_kept_and_the_best_come_first(files: list[list[int]], budget: int, random: object) -> None:
    index = indexed(files)
    order = np.array(random.sample(range(index.n_segments), index.n_segments), dtype=np.int64)  # type: ignore[attr-defined]
    working = choose(index, order, budget)
    if len(working.segments) == index.n_segments:
        assert [excerpt.file for excerpt in working.excerpts] == list(range(len(files)))
        assert all(excerpt.is_whole for excerpt in working.excerpts)
        return
    cost = sum(int(index.n_segment_tokens[segment]) for segment in working.segments)
    cost += FRAME_TOKENS * len(working.excerpts)
    assert cost == working.n_tokens <= budget
    shown = {
        (excerpt.file, line)
        for excerpt in working.excerpts
        for first, last in excerpt.spans
        for line in range(first, last)
    }
    of = index.file_of
    assert shown == {
        (int(of[segment]), line) for segment in working.segments for line in range(*index.segment_lines[segment])
    }
    for excerpt in working.excerpts:
        assert list(excerpt.spans) == sorted(excerpt.spans)
        assert all(one[1] < other[0] for one, other in zip(excerpt.spans, excerpt.spans[1:], strict=False))
    first = [int(segment) for segment in order if segment in working.segments][:1]
    assert [excerpt.file for excerpt in working.excerpts][-1:] == [int(of[segment]) for segment in first]


@relaxed
@given(line_tokens, st.integers(0, 400))
def test_a_view_shows_what_was_not_seen(files: list[list[int]], budget: int) -> None:
    index = indexed(files)
    order = np.arange(index.n_segments)
    own = order[index.file_of == 0].tolist()
    seen = set(own[::2])
    excerpt = choose_within(index, 0, order, budget, seen)
    lines = {line for first, last in excerpt.spans for line in range(first, last)}
    assert not lines & {line for segment in seen for line in range(*index.segment_lines[segment])}
    everything = choose_within(index, 0, order, 10_000, ())
    assert everything.is_whole or not own
