"""The router's network while it learns, and how well it finds what it has not seen."""

from collections.abc import Sequence

import numpy as np
import torch
from rich.console import Console
from torch import nn

from model.memory.working_set import FRAME_TOKENS
from tools.train_router.examples import Example

N_EPOCHS = 12
_BATCH, _RATE, _DECAY = 8, 2e-3, 0.02
_WIDTHS = (32, 16)
_MEAN_FILE_SEGMENTS = 4  # of a working set: so many share a frame


class Network(nn.Module):
    """Signals in, a score out: a linear part beside a perceptron. Inputs are scaled by what was seen in training."""

    def __init__(self, mean: torch.Tensor, scale: torch.Tensor) -> None:
        """Start at random; both `(signals,)`."""
        super().__init__()
        self.mean, self.scale = mean, scale
        self.linear = nn.Linear(len(mean), 1)
        self.first = nn.Linear(len(mean), _WIDTHS[0])
        self.second = nn.Linear(*_WIDTHS)
        self.third = nn.Linear(_WIDTHS[1], 1)

    def forward(self, signals: torch.Tensor) -> torch.Tensor:
        """Return `(segments,)` for `(segments, signals)`."""
        inputs = (signals - self.mean) / self.scale
        hidden = torch.relu(self.second(torch.relu(self.first(inputs))))
        scores: torch.Tensor = (self.linear(inputs) + self.third(hidden))[:, 0]
        return scores


def train(examples: Sequence[Example], console: Console) -> Network:
    """Learn to put edited segments first (ListNet, Cao et al., 2007: the softmax of the scores is what they share)."""
    signals = [torch.from_numpy(example.signals) for example in examples]
    shares = [torch.from_numpy(example.n_edited / example.n_edited.sum()) for example in examples]
    weights = [torch.from_numpy(example.weight).log() for example in examples]
    every = torch.cat(signals)
    network = Network(every.mean(0), every.std(0) + 1e-3)
    optimizer = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=_DECAY)
    for epoch in range(N_EPOCHS):
        for group in optimizer.param_groups:
            group["lr"] = _RATE * (1 - epoch / N_EPOCHS) + 1e-5
        total = 0.0
        for batch in torch.randperm(len(signals)).split(_BATCH):
            # What stands for others counts as all of them in the sum below the fraction.
            losses = [
                -(shares[i] * (scores - torch.logsumexp(scores + weights[i], 0))).sum()
                for i in batch.tolist()
                for scores in [network(signals[i])]
            ]
            loss = torch.stack(losses).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(losses)
        console.print(f"  epoch {epoch + 1}: loss {total / len(signals):.3f}", highlight=False)
    return network


@torch.no_grad()
def recall(network: Network, examples: Sequence[Example], budgets: Sequence[int]) -> list[float]:
    """Return the share of edited lines found; what stands for others takes the room of all of them."""
    found = []
    for example in examples:
        scores = network(torch.from_numpy(example.signals)).numpy()
        order = np.lexsort((example.n_edited, -scores))
        costs = np.cumsum(example.weight[order] * (example.n_tokens[order] + FRAME_TOKENS // _MEAN_FILE_SEGMENTS))
        found.append([example.n_edited[order][costs <= budget].sum() / example.n_all_edited for budget in budgets])
    return [float(value) for value in np.mean(found, axis=0)]
