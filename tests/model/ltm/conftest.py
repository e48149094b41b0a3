"""A small network with weights drawn at random."""

import pytest
import torch

from model.ltm.network import LtmConfig, LtmNetwork


@pytest.fixture
def network() -> LtmNetwork:
    torch.manual_seed(0)
    return LtmNetwork(LtmConfig(width=32, key_width=16, n_heads=2, n_passes=2)).eval()
