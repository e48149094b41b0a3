"""What the model is trained on, and that it learns from it."""

import numpy as np
import pytest
import torch

from model.ltm.network import LtmConfig, LtmNetwork
from tools.train_hashhop.examples import HASH_LENGTHS, Example, draw
from tools.train_hashhop.lesson import Lesson
from tools.train_hashhop.step import losses

N_PASSES = 5


def drawn(seed: int, max_hops: int = 6) -> Example:
    return draw(np.random.default_rng(seed), 4_096, 64, max_hops, N_PASSES)


def text_of(example: Example, patch: int) -> bytes:
    return example.patches.ids[example.patches.starts[patch] : example.patches.starts[patch + 1]].tobytes()


@pytest.mark.parametrize("seed", range(8))
def test_answers_are_what_the_prompt_says(seed: int) -> None:
    example = drawn(seed)
    pairs = dict(line.replace(b"'", b"").split(b" = ") for line in example.patches.ids.tobytes().split(b"\n"))
    for asked in example.asked:
        head, _, rest = asked.tail.rpartition(b"\n")
        start, _, so_far = rest.partition(b" = '")
        hops = int(head.split(b"Hops=")[1].split(b"\n")[0])
        chain = [start]
        while len(chain) <= hops:
            chain.append(pairs[chain[-1]])
        whole = b" = ".join(chain[1:]) + b"'" if b"CoT=True" in head else chain[hops] + b"'"
        assert whole.startswith(so_far + asked.wanted)


@pytest.mark.parametrize("seed", range(8))
def test_each_pass_is_led_to_the_next_hash(seed: int) -> None:
    example = drawn(seed)
    for asked in example.asked:
        if asked.route[-1] >= 0:
            assert text_of(example, asked.route[-1]).startswith(asked.wanted[:-1])
            assert asked.route[-1] in example.patches.successors


def test_lengths_of_the_evaluation_are_not_trained_on() -> None:
    assert not {8, 12, 16, 20, 32} & set(HASH_LENGTHS)


def test_lessons_grow_when_answers_are_right() -> None:
    lesson = Lesson(8_192, 256)
    first = lesson.n_bytes
    for _ in range(100):
        lesson.learned(0.5)
    assert (lesson.max_hops, lesson.n_bytes) == (1, first)
    for _ in range(600):
        lesson.learned(1.0)
    assert (lesson.max_hops, lesson.n_bytes, lesson.n_questions) == (6, 8_192, 256)


def test_a_few_steps_bring_routing_down() -> None:
    torch.manual_seed(0)
    network = LtmNetwork(LtmConfig(width=64, key_width=32, n_heads=4))
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    routed: list[float] = []
    for step in range(40):
        found = losses(network, drawn(step, max_hops=1), "cpu")
        optimizer.zero_grad()
        found.total.backward()
        optimizer.step()
        routed.append(float(found.routed))
    assert np.mean(routed[-5:]) < 0.8 * np.mean(routed[:5])
