"""Packed weights: made once from a GGUF file, or at load from a directory of safetensors, and mapped from disk.

`packed.safetensors` holds a `U8` tensor for each matrix, in the layout of `src/formats.h`, and float32 vectors; its
metadata has format, rows and columns of each matrix. Names are those of transformers.
"""

import ctypes
import json
import mmap
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from model.errors import WeightsError
from model.native.library import FORMATS, ROW_GROUP, Weights, library

PACKED = "packed.safetensors"
_ROWS_AT_ONCE = 1024

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A packed matrix. `data` is uint8; `n_rows` those of the model, before they were padded to whole groups."""

    data: Array
    format: str
    n_rows: int
    n_columns: int

    @property
    def padded_rows(self) -> int:
        """Rows as they are stored."""
        return _padded(self.n_rows)

    def weights(self, bias: Array | None = None) -> Weights:
        """Return what the kernels read; the arrays must outlive it."""
        address = None if bias is None else bias.ctypes.data
        kind = FORMATS.index(self.format)
        return Weights(self.data.ctypes.data, address, kind, self.padded_rows, self.n_columns, 0)


@dataclass(frozen=True, slots=True)
class PackedWeights:
    """All tensors of a model by name: matrices packed, vectors in float32."""

    matrices: Mapping[str, Matrix]
    vectors: Mapping[str, Array]

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Map what `save` wrote; pages are read from disk when they are first used.

        Raises:
            WeightsError: the file is missing or damaged.

        """
        try:
            arrays, metadata = _mapped(path)
            matrices = {
                name: Matrix(arrays[name], format_, n_rows, n_columns)
                for name, (format_, n_rows, n_columns) in json.loads(metadata["matrices"]).items()
            }
            if bad := [name for name, each in matrices.items() if each.data.nbytes != _packed_bytes(each)]:
                raise WeightsError(f"{path}: {bad[0]} has not the bytes that its shape needs")
        except (OSError, KeyError, ValueError, TypeError, struct.error) as error:
            raise WeightsError(f"{path} does not load as packed weights: {error}") from error
        return cls(matrices, {name: array for name, array in arrays.items() if name not in matrices})

    @classmethod
    def from_safetensors(cls, directory: Path) -> Self:
        """Quantise the matrices of a Hugging Face directory to Q8_0: one scale for 32 weights of a row.

        Raises:
            WeightsError: the directory has no safetensors, or they are damaged.

        """
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415

        matrices: dict[str, Matrix] = {}
        vectors: dict[str, Array] = {}
        paths = sorted(directory.glob("*.safetensors"))
        if not paths:
            raise WeightsError(f"{directory} holds no safetensors")
        try:
            for path in paths:
                with safe_open(path, framework="pt") as file:
                    for name in file.keys():  # noqa: SIM118
                        tensor = file.get_tensor(name)
                        if tensor.ndim == 1:
                            vectors[name] = tensor.float().numpy()
                        else:
                            n_rows, n_columns = tensor.shape
                            rows = lambda lo, hi, t=tensor: t[lo:hi].float().numpy()  # noqa: E731
                            matrices[name] = Matrix(_quantized(rows, n_rows, n_columns), "Q8_0", n_rows, n_columns)
        except (OSError, SafetensorError, ValueError) as error:
            raise WeightsError(f"{directory} does not load as safetensors: {error}") from error
        return cls(matrices, vectors)

    def save(self, path: Path) -> None:
        """Write a file that `from_file` maps.

        Raises:
            SafetensorError: the disk has no room.

        """
        from safetensors.numpy import save_file  # noqa: PLC0415

        shapes = {name: (each.format, each.n_rows, each.n_columns) for name, each in self.matrices.items()}
        arrays = {name: each.data for name, each in self.matrices.items()} | dict(self.vectors)
        save_file(arrays, path, metadata={"matrices": json.dumps(shapes)})


def _mapped(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Map the tensors of a safetensors file, and return its metadata, too.

    The library's own readers copy tensors for numpy, and need torch to map them: a second that a start would wait for.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        (header_bytes,) = struct.unpack_from("<Q", content)
        header = json.loads(content[8 : 8 + header_bytes])
    data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + header_bytes)
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, tensor in header.items():
        start, end = tensor["data_offsets"]
        if not 0 <= start <= end <= len(data):
            raise ValueError(f"{name} lies beyond the file's end")
        dtype = {"U8": np.uint8, "F32": np.float32}[tensor["dtype"]]
        arrays[name] = data[start:end].view(np.ndarray).view(dtype).reshape(tensor["shape"])
    return arrays, metadata


