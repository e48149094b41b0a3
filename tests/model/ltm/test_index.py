"""Nearest keys, by comparing all and by cells."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from model.ltm import index
from model.ltm.index import SCALE, KeyIndex

CPU = torch.device("cpu")


def noise(n: int, width: int = 64) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(n))


def keys(n: int, width: int = 64) -> Tensor:
    return functional.normalize(noise(n, width), dim=-1)


def filled(vectors: Tensor) -> KeyIndex:
    made = KeyIndex(vectors.shape[1], CPU)
    for part in vectors.split(1_000):
        made.add(part)
    made.finish()
    return made


def test_every_key_is_compared() -> None:
    vectors = keys(70_000)
    queries = keys(20)
    _, found = filled(vectors).search(queries, 5)
    whole = ((vectors * SCALE).round() @ queries.T).T.topk(5).indices
    assert torch.equal(found, whole)


def test_fewer_keys_than_asked_for() -> None:
    products, _ = filled(keys(3)).search(keys(1), 8)
    assert torch.isfinite(products[0]).tolist() == [True] * 3 + [False] * 5


def test_cells_find_nearly_always_what_a_scan_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = keys(60_000)
    near = functional.normalize(vectors[::600] + 0.03 * noise(100), dim=-1)
    scan = filled(vectors)
    monkeypatch.setattr(index, "CELLS_FROM", 50_000)
    monkeypatch.setattr(index, "N_CELLS", 256)
    cells = filled(vectors)
    same = cells.search(near, 1)[1] == scan.search(near, 1)[1]
    assert same.sum() >= 97  # a nearest key can lie in a cell that is not looked into
    assert cells.n_products < scan.n_products / 4


def test_numbers_follow_the_order_of_reading() -> None:
    vectors = keys(5_000)
    assert filled(vectors).search(vectors[[7, 4_999]], 1)[1][:, 0].tolist() == [7, 4_999]


def test_products_are_those_of_the_vectors() -> None:
    vectors = keys(100)
    products, at = filled(vectors).search(vectors[:3], 1)
    torch.testing.assert_close(products[:, 0], (vectors[:3] * vectors[at[:, 0]]).sum(1), atol=0.01, rtol=0)
