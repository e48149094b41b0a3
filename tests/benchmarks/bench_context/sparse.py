"""The one sparse operation that all graphs and matrices here come down to."""

import numpy as np

from tests.benchmarks.bench_context.corpus import FloatArray, IntArray


def bin_sums(bins: IntArray, values: FloatArray, n_bins: int) -> FloatArray:
    """Sum values by the number of their bin: (entries,), (entries,) → (bins,)."""
    return np.bincount(bins, values, n_bins).astype(np.float64, copy=False)
