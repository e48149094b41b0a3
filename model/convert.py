"""GGUF to a directory that loads in a moment, once: packed for our own kernels, or in bf16 for transformers.

transformers reads GGUF itself, but dequantises everything on each start and needs several times the model's
size in memory. Here tensors are dequantised in chunks of rows, one shard at a time, and kept as bf16; for our kernels
they keep their bits and are only put into another order.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from model.api import OnProgress, Progress
from model.disk import read_json, replace, require_room, sync, write_json
from model.errors import WeightsError

RECORD = "conversion.json"
_FORMAT = 1  # raise it when what is written changes: older conversions are then made again
_SHARD_BYTES = 512 << 20  # bounds memory; the largest tensor of the catalogue, an embedding, has 467 MB
_CHUNK_ELEMENTS = 1 << 19  # a chunk's float32 temporaries stay in the processor's cache
_MAX_THREADS = 8  # beyond that the disk decides
_SMALL_FILES_BYTES = 32 << 20  # tokenizer, configuration and index
_TOOLS = ("gguf", "numpy", "safetensors", "tokenizers", "torch")


def is_converted(directory: Path, source_sha256: str) -> bool:
    """Tell whether `directory` is a whole conversion of that source, by its record and the files' sizes."""
    record = read_json(directory / RECORD)
    if record is None or record.get("format") != _FORMAT or record.get("source_sha256") != source_sha256:
        return False
    files = record.get("files")
    if not isinstance(files, dict):
        return False
    try:
        return all((directory / name).stat().st_size == size for name, size in files.items())
    except OSError:
        return False


def convert(
    source: Path, directory: Path, source_sha256: str, on_progress: OnProgress, *, packed: bool = False
) -> None:
    """Convert a GGUF file of a Qwen2 or Qwen3 model into `directory`, replacing what is there.

    The directory appears in one rename, complete and synced. Call it from one process at a time. Peak memory
    is about one shard (512 MiB) above the interpreter and its libraries, plus the mapped source; packed, the model.

    Args:
        source: the GGUF file.
        directory: where the result goes; its parent exists.
        source_sha256: kept in the record, so that a later source makes the conversion stale.
        on_progress: told bytes of weights, as bf16, that are done.
        packed: for our own kernels, instead of bf16 for transformers.

    Raises:
        WeightsError: the architecture is not supported, the file is damaged, or the disk has no room.

    """
    from importlib.metadata import version  # noqa: PLC0415 - slow to import, and a warm start needs none

    import gguf  # noqa: PLC0415 - of these
    from safetensors import SafetensorError  # noqa: PLC0415

    partial = directory.with_name(f"{directory.name}.partial")
    _discard(partial)
    partial.mkdir()
    try:
        try:
            reader = gguf.GGUFReader(source)
        except (ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
            raise WeightsError(f"{source} is not a readable GGUF file: {error}") from error
        _write(reader, partial, on_progress, packed=packed)
        files = {path.name: path.stat().st_size for path in sorted(partial.iterdir())}
        write_json(
            partial / RECORD,
            {
                "format": _FORMAT,
                "source": source.name,
                "source_sha256": source_sha256,
                "files": files,
                "tools": {tool: version(tool) for tool in _TOOLS},
            },
        )
        _discard(directory)
        replace(partial, directory)
    except SafetensorError as error:
        raise WeightsError(
            f"cannot write the converted weights to {directory.parent}: {error}; "
            "make room, or set MAGICODE_CACHE_DIR to a directory on a larger disk"
        ) from error
    finally:
        _discard(partial)


def _discard(directory: Path) -> None:
    """Remove a directory; its record goes first, so that what a kill leaves is not taken for whole."""
    (directory / RECORD).unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)


def _write(reader: Any, directory: Path, on_progress: OnProgress, *, packed: bool) -> None:
    """Write everything but the record, each file synced."""
    from model.convert_config import model_config, tensor_names  # noqa: PLC0415
    from model.convert_tokenizer import (  # noqa: PLC0415
        Vocabulary,
        build_tokenizer,
        generation_config,
        tokenizer_config,
    )

    names, config = tensor_names(reader), model_config(reader)
    total = sum(_bytes_of(tensor) for tensor in reader.tensors)
    n_written = sum(map(_packed_bytes_of, reader.tensors)) if packed else total
    require_room(directory.parent, n_written + _SMALL_FILES_BYTES, "the conversion")
    vocabulary = Vocabulary.read(reader)
    build_tokenizer(vocabulary).save(str(directory / "tokenizer.json"), pretty=False)
    sync(directory / "tokenizer.json")
    write_json(directory / "tokenizer_config.json", tokenizer_config(vocabulary, config["max_position_embeddings"]))
    write_json(directory / "generation_config.json", generation_config(vocabulary))
    write_json(
        directory / "config.json",
        config | {"eos_token_id": vocabulary.eos_ids[0], "pad_token_id": vocabulary.pad_id},
    )
    write = _write_packed if packed else _write_weights
    write(reader, names, directory, total, on_progress)


