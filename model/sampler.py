"""From logits to the next token."""

import torch

from model.api import Sampling

# A nucleus rarely has more tokens; to find these takes a thirtieth of the time that sorting a vocabulary does.
_USUAL_NUCLEUS = 1024


class Sampler:
    """Draws tokens: greedy at temperature 0, else nucleus sampling (Holtzman et al., arXiv 1904.09751).

    Draws happen on the CPU from the sampler's own generator, so one seed gives one sequence for equal logits.
    """

    def __init__(self, sampling: Sampling) -> None:
        """Seed the generator."""
        self._sampling = sampling
        self._generator = torch.Generator().manual_seed(sampling.seed)

    def draw(self, logits: torch.Tensor) -> tuple[int, float]:
        """Return a token id and its log-probability in nats under the untempered model; `logits` is `(vocab,)`."""
        logits = logits.float()
        temperature = self._sampling.temperature
        token = int(logits.argmax()) if temperature == 0 else self._nucleus(logits / temperature)
        return token, float(logits[token] - logits.logsumexp(dim=-1))

    def _nucleus(self, logits: torch.Tensor) -> int:
        probabilities = logits.softmax(dim=-1).cpu()
        top, ids = probabilities.topk(min(_USUAL_NUCLEUS, len(probabilities)))
        if float(top.sum()) < self._sampling.top_p:
            top, ids = probabilities.sort(descending=True)
        # A token stays while the mass before it is below top_p: the first is always kept.
        kept = top.masked_fill(top.cumsum(dim=-1) - top >= self._sampling.top_p, 0)
        kept[0] = top[0]
        return int(ids[torch.multinomial(kept, 1, generator=self._generator)])
