"""What is fetched is what attention over everything would find."""

import numpy as np
import pytest
import torch

from model.hashhop.protocols import unheard
from model.ltm import memory as module
from model.ltm.memory import LtmMemory
from model.ltm.network import LtmNetwork
from model.ltm.patches import Patches

TEXT = "\n".join(f"key{number} = value{number}" for number in range(40))


def read(network: LtmNetwork, *pieces: str) -> LtmMemory:
    with torch.inference_mode():
        made = LtmMemory(network, network.symbols())
    made.read(pieces, unheard)
    return made


def test_fetching_everything_is_attending_over_everything(network: LtmNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "N_FETCHED", 1_000)
    made = read(network, TEXT)
    with torch.inference_mode():
        patches = Patches.cut(np.frombuffer(TEXT.encode(), dtype=np.uint8))
        encoded = network.encode_patches([patches], network.symbols())
        values = torch.from_numpy(patches.successors)
        queries = encoded.keys[[3, 8]]
        fetched = made.fetch(queries)
        read_bytes = made.bytes_of(fetched)
    n = len(values)
    assert torch.isfinite(fetched.products).sum(1).tolist() == [n, n]
    order = fetched.numbers[0, :n]
    tolerance = {"atol": 0.02, "rtol": 0.0}  # keys and values are kept as int8
    torch.testing.assert_close(fetched.products[0, :n], encoded.keys[values - 1][order] @ queries[0], **tolerance)
    torch.testing.assert_close(fetched.values[0, :n], encoded.values[values][order], **tolerance)
    patch = int(values[order[0]])
    wanted = TEXT.encode()[patches.starts[patch] : patches.starts[patch + 1]]
    assert bytes(read_bytes.ids[0, 0][read_bytes.is_there[0, 0]].tolist()) == wanted


def test_pieces_may_be_cut_anywhere(network: LtmNetwork) -> None:
    whole, pieces = read(network, TEXT), read(network, *(TEXT[at : at + 7] for at in range(0, len(TEXT), 7)))
    assert whole.n_tokens == pieces.n_tokens == len(TEXT)
    assert whole.index.n_keys == pieces.index.n_keys


def test_long_prompts_are_read_in_stretches(network: LtmNetwork) -> None:
    heard: list[int] = []
    with torch.inference_mode():
        made = LtmMemory(network, network.symbols())
    made.read([TEXT + "\n"] * 400, heard.append)
    assert len(heard) > 3
    assert heard[-1] == made.n_tokens == 400 * (len(TEXT) + 1)


def test_segments_are_encoded_by_themselves(network: LtmNetwork) -> None:
    with torch.inference_mode():
        table = network.symbols()
        data = np.frombuffer(TEXT.encode(), dtype=np.uint8)
        together = network.encode_patches([Patches.cut(data)], table)
        first = Patches.cut(data)
        end = int(first.starts[first.segments[1]])
        alone = network.encode_patches([Patches.of_segments(data[:end], np.zeros(1, dtype=np.int64))], table)
    torch.testing.assert_close(together.states[: len(alone.states)], alone.states)
