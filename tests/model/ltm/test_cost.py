"""Counts of operations."""

import pytest

from model.ltm.cost import Attending, of_dense, of_memory
from model.ltm.network import LtmConfig

CONFIG = LtmConfig(width=10, key_width=5, byte_width=3, n_passes=2)


def test_operations_of_a_run_are_shared_by_its_bytes() -> None:
    attending = Attending(n_products=100, n_values=20, n_bytes=7, n_written=4)
    assert attending.flops_a_token(CONFIG) == (2 * 5 * 100 + 2 * 10 * 20) / 4 + 2 * 3 * 7


def test_dense_attention_grows_with_the_prompt_and_the_memory_with_its_products_alone() -> None:
    small, large = (of_dense(CONFIG, n, 18 * n, 17).flops_a_token(CONFIG) for n in (1_000, 100_000))
    assert large == pytest.approx(100 * small)
    assert of_memory(CONFIG, 500, 17.5, 17).n_values == of_memory(CONFIG, 5_000, 17.5, 17).n_values
