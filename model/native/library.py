"""The compiled kernels: found, loaded and declared. Nothing else in Python knows their addresses."""

import ctypes
import os
from ctypes import POINTER, Structure, c_char_p, c_float, c_int32, c_uint64, c_void_p
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

# Fastest first; the first that this processor runs, and that agrees with the last, is used.
KERNEL_SETS = ("avx512_vnni", "avx2", "portable")
FORMATS = ("Q4_K", "Q6_K", "Q5_0", "Q8_0")  # the number of each is its `Kind`
ROW_GROUP = 8  # rows of a packed group


class Weights(Structure):
    """A packed matrix `(rows, columns)`; see `src/formats.h`."""

    _fields_ = (
        ("data", c_void_p),
        ("bias", c_void_p),
        ("kind", c_int32),
        ("rows", c_int32),
        ("columns", c_int32),
        ("reserved", c_int32),
    )


class Layer(Structure):
    """The weights of one transformer layer; `q_norm` and `k_norm` may be null."""

    _fields_ = (
        ("attention_norm", c_void_p),
        ("ffn_norm", c_void_p),
        ("q_norm", c_void_p),
        ("k_norm", c_void_p),
        ("q", Weights),
        ("k", Weights),
        ("v", Weights),
        ("o", Weights),
        ("gate", Weights),
        ("up", Weights),
        ("down", Weights),
    )


class Shape(Structure):
    """Sizes that all layers share; `scale` is that of the attention scores."""

    _fields_ = (
        ("hidden", c_int32),
        ("ffn", c_int32),
        ("n_heads", c_int32),
        ("n_kv_heads", c_int32),
        ("head_dim", c_int32),
        ("eps", c_float),
        ("scale", c_float),
    )


class Sequence(Structure):
    """Which of the tokens fed belong to one sequence, and the addresses of its pages."""

    _fields_ = (
        ("pages", c_void_p),
        ("first", c_int32),
        ("n_tokens", c_int32),
        ("n_past", c_int32),
        ("reserved", c_int32),
    )


_SIGNATURES = {
    "mc_open": (c_void_p, [c_char_p, c_int32]),
    "mc_close": (None, [c_void_p]),
    "mc_packed_bytes": (c_uint64, [c_int32, c_int32, c_int32]),
    "mc_pack_rows": (None, [c_int32, c_void_p, c_int32, c_int32, c_void_p]),
    "mc_pack_floats": (None, [c_void_p, c_int32, c_int32, c_void_p]),
    "mc_rows": (None, [c_void_p, POINTER(Weights), c_void_p, c_int32, c_void_p]),
    "mc_linear": (None, [c_void_p, c_void_p, c_float, POINTER(Weights), c_void_p, c_int32, c_void_p]),
    "mc_layers": (
        None,
        [
            c_void_p,
            POINTER(Shape),
            POINTER(Layer),
            c_int32,
            c_int32,
            c_void_p,
            c_int32,
            POINTER(Sequence),
            c_int32,
            c_void_p,
        ],
    ),
    "mc_move": (
        None,
        [c_void_p, POINTER(Shape), c_int32, POINTER(Sequence), c_int32, POINTER(Sequence), c_void_p],
    ),
}


def kernels_are_there() -> bool:
    """Tell whether the kernels were compiled when the package was installed."""
    return _path() is not None


@cache
def library() -> ctypes.CDLL | None:
    """Return the library that was compiled when the package was installed; None where it was not."""
    path = _path()
    if path is None:
        return None
    loaded = ctypes.CDLL(os.fspath(path))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


def _path() -> Path | None:
    directory = Path(__file__).parent
    names = [f"_kernels{suffix}" for suffix in EXTENSION_SUFFIXES]
    return next((directory / name for name in names if (directory / name).is_file()), None)
