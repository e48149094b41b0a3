"""Packed weights and the kernels over them, against GGUF's own dequantisation and plain matrix products."""

import platform
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import pytest
from gguf.quants import dequantize, quantize
from hypothesis import given, settings
from hypothesis import strategies as st

from model.native.kernels import Kernels, usable_cores
from model.native.library import FORMATS, KERNEL_SETS, Weights, kernels_are_there, library
from model.native.selfcheck import agrees
from model.native.weights import Matrix, pack_gguf

pytestmark = pytest.mark.skipif(not kernels_are_there(), reason="the kernels were not compiled")

Floats = npt.NDArray[np.float32]
# Bytes of a block, values of a block, and where the half-precision scales stand in it.
LAYOUT = {"Q4_K": (144, 256, (0, 2)), "Q6_K": (210, 256, (208,)), "Q5_0": (22, 32, (0,)), "Q8_0": (34, 32, (0,))}


class Tensor:
    """What is asked of a `gguf.GGUFReader`'s tensor."""

    def __init__(self, data: npt.NDArray[np.uint8], format_: str, shape: tuple[int, ...]) -> None:
        self.data, self.shape = data, shape
        self.tensor_type = gguf.GGMLQuantizationType[format_]
        self.n_elements = int(np.prod(shape))


def random_tensor(format_: str, n_rows: int, n_columns: int, seed: int = 0) -> Tensor:
    """Return blocks of random bits with scales of usual size."""
    rng = np.random.default_rng(seed)
    block_bytes, block_values, scales = LAYOUT[format_]
    blocks = rng.integers(0, 256, (n_rows, n_columns // block_values, block_bytes), dtype=np.uint8)
    for at in scales:
        values = rng.uniform(0.001, 0.02, blocks.shape[:2]).astype(np.float16)
        blocks[:, :, at : at + 2] = values[:, :, None].view(np.uint8)
    return Tensor(blocks.reshape(n_rows, -1), format_, (n_columns, n_rows))


def packed(tensor: Tensor) -> Matrix:
    return pack_gguf(iter([("w", tensor)]), lambda *_: None).matrices["w"]


def machines() -> list[Kernels]:
    found = []
    for name in KERNEL_SETS:
        for n_threads in (1, 2):
            try:
                found.append(Kernels(name, n_threads))
            except ValueError:
                continue
    return found


@pytest.fixture(
    scope="module", params=machines() if kernels_are_there() else [], ids=lambda k: f"{k.name}-{k.n_threads}"
)
def kernels(request: pytest.FixtureRequest) -> Kernels:
    found: Kernels = request.param
    return found


def product(kernels: Kernels, matrix: Matrix, x: Floats, **options: object) -> Floats:
    out = np.full((len(x), matrix.padded_rows), np.nan, dtype=np.float32)
    kernels.linear(matrix.weights(), np.ascontiguousarray(x), out, **options)
    return out[:, : matrix.n_rows]


def test_some_set_of_kernels_runs_here() -> None:
    assert Kernels.best() is not None
    if platform.machine() == "x86_64":
        assert "avx2" in {kernels.name for kernels in machines()}
    with pytest.raises(ValueError, match="do not run here"):
        Kernels("mmx", 1)
    assert usable_cores() >= 1


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(("n_rows", "n_columns"), [(8, 256), (20, 512), (31, 768)])
def test_packing_changes_no_value(kernels: Kernels, format_: str, n_rows: int, n_columns: int) -> None:
    tensor = random_tensor(format_, n_rows, n_columns)
    matrix = packed(tensor)
    out = np.empty((n_rows, n_columns), dtype=np.float32)
    ids = np.arange(n_rows, dtype=np.int32)[::-1].copy()
    kernels.rows(matrix.weights(), ids, out)
    np.testing.assert_array_equal(out[::-1], dequantize(tensor.data, tensor.tensor_type))


def test_other_formats_are_quantised_to_eight_bits(kernels: Kernels) -> None:
    values = np.random.default_rng(0).standard_normal((24, 512)).astype(np.float32)
    for format_ in ("F16", "Q4_0", "Q5_1"):
        type_ = gguf.GGMLQuantizationType[format_]
        tensor = Tensor(quantize(values, type_), format_, (512, 24))
        expected = dequantize(tensor.data, type_)
        matrix = packed(tensor)
        assert matrix.format == "Q8_0"
        out = np.empty((24, 512), dtype=np.float32)
        kernels.rows(matrix.weights(), np.arange(24, dtype=np.int32), out)
        largest = np.abs(expected).reshape(24, -1, 32).max(axis=2).repeat(32, axis=1)
        assert (np.abs(out - expected) <= largest / 127 * 0.51).all()


@pytest.mark.parametrize("format_", FORMATS)
@settings(max_examples=15)
@given(
    n_rows=st.integers(1, 70),
    n_blocks=st.integers(1, 9),
    n_tokens=st.sampled_from([1, 2, 3, 4, 5, 7, 8, 130, 300]),
    size=st.sampled_from([1e-6, 1.0, 1e4]),
    seed=st.integers(0, 9),
)
def test_a_product_is_that_of_the_dequantised_weights(
    kernels: Kernels, format_: str, n_rows: int, n_blocks: int, n_tokens: int, size: float, seed: int
) -> None:
    """Within 1% of the length of the result: activations are rounded to int8 by blocks of 32."""
    n_columns = n_blocks * LAYOUT[format_][1]
    tensor = random_tensor(format_, n_rows, n_columns, seed)
    x = (np.random.default_rng(seed).standard_normal((n_tokens, n_columns)) * size).astype(np.float32)
    expected = x @ dequantize(tensor.data, tensor.tensor_type).T
    out = product(kernels, packed(tensor), x)
    # What is summed, not the sum, is what the error is a share of.
    scale = np.abs(x) @ np.abs(dequantize(tensor.data, tensor.tensor_type)).T
    assert (np.abs(out - expected) <= 0.01 * scale).all()


@pytest.mark.parametrize("format_", FORMATS)
def test_the_largest_numbers_do_not_overflow(kernels: Kernels, format_: str) -> None:
    """All bits set against activations at both ends of int8: the sums in 16 bits are at their bounds."""
    block_bytes, block_values, scales = LAYOUT[format_]
    for fill in (0xFF, 0x00, 0x7F, 0x80):
        blocks = np.full((8, 2, block_bytes), fill, dtype=np.uint8)
        for at in scales:
            blocks[:, :, at : at + 2] = np.array([0.01], dtype=np.float16).view(np.uint8)
        if format_ == "Q8_0":
            blocks[:, :, 2:][blocks[:, :, 2:] == 0x80] = 0x81  # -128 does not occur
        tensor = Tensor(blocks.reshape(8, -1), format_, (2 * block_values, 8))
        weights = dequantize(tensor.data, tensor.tensor_type)
        for x in (np.ones(2 * block_values), -np.ones(2 * block_values), np.sign(weights[0]) + (weights[0] == 0)):
            row = x.astype(np.float32)[None]
            np.testing.assert_allclose(product(kernels, packed(tensor), row), row @ weights.T, rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_token_alone_gives_what_it_gives_among_others(kernels: Kernels, format_: str) -> None:
    tensor = random_tensor(format_, 72, 1536)
    matrix = packed(tensor)
    x = np.random.default_rng(1).standard_normal((300, 1536)).astype(np.float32)
    norm = np.random.default_rng(2).uniform(0.5, 2, 1536).astype(np.float32)
    for options in ({}, {"norm": norm, "eps": 1e-6}):
        together = product(kernels, matrix, x, **options)
        for t in (0, 1, 127, 128, 255, 298, 299):
            np.testing.assert_array_equal(product(kernels, matrix, x[t : t + 1], **options)[0], together[t])
        for n in (2, 3, 4, 5, 6, 7, 129):
            np.testing.assert_array_equal(product(kernels, matrix, x[:n], **options), together[:n])


@pytest.mark.parametrize("format_", FORMATS)
def test_every_set_gives_nearly_the_same(format_: str) -> None:
    tensor = random_tensor(format_, 64, 1536)
    x = np.random.default_rng(1).standard_normal((9, 1536)).astype(np.float32)
    results = [product(kernels, packed(tensor), x) for kernels in machines()]
    size = np.abs(results[-1]).max()
    for result in results:
        np.testing.assert_allclose(result, results[-1], atol=1e-5 * size)


def test_no_activation_is_a_number_of_its_own(kernels: Kernels) -> None:
    """Zeros stay zeros, and one huge value spoils its block alone."""
    tensor = random_tensor("Q4_K", 16, 512)
    matrix, weights = packed(tensor), dequantize(tensor.data, tensor.tensor_type)
    assert not product(kernels, matrix, np.zeros((3, 512), dtype=np.float32)).any()
    x = np.zeros((1, 512), dtype=np.float32)
    x[0, 300] = 3e20
    np.testing.assert_allclose(product(kernels, matrix, x)[0], 3e20 * weights[:, 300], rtol=1e-5)


def test_a_set_that_computes_something_else_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(agrees(kernels) for kernels in machines())
    plain = Kernels.linear

    def wrong(self: Kernels, weights: Weights, x: Floats, out: Floats, **options: Any) -> None:
        plain(self, weights, x, out, **options)
        if self.name != "portable" and weights.kind == 2:
            out[-1, -1] *= 1.01

    monkeypatch.setattr(Kernels, "linear", wrong)
    best = Kernels.best()
    assert best is not None
    assert best.name == "portable"


def test_the_library_is_loaded_once() -> None:
    assert library() is library()
