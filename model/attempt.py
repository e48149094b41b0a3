"""One of the answers being written, and the network's states of what it has read, some of it ahead of the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model.decoding import Decoding
from model.lookup import NO_DRAFT, Draft
from model.matches import n_same
from model.sampler import Logits


@dataclass(slots=True)
class Attempt:
    """An answer and its cache. The cache may hold tokens, `ahead`, that the answer does not have yet.

    The network is fed what a step chose together with a draft of what may come next. The rows of logits behind the
    draft are used as long as the steps choose just its tokens; then the rest is dropped. So drafts change nothing but
    the number of passes (speculative decoding, Leviathan et al., arXiv 2211.17192, with a draft that is certain).
    """

    decoding: Decoding
    cache: Any
    rows: list[Logits]  # behind what was fed last: the first is used by the next step
    ahead: list[int] = field(default_factory=list)
    n_passes: int = 0
    decode_s: float = 0.0
    _draft: Draft = NO_DRAFT

    def next_feed(self, max_new_tokens: int, max_draft: int) -> tuple[Sequence[int], int] | None:
        """Step until the network is needed; return what it must read, and how many of its last rows are wanted.

        None when the answer is complete, or too long.
        """
        while True:
            feed = self.decoding.step(self.rows.pop(0))
            if feed is None or self.decoding.is_longer_than(max_new_tokens):
                return None
            n_right = 0 if feed.n_dropped else n_same(feed.ids, self.ahead)
            if n_right < len(feed.ids):
                break
            del self.ahead[:n_right]
            del self.rows[: n_right - 1]
        if self._draft.ids:
            self.decoding.learn(self._draft, len(self._draft.ids) - len(self.ahead) + n_right)
        self.cache.crop(self.cache.n_tokens - len(self.ahead) + n_right - feed.n_dropped)
        self._draft = self.decoding.draft(max_draft)
        self.ahead = list(self._draft.ids)
        self.n_passes += 1
        return [*feed.ids[n_right:], *self.ahead], 1 + len(self.ahead)
