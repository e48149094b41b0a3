"""Whether a set of kernels computes here what the plain one does: a compiler or processor may disagree."""

from typing import Any

import numpy as np

from model.native.kernels import Kernels
from model.native.library import FORMATS, ROW_GROUP, Weights

_COLUMNS = 256
# Where in a group of 8 rows and 256 columns the half-precision scales of each format stand, 16 bytes each.
_SCALES = {"Q4_K": (0, 16), "Q6_K": (0,), "Q5_0": range(0, 8 * 176, 176), "Q8_0": range(0, 8 * 272, 272)}
_TOLERANCE = 1e-4  # of the largest result: only the order of float sums differs between sets


def agrees(kernels: Kernels) -> bool:
    """Compare products of random blocks of every format, for one token and for several, in about a millisecond."""
    plain = Kernels("portable", 1)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((7, _COLUMNS)).astype(np.float32)
    for format_, scales in _SCALES.items():
        kind = FORMATS.index(format_)
        group = rng.integers(0, 256, plain.packed_bytes(kind, ROW_GROUP, _COLUMNS), dtype=np.uint8)
        group[group == 0x80] = 0x81  # -128 does not occur in Q8_0
        for at in scales:
            group[at : at + 16] = np.full(ROW_GROUP, 0.01, dtype=np.float16).view(np.uint8)
        weights = Weights(group.ctypes.data, None, kind, ROW_GROUP, _COLUMNS, 0)
        for n_tokens in (1, 7):
            expected, found = _product(plain, weights, x[:n_tokens]), _product(kernels, weights, x[:n_tokens])
            if not np.abs(found - expected).max() <= _TOLERANCE * np.abs(expected).max():
                return False
    return True


def _product(kernels: Kernels, weights: Weights, x: Any) -> Any:
    out = np.full((len(x), ROW_GROUP), np.nan, dtype=np.float32)
    kernels.linear(weights, x, out)
    return out
