"""Whether a set of kernels computes here what the plain one does: a compiler or processor may disagree."""

from typing import Any

import numpy as np

from model.native.kernels import Kernels
from model.native.library import ROW_GROUP, Weights

# Of each format: its number, bytes of 8 blocks of 8 rows, and where in them half-precision scales stand, 16 bytes each.
_GROUPS = (
    (0, 1184, (0, 16)),
    (1, 1680, (0,)),
    (2, 8 * 176, tuple(range(0, 8 * 176, 176))),
    (3, 8 * 272, tuple(range(0, 8 * 272, 272))),
)
_COLUMNS = 256
_TOLERANCE = 1e-4  # of the largest result: only the order of float sums differs between sets


def agrees(kernels: Kernels) -> bool:
    """Compare products of random blocks of every format, for one token and for several, in about a millisecond."""
    plain = Kernels("portable", 1)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((7, _COLUMNS)).astype(np.float32)
    for kind, n_bytes, scales in _GROUPS:
        group = rng.integers(0, 256, n_bytes, dtype=np.uint8)
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
