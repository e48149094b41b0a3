"""Which segments of a repository a query needs, over all of them: a small network over what speaks for each.

It was trained on what real commits edit, their messages as the queries; see `tools/train_router`. The weights are a few
kilobytes and do not depend on the language model, whose tokenizer is all that the signals need.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from io import BytesIO

import numpy as np

from model.api import Change
from model.memory.hits import Hits, Query
from model.memory.index import Floats, Offsets, RepositoryIndex
from model.memory.lexicon import Lexicon
from model.memory.past import Past
from model.memory.related import Related
from model.memory.signals import NAMES, collect, index_paths
from model.tokenizer import Tokenizer

WEIGHTS = "router.npz"
_BLOCK = 16_384  # rows that are scored at once, so that what is between the layers stays in the caches
# A word that one segment in so many has, or more of them, does not say why one was chosen.
_COMMON = 12


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """Signals in, scores out: a linear part beside a perceptron with two hidden layers."""

    mean: Floats
    scale: Floats
    linear: Floats  # (signals + 1,): the last one is the bias, as in each layer's last row
    layers: tuple[Floats, Floats, Floats]

    @classmethod
    def shipped(cls) -> "Scorer":
        """Read the weights that come with the program."""
        data = files("model.memory").joinpath(WEIGHTS).read_bytes()
        with np.load(BytesIO(data), allow_pickle=False) as kept:
            if tuple(kept["names"].tolist()) != NAMES:
                raise ValueError(f"{WEIGHTS} was trained on other signals; run tools/train_router again")
            layers = (kept["first"], kept["second"], kept["third"])
            return cls(kept["mean"], kept["scale"], kept["linear"], layers)

    def __call__(self, signals: Floats) -> Floats:
        """Return a score for each row of `(segments, signals)`."""
        blocks = [self._score(signals[start : start + _BLOCK]) for start in range(0, len(signals), _BLOCK)]
        return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)

    def _score(self, signals: Floats) -> Floats:
        inputs = (signals - self.mean) / self.scale
        first, second, third = self.layers
        hidden = np.maximum(0, inputs @ first[:-1] + first[-1])
        hidden = np.maximum(0, hidden @ second[:-1] + second[-1])
        scores: Floats = (hidden @ third[:-1] + third[-1])[:, 0] + inputs @ self.linear[:-1] + self.linear[-1]
        return scores.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """The order in which segments are wanted, and why."""

    scores: Floats  # (segments,)
    order: Offsets  # (segments,): the best first; of equals, the later one in the repository
    query: Query

    def words(self, index: RepositoryIndex, lexicon: Lexicon, segments: Collection[int]) -> dict[int, list[str]]:
        """Return for each of some segments what it has of the words of the query, and of those near them.

        The rarest in the repository come first. Left out are words that so many segments have that they say nothing.
        """
        hits = Hits.find(index, self.query, lexicon)
        terms = lexicon.of_token[index.ids[hits.at]]
        n_hits = np.bincount(terms, minlength=lexicon.n_terms)
        wanted = np.isin(hits.segment, np.fromiter(segments, dtype=np.int64)) & (
            n_hits[terms] * _COMMON < index.n_segments
        )
        found: dict[int, set[int]] = {int(each): set() for each in segments}
        for at, term in zip(hits.segment[wanted].tolist(), terms[wanted].tolist(), strict=True):
            found[at].add(term)
        return {
            at: [lexicon.words[term] for term in sorted(own, key=lambda term: (n_hits[term], term))]
            for at, own in found.items()
        }


class Router:
    """Ranks every segment for a query. The same repository, past and query give the same order."""

    def __init__(self, tokenizer: Tokenizer, lexicon: Lexicon) -> None:
        """Take the tokenizer that the index was made with, and its terms."""
        self.lexicon = lexicon
        self._tokenizer = tokenizer

    def route(self, index: RepositoryIndex, changes: Sequence[Change], text: str) -> Route:
        """Rank segments for what `text` asks; its first line counts twice."""
        query = self.read(text)
        past = Past.of(changes, index, self._tokenizer)
        paths = index_paths(index.paths, self._tokenizer)
        scores = self._scorer(collect(index, paths, past, query, self.lexicon))
        order = np.lexsort((-np.arange(len(scores)), -scores))
        return Route(scores, order, query)

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer.shipped()

    def read(self, text: str) -> Query:
        """Return what a text looks for."""
        subject, _, _ = text.partition("\n")
        return Query.of(self._tokenizer.encode_array(f"{subject}\n{text}"), self.lexicon, self._related)

    @cached_property
    def _related(self) -> Related:
        return Related.shipped(self.lexicon)