def _write_packed(reader: Any, names: dict[str, str], directory: Path, total: int, on_progress: OnProgress) -> None:
    from model.native.weights import PACKED, pack_gguf  # noqa: PLC0415

    done = 0

    def on_packed(name: str, n_elements: int) -> None:
        nonlocal done
        done += 2 * n_elements
        on_progress(Progress("convert", done, total, name))

    on_progress(Progress("convert", 0, total))
    weights = pack_gguf(((names[tensor.name], tensor) for tensor in reader.tensors), on_packed)
    weights.save(directory / PACKED)
    sync(directory / PACKED)


def _write_weights(reader: Any, names: dict[str, str], directory: Path, total: int, on_progress: OnProgress) -> None:
    """Write the shards, one at a time, and their index."""
    from safetensors.torch import save_file  # noqa: PLC0415

    shards = tuple(_shards(reader.tensors))
    weight_map: dict[str, str] = {}
    done = 0
    on_progress(Progress("convert", 0, total))
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MAX_THREADS)) as pool:
        for i, shard in enumerate(shards, start=1):
            name = f"model-{i:05d}-of-{len(shards):05d}.safetensors"
            tensors = {}
            for tensor in shard:
                tensors[names[tensor.name]] = _dequantize(tensor, pool)
                done += _bytes_of(tensor)
                on_progress(Progress("convert", done, total, tensor.name))
            save_file(tensors, directory / name, metadata={"format": "pt"})
            sync(directory / name)
            weight_map |= dict.fromkeys(tensors, name)
    write_json(
        directory / "model.safetensors.index.json",
        {"metadata": {"total_size": total}, "weight_map": weight_map},
    )


def _dequantize(tensor: Any, pool: ThreadPoolExecutor) -> Any:
    """Return a bf16 `torch.Tensor` of shape `(rows, columns)` or `(columns,)`."""
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from gguf.quants import dequantize  # noqa: PLC0415

    shape = tuple(int(n) for n in reversed(tensor.shape))  # GGUF shapes are innermost first
    out = torch.empty(shape, dtype=torch.bfloat16)
    # tensor.data: (rows, bytes of a row), or (columns,) for the float32 vectors
    step = max(1, _CHUNK_ELEMENTS // shape[-1]) if len(shape) > 1 else shape[0]

    def fill(start: int) -> None:
        rows = dequantize(tensor.data[start : start + step], tensor.tensor_type)
        # float32 tensors come as views of the read-only file, which torch will not have; rounds to nearest even
        out[start : start + step] = torch.from_numpy(np.require(rows, requirements="W"))

    try:
        for _ in pool.map(fill, range(0, shape[0], step)):
            pass
    except NotImplementedError as error:
        raise WeightsError(f"{tensor.name}: {tensor.tensor_type.name} cannot be dequantised") from error
    return out


def _bytes_of(tensor: Any) -> int:
    return int(tensor.n_elements) * 2


def _packed_bytes_of(tensor: Any) -> int:
    from model.native.weights import packs  # noqa: PLC0415

    columns, *rest = (int(n) for n in tensor.shape)
    if not rest:
        return 4 * columns
    is_kept = packs(tensor.tensor_type.name, columns)
    return int(tensor.n_bytes) if is_kept else int(tensor.n_elements) * 34 // 32  # Q8_0: 32 weights and a scale


def _shards(tensors: Sequence[Any]) -> Iterator[list[Any]]:
    """Cut the tensors, in their order, into groups of at most one shard's bytes; a larger one stands alone."""
    shard: list[Any] = []
    size = 0
    for tensor in tensors:
        if shard and size + _bytes_of(tensor) > _SHARD_BYTES:
            yield shard
            shard, size = [], 0
        shard.append(tensor)
        size += _bytes_of(tensor)
    if shard:
        yield shard
