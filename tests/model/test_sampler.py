"""Draws against the probabilities that they should have."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from model.api import Sampling
from model.sampler import Sampler


def logits_of(*probabilities: float) -> npt.NDArray[np.float32]:
    return np.log(np.array(probabilities, dtype=np.float32))


def drawn(sampling: Sampling, logits: npt.NDArray[np.float32], n: int = 200) -> set[int]:
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
    """3,000 equal tokens, of which nine tenths are kept."""
    logits = np.concatenate([np.zeros(3000), np.full(5000, -np.inf)]).astype(np.float32)
    tokens = drawn(Sampling(temperature=1.0, top_p=0.9), logits, 2000)
    assert max(tokens) < 3000
    assert 1024 < len(tokens) <= 2701


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
        return [sampler.draw(np.zeros(100, dtype=np.float32))[0] for _ in range(20)]

    assert sequence(1) == sequence(1)
    assert sequence(1) != sequence(2)


def test_masked_tokens_are_never_drawn() -> None:
    logits = np.full(50, -np.inf, dtype=np.float32)
    logits[[7, 9]] = [-40.0, -41.0]
    assert drawn(Sampling(temperature=5.0, top_p=1.0), logits) == {7, 9}


def test_a_nucleus_reaches_as_far_down_as_it_must() -> None:
    """One token with nearly all of a tenth, and 150,000 far below it that hold the rest."""
    logits = np.full(150_001, -18.0, dtype=np.float32)
    logits[5] = 0.0
    likeliest = 1 / (1 + 150_000 * math.exp(-18))
    assert drawn(Sampling(temperature=1.0, top_p=likeliest * 0.999), logits) == {5}
    assert len(drawn(Sampling(temperature=1.0, top_p=1.0), logits, 1000)) > 1
