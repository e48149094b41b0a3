"""From logits to the next token."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from model.api import Sampling

Logits = npt.NDArray[np.float32]  # (vocab,)

# A token this far below the likeliest has less than a ten-millionth of its probability. A nucleus is looked for above
# that first: to sort a few hundred numbers takes a hundredth of the time that a vocabulary does.
_FAR_BELOW = 16.0


class Sampler:
    """Draws tokens: greedy at temperature 0, else nucleus sampling (Holtzman et al., arXiv 1904.09751).

    min-p (Nguyen et al., arXiv 2407.01082) cuts further what is unlikely beside the likeliest token.

    One seed gives one sequence for equal logits.
    """

    def __init__(self, sampling: Sampling) -> None:
        """Seed the generator."""
        self._sampling = sampling
        self._generator = np.random.default_rng(sampling.seed)

    def draw(self, logits: Logits) -> tuple[int, float]:
        """Return a token id and its log-probability in nats under the untempered model."""
        temperature = self._sampling.temperature
        token = int(logits.argmax()) if temperature == 0 else self._nucleus(logits / np.float32(temperature))
        top = float(logits.max())
        return token, float(logits[token]) - top - math.log(_mass(logits - np.float32(top)))

    def _nucleus(self, logits: Logits) -> int:
        logits = logits - logits.max()
        wanted = self._sampling.top_p * _mass(logits)
        ids = np.flatnonzero(logits > -_FAR_BELOW)
        if _mass(logits[ids]) < wanted:
            ids = np.arange(len(logits))
        ids = ids[np.argsort(-logits[ids], kind="stable")]
        weights: Any = np.exp(logits[ids].astype(np.float64))
        before = np.cumsum(weights) - weights
        # A token stays while the mass before it is below top_p, and while it has min_p of the likeliest one's.
        kept = weights[((before < wanted) & (weights >= self._sampling.min_p)) | (ids == ids[0])]
        return int(ids[np.searchsorted(np.cumsum(kept), self._generator.random() * kept.sum(), side="right")])


def _mass(logits: Logits) -> float:
    return float(np.exp(logits).sum(dtype=np.float64))
