"""A long short-term memory (Hochreiter and Schmidhuber, 1997) over bytes."""

import torch
from torch import nn

from model.hashhop.fixed_state import N_BYTES, FixedState, State

_LONGEST = 1000  # bytes over which a new network's cells forget


class Lstm(FixedState):
    """torch's own LSTM between an embedding and a head."""

    def __init__(self, width: int, n_layers: int) -> None:
        """Take the width of its states, and how many layers there are."""
        super().__init__()
        self.embedding = nn.Embedding(N_BYTES, width)
        self.lstm = nn.LSTM(width, width, n_layers, batch_first=True)
        self.head = nn.Linear(width, N_BYTES)
        self._remember(width, n_layers)

    def forward(self, ids: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """See `FixedState`; the state is `(batch, layers, width)` twice: what is put out, and the cells."""
        before = None
        if state is not None:
            before = (state[0].transpose(0, 1).contiguous(), state[1].transpose(0, 1).contiguous())
        out, (hidden, cells) = self.lstm(self.embedding(ids), before)
        logits: torch.Tensor = self.head(out)
        return logits, (hidden.transpose(0, 1), cells.transpose(0, 1))

    @torch.no_grad()
    def _remember(self, width: int, n_layers: int) -> None:
        """Let cells forget over 1 to 1,000 bytes at first, as Tallec and Ollivier do (arXiv 1804.11188).

        torch's own start halves a cell with each byte: nothing is left at the question, and nothing is ever learnt.
        """
        for layer in range(n_layers):
            kept = torch.log(1 + torch.rand(width) * (_LONGEST - 2))
            bias = getattr(self.lstm, f"bias_ih_l{layer}")
            getattr(self.lstm, f"bias_hh_l{layer}").zero_()
            bias.zero_()
            bias[:width], bias[width : 2 * width] = -kept, kept  # gates of what is let in, and of what stays
