"""Blocks in an order that knows nothing: what a budget finds by its size alone."""

import zlib

import numpy as np

from tests.benchmarks.bench_context.corpus import Corpus
from tests.benchmarks.bench_context.ranking import Ranking


class Shuffled:
    """Ranks all blocks at random, the same way for the same seed and message."""

    def __init__(self, seed: int) -> None:
        """Draw from a seed."""
        self._seed = seed

    def rank(self, corpus: Corpus, message: str) -> Ranking:
        """Shuffle the blocks."""
        generator = np.random.default_rng([self._seed, zlib.crc32(message.encode())])
        return Ranking.by_order(generator.permutation(len(corpus.blocks)))
