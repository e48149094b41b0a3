"""Language models over bytes whose memory has one size, however long the prompt: what all of them share."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import torch
from torch import nn

from model.errors import WeightsError

N_BYTES = 256  # the vocabulary: a token is a byte
State = tuple[torch.Tensor, ...]  # each (batch, …)


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a network is made of; `n_state` is Mamba's state a channel, and of no use to an LSTM."""

    kind: Literal["lstm", "mamba2"]
    width: int
    n_layers: int
    n_state: int = 0

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `asdict` made of sizes."""
        return cls(**stored)


class FixedState(nn.Module):
    """Bytes in, logits out, and a state that is all that is kept of the bytes."""

    def forward(self, ids: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Read bytes `(batch, bytes)` behind a state; return logits `(batch, bytes, 256)` and the state after them."""
        raise NotImplementedError


def build(sizes: Sizes) -> FixedState:
    """Return a network with random weights."""
    from model.hashhop.lstm import Lstm  # noqa: PLC0415 - each module knows this one
    from model.hashhop.mamba import Mamba  # noqa: PLC0415

    if sizes.kind == "lstm":
        return Lstm(sizes.width, sizes.n_layers)
    return Mamba(sizes.width, sizes.n_layers, sizes.n_state)


def save(network: FixedState, sizes: Sizes, path: Path) -> None:
    """Write weights in bfloat16, and the sizes with them."""
    from safetensors.torch import save_file  # noqa: PLC0415

    tensors = {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in network.state_dict().items()}
    save_file(tensors, path, metadata={"sizes": json.dumps(asdict(sizes))})


def load(path: Path, device: torch.device) -> tuple[FixedState, Sizes]:
    """Read what `save` wrote, into float32.

    Raises:
        WeightsError: there is no such file, it is damaged, or it is another kind of file.

    """
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            sizes = Sizes.of(json.loads((file.metadata() or {})["sizes"]))
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        network = build(sizes).to(device)
        network.load_state_dict(tensors)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise WeightsError(
            f"{path} does not load as a recurrent network ({error}); `python -m tools.train_recurrent` makes one"
        ) from error
    return network.eval(), sizes
