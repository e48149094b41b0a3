"""The Triton kernels against the plain operations, on a GPU or, with TRITON_INTERPRET=1, in Triton's interpreter."""

import os
from typing import Any

import pytest
import torch

from model.cuda import operations
from model.cuda.operations import Fed, Heads, turns_at
from model.cuda.pool import PagePool
from model.cuda.step import DeviceSequence, Step
from model.paging import PAGE_TOKENS

pytest.importorskip("triton", reason="Triton comes with torch for CUDA alone")
IS_INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not IS_INTERPRETED and not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]
DEVICE = torch.device("cpu" if IS_INTERPRETED else "cuda")
# Plain operations round at other places. The interpreter does not know bfloat16.
TOLERANCE = {
    torch.float32: {"atol": 2e-5, "rtol": 2e-5},
    torch.float16 if IS_INTERPRETED else torch.bfloat16: {"atol": 3e-2, "rtol": 2e-2},
}


@pytest.fixture(scope="module")
def kernels() -> Any:
    from model.cuda import kernels  # noqa: PLC0415 - imports Triton

    return kernels


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def random(*shape: int, dtype: torch.dtype) -> torch.Tensor:
    return torch.randn(shape).to(DEVICE, dtype)


@pytest.fixture(params=TOLERANCE, ids=str)
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    return request.param


@pytest.mark.parametrize("n_tokens", [1, 5])
def test_norms(kernels: Any, dtype: torch.dtype, n_tokens: int) -> None:
    for size in (64, 1536):
        hidden, delta, weight = (random(n, size, dtype=dtype) for n in (n_tokens, n_tokens, 1))
        for added in (None, delta):
            one, other = hidden.clone(), hidden.clone()
            normed = kernels.add_norm(one, added, weight[0], 1e-6)
            expected = operations.add_norm(other, added, weight[0], 1e-6)
            torch.testing.assert_close(normed, expected, **TOLERANCE[dtype])
            torch.testing.assert_close(one, other, **TOLERANCE[dtype])


def test_gates(kernels: Any, dtype: torch.dtype) -> None:
    for size in (32, 1500):
        both = random(3, 2 * size, dtype=dtype)
        torch.testing.assert_close(kernels.gate(both), operations.gate(both), **TOLERANCE[dtype])


SHAPES = [(12, 2, 128, False), (14, 2, 64, False), (4, 4, 32, True), (3, 1, 16, False)]


@pytest.mark.parametrize(("n_heads", "n_kv_heads", "head_dim", "has_norms"), SHAPES)
def test_rotations(
    kernels: Any, dtype: torch.dtype, n_heads: int, n_kv_heads: int, head_dim: int, *, has_norms: bool
) -> None:
    norms = (random(head_dim, dtype=dtype), random(head_dim, dtype=dtype)) if has_norms else None
    heads = Heads(n_heads, n_kv_heads, head_dim, 1e-6, norms)
    qkv = random(4, (n_heads + 2 * n_kv_heads) * head_dim, dtype=dtype)
    slots = torch.tensor([70, 0, 5, 199], dtype=torch.int32, device=DEVICE)
    positions = torch.tensor([0, 1, 1000, 31_000], device=DEVICE)
    turns = turns_at(positions, 1e6 ** -(torch.arange(0, head_dim, 2, device=DEVICE) / head_dim))
    states = random(2, n_kv_heads, 4, PAGE_TOKENS, head_dim, dtype=dtype)
    other = states.clone()
    queries = kernels.rotate(qkv, heads, turns, slots, states)
    torch.testing.assert_close(queries, operations.rotate(qkv, heads, turns, slots, other), **TOLERANCE[dtype])
    torch.testing.assert_close(states, other, **TOLERANCE[dtype])


def fed(pool: PagePool, lengths: list[tuple[int, int]], n_shared: int, width: int) -> Fed:
    """Lay out sequences that share a beginning: tokens that each has behind it, and new ones."""
    first = DeviceSequence(pool.take)
    first.reserve(n_shared)
    first.advance(n_shared)
    feeds = []
    for n_own, n_new in lengths:
        sequence = first.fork()
        sequence.reserve(n_own)
        sequence.advance(n_own)
        sequence.reserve(n_new)
        feeds.append((sequence, [0] * n_new))
    step = Step.of(feeds, width)
    count = torch.tensor([step.n_shared_tokens], dtype=torch.int32)
    return Fed(*(each.to(DEVICE) for each in (torch.from_numpy(step.tokens), torch.from_numpy(step.pages), count)))


@pytest.mark.parametrize(("n_heads", "n_kv_heads", "head_dim"), [(12, 2, 128), (3, 1, 16)])
@pytest.mark.parametrize(
    ("lengths", "n_shared", "width"),
    [
        ([(0, 1)], 0, 1),
        ([(0, 3)], 200, 4),  # one sequence, with a draft and padding
        ([(1, 1), (70, 2), (0, 1)], 130, 4),
        ([(5, 1), (300, 1)], 0, 2),  # nothing in common
        ([(n, 2) for n in range(8)], 256, 16),
        ([(3, 40)], 64, 64),
    ],
)
def test_attention(
    kernels: Any, dtype: torch.dtype, lengths: list[tuple[int, int]], n_shared: int, width: int,
    n_heads: int, n_kv_heads: int, head_dim: int,
) -> None:  # fmt: skip
    heads = Heads(n_heads, n_kv_heads, head_dim, 1e-6)
    pool = PagePool(1, n_kv_heads, head_dim, dtype, DEVICE)
    read = fed(pool, lengths, n_shared, width)
    pool.states.copy_(torch.randn(pool.states.shape))
    pool.states[0, :, :, 0] = float("nan")  # what padding leaves
    queries = random(width, n_heads, head_dim, dtype=dtype)
    expected = operations.attend(read, queries, heads, pool.states[0])
    torch.testing.assert_close(kernels.attend(read, queries, heads, pool.states[0]), expected, **TOLERANCE[dtype])


def test_what_lies_beyond_the_last_token_is_not_seen(kernels: Any, dtype: torch.dtype) -> None:
    heads = Heads(4, 2, 32, 1e-6)
    pool = PagePool(1, 2, 32, dtype, DEVICE)
    read = fed(pool, [(10, 1)], 64, 1)
    pool.states.copy_(torch.randn(pool.states.shape))
    page = int(read.pages[-1].item())
    pool.states[0, :, :, page, 11:] = float("nan")
    attended = kernels.attend(read, random(1, 4, 32, dtype=dtype), heads, pool.states[0])
    assert attended.isfinite().all()
