"""Random walks over sequences that are fed, cropped and forked, beside plain lists of what each should hold."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

Walked = tuple[str, int, int]
_MOST_SEQUENCES = 4

WALKS = st.lists(
    st.tuples(st.sampled_from(["feed", "crop", "fork"]), st.integers(0, 4), st.integers(1, 90)),
    min_size=1,
    max_size=12,
)


def walk(network: Any, steps: Sequence[Walked], ids_of: Callable[[int, int], list[int]]) -> list[tuple[Any, list[int]]]:
    """Take the steps on a network's caches; return each cache with the ids that it should hold."""
    sequences: list[tuple[Any, list[int]]] = [(network.new_cache(), [])]
    for number, (step, which, n) in enumerate(steps):
        cache, ids = sequences[which % len(sequences)]
        if step == "feed":
            new = ids_of(n, number)
            network.feed([(cache, new)])
            ids.extend(new)
        elif step == "crop":
            keep = max(0, len(ids) - n)
            cache.crop(keep)
            del ids[keep:]
        elif len(sequences) < _MOST_SEQUENCES:
            sequences.append((cache.fork(), ids.copy()))
    return sequences
