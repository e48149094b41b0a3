"""Prompts and questions of HashHop to train on, drawn anew for each step, with what each pass should route to."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from model.ltm.patches import Bytes, Offsets, Patches

# Lengths at which the model is measured are not among them.
HASH_LENGTHS = (5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 24, 28)
MAX_HOPS = 6
_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One question, cut somewhere in its answer.

    Attributes:
        tail: the question and the answer so far.
        wanted: the bytes of the run that comes next.
        route: for each pass the patch that it should attend to, -1 where it should change nothing; the last is where
            the answer is read from, -1 where nothing is to be read.

    """

    tail: bytes
    wanted: bytes
    route: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One prompt and questions about it."""

    patches: Patches
    asked: tuple[Asked, ...]


def draw(rng: np.random.Generator, n_bytes: int, n_asked: int, max_hops: int, n_passes: int) -> Example:
    """Draw a prompt of about `n_bytes` and questions about it."""
    length = int(rng.choice(HASH_LENGTHS))
    n_lines = max(n_bytes // (2 * length + 4), 2 * max_hops)
    # Either all chains are of one length, as in the reference, or all lengths are mixed.
    hops = int(rng.integers(1, max_hops + 1)) if rng.random() < 0.5 else 0
    sizes: list[int] = []
    while sum(sizes) < n_lines:
        sizes.append(hops or int(rng.integers(1, max_hops + 1)))
    chains = [_LETTERS[rng.integers(0, len(_LETTERS), (size + 1, length))] for size in sizes]
    lines: list[bytes] = []
    owner: list[tuple[int, int]] = []
    for number, chain in enumerate(chains):
        names = [name.tobytes() for name in chain]
        for i, (name, then) in enumerate(pairwise(names)):
            lines.append(name + (b" = '%s'" if i == len(names) - 2 else b" = %s") % then)
            owner.append((number, i))
    order = rng.permutation(len(lines))
    text = b"\n".join(lines[i] for i in order)
    ids = np.frombuffer(text, dtype=np.uint8)
    patches = Patches.cut(ids, int(rng.integers(0, 128)))
    value_of = _value_patches(patches, order, lines, owner)
    asked = tuple(_ask(rng, chains, value_of, n_passes) for _ in range(n_asked))
    return Example(patches, asked)


def _value_patches(
    patches: Patches, order: Offsets, lines: list[bytes], owner: list[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """Return for each pair of each chain the patch that holds what its hash leads to."""
    at = 0
    found: dict[tuple[int, int], int] = {}
    for line in order:
        end = at + len(lines[line])
        # The line's last patch is that which holds its last byte.
        found[owner[line]] = int(np.searchsorted(patches.starts, end - 1, side="right")) - 1
        at = end + 1
    return found


def _ask(rng: np.random.Generator, chains: list[Bytes], value_of: dict[tuple[int, int], int], n_passes: int) -> Asked:
    # All numbers of hops are asked for alike; a chain may be entered anywhere and left before its end.
    hops = int(rng.integers(1, max(len(chain) for chain in chains)))
    number = int(rng.choice([number for number, chain in enumerate(chains) if len(chain) > hops]))
    names = [name.tobytes() for name in chains[number]]
    start = int(rng.integers(0, len(names) - hops)) if rng.random() < 0.5 else 0
    step_by_step = rng.random() < 0.5
    head = b"\n\nCOMPLETION:\nHops=%d\n\nCoT=%s\n\n%s = '" % (hops, b"True" if step_by_step else b"False", names[start])
    nowhere = (-1,) * n_passes
    if not step_by_step:
        route = tuple(value_of[number, start + i] if i < hops - 1 else -1 for i in range(n_passes))
        return Asked(head, names[start + hops] + b"'", (*route, value_of[number, start + hops - 1]))
    # Where to stop is what takes longest to learn.
    written = hops - 1 if rng.random() < 0.25 else int(rng.integers(0, hops))
    tail = head + b" = ".join(names[start + 1 : start + 1 + written])
    if written and rng.random() < 0.4:
        cut = int(rng.integers(1, 3))
        return Asked(tail + b" = "[:cut], b" = "[cut : cut + 1], (*nowhere, -1))
    tail += b" = " if written else b""
    wanted = names[start + written + 1] + (b"'" if written == hops - 1 else b" ")
    return Asked(tail, wanted, (*nowhere, value_of[number, start + written]))
