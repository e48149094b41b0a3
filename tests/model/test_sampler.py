"""Draws against the probabilities that they should have."""

import math

import pytest
import torch

from model.api import Sampling
from model.sampler import Sampler


def logits_of(*probabilities: float) -> torch.Tensor:
    return torch.tensor(probabilities).log()


def drawn(sampling: Sampling, logits: torch.Tensor, n: int = 200) -> set[int]:
    sampler = Sampler(sampling)
    return {sampler.draw(logits)[0] for _ in range(n)}


def test_temperature_zero_takes_the_likeliest() -> None:
    token, logprob = Sampler(Sampling(temperature=0.0)).draw(logits_of(0.2, 0.5, 0.3))
    assert token == 1
    assert logprob == pytest.approx(math.log(0.5), abs=1e-6)


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.0, {1}), (0.4, {1}), (0.5, {1}), (0.51, {1, 2}), (0.79, {1, 2}), (0.81, {0, 1, 2}), (1.0, {0, 1, 2})],
)
def test_the_nucleus_is_the_smallest_set_that_holds_top_p(top_p: float, kept: set[int]) -> None:
    assert drawn(Sampling(temperature=1.0, top_p=top_p), logits_of(0.2, 0.5, 0.3)) == kept


def test_a_wide_nucleus_is_found_too() -> None:
    """More tokens than are looked at first: 3,000 equal ones, of which nine tenths are kept."""
    logits = torch.cat([torch.zeros(3000), torch.full((5000,), -torch.inf)])
    tokens = drawn(Sampling(temperature=1.0, top_p=0.9), logits, 2000)
    assert max(tokens) < 3000
    assert 1024 < len(tokens) <= 2700


def test_a_low_temperature_sharpens_and_a_high_one_flattens() -> None:
    logits = logits_of(0.6, 0.4)
    counts = []
    for temperature in (0.1, 1.0, 10.0):
        sampler = Sampler(Sampling(temperature=temperature, top_p=1.0))
        counts.append(sum(sampler.draw(logits)[0] for _ in range(500)))
    cold, usual, hot = counts
    assert cold < 30
    assert 150 < usual < 250
    assert usual < hot < 280


def test_the_log_probability_is_that_of_the_untempered_model() -> None:
    sampler = Sampler(Sampling(temperature=0.3, top_p=0.5))
    token, logprob = sampler.draw(logits_of(0.25, 0.75))
    assert token == 1
    assert logprob == pytest.approx(math.log(0.75), abs=1e-6)


def test_one_seed_draws_one_sequence() -> None:
    def sequence(seed: int) -> list[int]:
        sampler = Sampler(Sampling(temperature=1.0, seed=seed))
        return [sampler.draw(torch.zeros(100))[0] for _ in range(20)]

    assert sequence(1) == sequence(1)
    assert sequence(1) != sequence(2)


def test_masked_tokens_are_never_drawn() -> None:
    logits = torch.full((50,), -torch.inf, dtype=torch.bfloat16)
    logits[[7, 9]] = torch.tensor([-40.0, -41.0], dtype=torch.bfloat16)
    assert drawn(Sampling(temperature=5.0, top_p=1.0), logits) == {7, 9}
