"""A prompt that is mostly an earlier one: what both have is taken over, wherever it stands now.

The keys and values of a token depend on all tokens before it. So after an edit all that stands behind it would have to
be encoded again, though little of it changes. Here it is taken over as it was encoded before the edit, its keys turned
to where it stands now (rotary positions tell distances alone), and what is new is encoded in between. That is not what
encoding everything gives, but close to it, as what is taken over has seen nearly the same text: `model/LOG.md` says
how close. Some of what was taken over often is encoded anew with each prompt.

After CacheBlend (Yao et al., arXiv 2405.16444), which does so with texts that were encoded one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.matches import Match, find_matches, n_alike
from model.paging import PAGE_TOKENS
from model.prefixes import PrefixStore
from model.reuse import restore
from model.trails import Trail, as_spliced, is_spliced

_LEAST_TOKENS = 64  # of a part that is taken over
_LEAST_SAVED = 1_024  # tokens: what is less is soon encoded
_LEAST_SHARE = 0.85  # of a prompt: where more is new, what is not has seen too little of it
_MOST_TURNED = 1_024  # tokens that stood before what they now stand behind are encoded anew, if they are few
_MOST_AGE = 8
_REFRESHED_SHARE = 8  # one token in so many is encoded anew for its age


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prompt's beginning, restored from disk, and the `parts` of an earlier one that go behind it.

    `trail` is what the prompt leaves when all of it is encoded.
    """

    network: Any
    cache: Any
    trail: Trail
    parts: Sequence[Match] = ()
    source: Any = None  # the cache of the earlier prompt

    def take(self, part: Match) -> None:
        """Take a part over; all before it is in the cache."""
        self.network.move(self.source, part.old, part.n_tokens, self.cache)


@dataclass(frozen=True, slots=True)
class _Likeness:
    """What an earlier prompt has of one: `n_common` tokens of its beginning, and parts behind what is there of that."""

    trail: Trail
    n_common: int
    begins: int
    parts: Sequence[Match]

    @property
    def n_tokens(self) -> int:
        return self.begins + sum(part.n_tokens for part in self.parts)


def prepare(store: PrefixStore, identity: str, network: Any, ids: Sequence[int], *, splices: bool) -> Prepared:
    """Restore the beginning of a prompt from disk, and find what else is there of it if it may be spliced.

    Args:
        store: where prompts are kept.
        identity: of the network, as in `store`.
        network: makes caches, and can `move` tokens from one to another.
        ids: the prompt.
        splices: whether what stood behind another text may be taken over. If not, nothing is restored but what is
            just what encoding gives.

    """
    wanted = np.asarray(ids, dtype=np.int64)
    plain = Prepared(network, network.new_cache(), Trail(wanted, np.zeros(len(wanted), dtype=np.uint8)))
    n_exact = restore(store, identity, plain.trail.keys, plain.cache)
    if not splices or len(wanted) - n_exact < _LEAST_SAVED:
        return plain
    likest = max(_likenesses(store, identity, plain), key=lambda likeness: likeness.n_tokens, default=None)
    if likest is None or likest.n_tokens < max(n_exact + _LEAST_SAVED, _LEAST_SHARE * len(wanted)):
        return plain
    return _spliced(store, identity, plain, likest)


def _likenesses(store: PrefixStore, identity: str, plain: Prepared) -> Iterator[_Likeness]:
    wanted, n_exact = plain.trail.keys, plain.cache.n_tokens
    for trail in store.trails(identity, plain.cache.page_bytes):
        ids = trail.ids
        n_common = n_alike(ids, wanted[:-1])
        begins = max(n_exact, n_common - n_common % PAGE_TOKENS)
        yield _Likeness(trail, n_common, begins, list(find_matches(ids, wanted[:-1], begins, _LEAST_TOKENS)))


def _spliced(store: PrefixStore, identity: str, plain: Prepared, likeness: _Likeness) -> Prepared:
    """Restore what the earlier prompt has of this one."""
    wanted, earlier = plain.trail.keys, likeness.trail
    keys, ages = wanted.copy(), plain.trail.ages.copy()
    cache, source = plain.cache, plain.network.new_cache()
    n_held = restore(store, identity, earlier.keys, source)
    begins = min(likeness.n_common, n_held)
    if begins > cache.n_tokens:
        cache = source.fork()
        cache.crop(begins)
        keys[:begins], ages[:begins] = earlier.keys[:begins], earlier.ages[:begins]
    begins = cache.n_tokens
    held = _unturned(_within(likeness.parts, begins, n_held))
    parts = list(_refreshed(held, earlier, len(wanted) // _REFRESHED_SHARE))
    for part in parts:
        ages[part.new : part.new + part.n_tokens] = earlier.ages[part.old : part.old + part.n_tokens] + 1
    first = begins if is_spliced(keys[:begins]) else parts[0].new if parts else len(keys)
    first -= first % PAGE_TOKENS
    keys[first:] = as_spliced(wanted[first:])
    return Prepared(plain.network, cache, Trail(keys, ages), parts, source)


def _within(parts: Sequence[Match], begins: int, n_held: int) -> Iterator[Match]:
    """Yield what is left of parts behind the beginning that is restored, and of those that are there."""
    for part in parts:
        skipped = max(0, begins - part.new)
        yield part.cut(skipped, min(part.n_tokens, n_held - part.old))


def _unturned(parts: Iterator[Match]) -> Iterator[Match]:
    """Yield parts without those that stood before another one which they are behind now: they have not seen it.

    That is mostly the file that was edited last, since it stands last. If it is long, it is taken over all the same.
    """
    reached, n_left = 0, _MOST_TURNED
    for part in parts:
        if part.old >= reached or part.n_tokens > n_left:
            yield part
        else:
            n_left -= part.n_tokens
        reached = max(reached, part.old + part.n_tokens)


def _refreshed(parts: Iterator[Match], earlier: Trail, n_most: int) -> Iterator[Match]:
    """Yield parts without some tokens, `n_most` at the most, that were taken over often."""
    for part in parts:
        aged = np.flatnonzero(earlier.ages[part.old : part.old + part.n_tokens] >= _MOST_AGE)
        start = int(aged[0]) if len(aged) and n_most else part.n_tokens
        end = min(start + n_most, part.n_tokens)
        n_most -= end - start
        for left in (part.cut(0, start), part.cut(end, part.n_tokens)):
            if left.n_tokens >= _LEAST_TOKENS:
                yield left