def packs(format_: str, n_columns: int) -> bool:
    """Tell whether the kernels read that format; what they do not is quantised to Q8_0."""
    return format_ in FORMATS and n_columns % (256 if format_.endswith("K") else 32) == 0


def pack_gguf(tensors: Iterator[tuple[str, Any]], on_packed: Callable[[str, int], None]) -> PackedWeights:
    """Pack tensors of a `gguf.GGUFReader`, each with the name that it gets here.

    Matrices in a format that the kernels read keep every value; others are quantised to Q8_0.

    Args:
        tensors: names and tensors.
        on_packed: told a tensor's name and its number of elements when it is done.

    Raises:
        WeightsError: a tensor is in a format that cannot be read.

    """
    from gguf.quants import dequantize  # noqa: PLC0415

    kernels = _kernels()
    matrices: dict[str, Matrix] = {}
    vectors: dict[str, Array] = {}
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        for name, tensor in tensors:
            format_ = tensor.tensor_type.name
            columns, *rest = (int(n) for n in tensor.shape)  # GGUF shapes are innermost first
            try:
                if not rest:
                    vectors[name] = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
                elif packs(format_, columns):
                    matrices[name] = _packed(kernels, tensor.data, format_, rest[0], columns, pool)
                else:
                    rows = lambda lo, hi, t=tensor: dequantize(t.data[lo:hi], t.tensor_type)  # noqa: E731
                    matrices[name] = Matrix(_quantized(rows, rest[0], columns), "Q8_0", rest[0], columns)
            except NotImplementedError as error:
                raise WeightsError(f"{name}: {format_} cannot be dequantised") from error
            on_packed(name, int(tensor.n_elements))
    return PackedWeights(matrices, vectors)


def _packed(
    kernels: ctypes.CDLL, data: Array, format_: str, n_rows: int, n_columns: int, pool: ThreadPoolExecutor
) -> Matrix:
    """Reorder GGUF blocks, `(rows, bytes of a row)`, without changing a value."""
    kind = FORMATS.index(format_)
    group_bytes = int(kernels.mc_packed_bytes(kind, ROW_GROUP, n_columns))
    out = np.zeros(_padded(n_rows) // ROW_GROUP * group_bytes, dtype=np.uint8)

    def fill(start: int) -> None:
        rows = np.ascontiguousarray(_whole_groups(data[start : start + _ROWS_AT_ONCE]))
        at = out.ctypes.data + start // ROW_GROUP * group_bytes
        kernels.mc_pack_rows(kind, rows.ctypes.data, len(rows), n_columns, at)

    for _ in pool.map(fill, range(0, n_rows, _ROWS_AT_ONCE)):
        pass
    return Matrix(out, format_, n_rows, n_columns)


def _quantized(rows: Callable[[int, int], Array], n_rows: int, n_columns: int) -> Array:
    """Quantise float rows, handed out by index, to packed Q8_0."""
    kernels = _kernels()
    group_bytes = int(kernels.mc_packed_bytes(FORMATS.index("Q8_0"), ROW_GROUP, n_columns))
    out = np.zeros(_padded(n_rows) // ROW_GROUP * group_bytes, dtype=np.uint8)
    for start in range(0, n_rows, _ROWS_AT_ONCE):
        values = _whole_groups(rows(start, min(start + _ROWS_AT_ONCE, n_rows)))
        values = np.ascontiguousarray(values, dtype=np.float32)
        at = out.ctypes.data + start // ROW_GROUP * group_bytes
        kernels.mc_pack_floats(values.ctypes.data, len(values), n_columns, at)
    return out


def _whole_groups(rows: Array) -> Array:
    """Add rows of zeros up to a whole group."""
    missing = _padded(len(rows)) - len(rows)
    return np.pad(rows, ((0, missing), (0, 0))) if missing else rows


def _padded(n_rows: int) -> int:
    return -(-n_rows // ROW_GROUP) * ROW_GROUP


def _packed_bytes(matrix: Matrix) -> int:
    kind = FORMATS.index(matrix.format)
    return int(_kernels().mc_packed_bytes(kind, matrix.padded_rows, matrix.n_columns))


def _kernels() -> ctypes.CDLL:
    kernels = library()
    if kernels is None:
        raise WeightsError("the kernels were not compiled when magicode was installed; install it with a C++ compiler")
    return kernels
