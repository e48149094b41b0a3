"""One step's losses: the bytes that should be written, and the patches that passes should route to."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from model.ltm.network import LtmNetwork
from model.ltm.patches import N_PLACES, Patches
from tools.train_hashhop.examples import Example

_N_READ = 8  # patches that an answer may be read from in training
_ROUTING_SHARE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """What a step gave.

    Attributes:
        total: to be minimised.
        written: cross-entropy of the bytes, nats.
        routed: cross-entropy of the patches that are routed to, nats, and how far queries are from their keys.
        right: share of the runs that are right whole.
        right_direct: the same where hops happen inside.
        margin: by how much the right patch's product is above the best other one, the 1st percentile of the questions.

    """

    total: Tensor
    written: Tensor
    routed: Tensor
    right: float
    right_direct: float
    margin: float


def losses(network: LtmNetwork, example: Example, device: str) -> Losses:
    """Attend over the whole prompt, as no budget would allow in use, and compare with what is right.

    A query is drawn to the very key that is right, and not only away from the others: a prompt in use has thousands of
    times the keys of one in training, and some of them are near by chance.
    """
    table = network.symbols()
    memory = network.encode_patches([example.patches], table)
    # The value of a key is the next patch of its segment; the last one of a segment has none.
    values = torch.from_numpy(example.patches.successors).to(device)
    keys = memory.keys[values - 1]
    number_of = torch.full((example.patches.n_patches,), -1, device=device)
    number_of[values] = torch.arange(len(values), device=device)
    states = _tails(network, example, table)
    patch = torch.tensor([asked.route for asked in example.asked], device=device)
    route = torch.where(patch >= 0, number_of[patch], -1)
    routed: list[Tensor] = []
    margins: list[Tensor] = []
    for number in range(network.config.n_passes + 1):
        products = network.ask(states, number) @ keys.T
        scores = network.sharpness() * products
        target = route[:, number]
        known = target >= 0
        if bool(known.any()):
            chosen = products[known].gather(1, target[known][:, None])[:, 0]
            routed.append(functional.cross_entropy(scores[known], target[known], reduction="none") + (1 - chosen))
            margins.append(_margins(products[known].detach(), target[known]))
        if number < network.config.n_passes:
            states = network.take(states, torch.softmax(scores, dim=-1) @ memory.values[values], number)
    logits, wanted = _write(network, example, states, scores, values)
    is_wanted = wanted >= 0
    written = functional.cross_entropy(logits[is_wanted], wanted[is_wanted])
    routing = torch.cat(routed).mean()
    right = ((logits.argmax(-1) == wanted) | ~is_wanted).all(dim=1)
    direct = torch.tensor([asked.route[0] >= 0 for asked in example.asked], device=device)
    return Losses(
        written + _ROUTING_SHARE * routing,
        written.detach(),
        routing.detach(),
        float(right.float().mean()),
        float(right[direct].float().mean()),
        float(torch.cat(margins).quantile(0.01)),
    )


def _margins(products: Tensor, target: Tensor) -> Tensor:
    right = products.gather(1, target[:, None])[:, 0]
    return right - products.scatter(1, target[:, None], -2.0).amax(dim=1)


def _tails(network: LtmNetwork, example: Example, table: Tensor) -> Tensor:
    """Return the state of each question's last patch, `(Q, D)`."""
    cut = [Patches.of_segments(np.frombuffer(asked.tail, dtype=np.uint8), np.zeros(1, int)) for asked in example.asked]
    ends = torch.tensor([patches.n_patches for patches in cut], device=table.device).cumsum(0)
    return network.encode_patches(cut, table).states[ends - 1]


def _write(
    network: LtmNetwork, example: Example, states: Tensor, scores: Tensor, values: Tensor
) -> tuple[Tensor, Tensor]:
    """Return logits, `(Q, T, 256)`, and the bytes that are right, -1 behind their end."""
    device = states.device
    wanted = pad_sequence(
        [torch.from_numpy(np.frombuffer(asked.wanted, dtype=np.uint8).astype(np.int64)) for asked in example.asked],
        batch_first=True,
        padding_value=-1,
    ).to(device)
    best, at = scores.topk(min(_N_READ, scores.shape[1]), dim=1)
    at = values[at]
    starts = torch.from_numpy(example.patches.starts).to(device)
    ids = torch.from_numpy(example.patches.ids.astype(np.int64)).to(device)
    lengths = starts[at + 1] - starts[at]
    places = torch.arange(int(lengths.max()), device=device)
    inside = places < lengths[..., None]  # (Q, reads, bytes)
    index = (starts[at][..., None] + places).clamp(max=len(ids) - 1)
    byte_scores = best[..., None].expand_as(index).masked_fill(~inside, -torch.inf)
    read_places = places.clamp(max=N_PLACES - 1).expand_as(index)
    logits = network.write(
        states, byte_scores.flatten(1), ids[index].flatten(1), read_places.flatten(1), wanted.shape[1]
    )
    return logits, wanted
