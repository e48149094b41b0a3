"""Ranked lines against plain comparison."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.lines import FileLines

files = st.lists(st.sampled_from(["", "a", "b", " ", "\u00e9", "e\u0301"]), max_size=12)


@given(files, st.data())
def test_places_are_those_where_the_line_stands(lines: list[str], data: st.DataObject) -> None:
    file = FileLines(lines)
    taken = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    places = file.untaken(np.array(taken, dtype=np.bool_))
    assert places.tolist() == ([index for index in range(len(lines)) if not taken[index]] or [0] * (not lines))
    while len(places):
        following = {lines[place] for place in places if place < len(lines)}
        texts = file.next_texts(places)
        assert list(texts.starting_with(b"")) == sorted(f"{line}\n".encode() for line in following)[:2]
        if not following:
            break
        line = data.draw(st.sampled_from(sorted(following)))
        expected = [place + 1 for place in places.tolist() if place < len(lines) and lines[place] == line]
        places = file.after(places, line)
        assert places.tolist() == expected
    assert file.after(file.untaken(np.zeros(len(lines), dtype=np.bool_)), "no such line").tolist() == []
    assert file.at_end().tolist() == [len(lines)]


def test_a_block_is_described_by_what_it_lies_in() -> None:
    lines = ["class A:", "    def go(self):", "        x()", "class B:", "    def go(self):", "        y()", "z = 1"]
    described = FileLines(lines).described()
    assert described[b"def go(self):\n"] == [
        ("def go(self):", 3.0),
        ("        x()", 1.0),
        ("class A:", 1.0),
        ("        y()", 1.0),
        ("class B:", 1.0),
    ]
    assert described[b"z = 1\n"] == [("z = 1", 3.0), ("", 1.0)]
