"""How bytes are cut."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.ltm.patches import MAX_LINE_BYTES, N_LETTER_PLACES, SEGMENT_BYTES, Patches


def cut(text: bytes, offset: int = 0) -> Patches:
    return Patches.cut(np.frombuffer(text, dtype=np.uint8), offset)


def texts(patches: Patches) -> list[bytes]:
    data = patches.ids.tobytes()
    return [data[start:end] for start, end in zip(patches.starts, patches.starts[1:], strict=False)]


def test_a_patch_is_a_run_of_letters_with_the_separators_behind_it() -> None:
    assert texts(cut(b"aB1 = 'cd'\nef = g")) == [b"aB1 = '", b"cd'\n", b"ef = ", b"g"]


def test_separators_before_the_first_letter_are_a_patch() -> None:
    assert texts(cut(b"\n\nHops=2\n")) == [b"\n\n", b"Hops=", b"2\n"]


def test_places_count_letters_and_separators_apart() -> None:
    places = cut(b"ab = c").symbols // 256
    letters, separators = 0, N_LETTER_PLACES
    assert places.tolist() == [letters, letters + 1, separators, separators + 1, separators + 2, letters]


@given(st.binary(max_size=2_000), st.integers(0, 1_000))
def test_patches_make_up_the_bytes_and_segments_the_patches(data: bytes, offset: int) -> None:
    patches = cut(data, offset)
    assert b"".join(texts(patches)) == data
    assert patches.segments[-1] == patches.n_patches
    assert (np.diff(patches.segments) > 0).all()
    assert (np.diff(patches.starts) > 0).all()
    sizes = np.diff(patches.starts[patches.segments])
    assert not len(sizes) or sizes.max() <= SEGMENT_BYTES + MAX_LINE_BYTES
    assert set(patches.successors) == set(range(patches.n_patches)) - set(patches.segments[:-1])


def test_lines_that_begin_in_the_same_stretch_share_a_segment() -> None:
    line = b"abcdefgh = ijklmnop\n"
    patches = cut(line * 32)
    begins = patches.starts[patches.segments[:-1]]
    assert (begins % len(line) == 0).all()
    assert len(begins) == 32 * len(line) // SEGMENT_BYTES
