"""A long short-term memory (Hochreiter and Schmidhuber, 1997) over bytes."""

import torch
from torch import nn

from model.hashhop.fixed_state import N_BYTES, FixedState, State


class Lstm(FixedState):
    """torch's own LSTM between an embedding and a head."""

    def __init__(self, width: int, n_layers: int) -> None:
        """Take the width of its states, and how many layers there are."""
        super().__init__()
        self.embedding = nn.Embedding(N_BYTES, width)
        self.lstm = nn.LSTM(width, width, n_layers, batch_first=True)
        self.head = nn.Linear(width, N_BYTES)

    def forward(self, ids: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """See `FixedState`; the state is `(batch, layers, width)` twice: what is put out, and the cells."""
        before = None
        if state is not None:
            before = (state[0].transpose(0, 1).contiguous(), state[1].transpose(0, 1).contiguous())
        out, (hidden, cells) = self.lstm(self.embedding(ids), before)
        logits: torch.Tensor = self.head(out)
        return logits, (hidden.transpose(0, 1), cells.transpose(0, 1))
