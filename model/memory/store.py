"""What the indexer read of each file, on disk by the hash of its content: shared by branches, clones and processes.

ROOT/KEY/NAME.ids     a shard: files that were read together; KEY names the tokenizer and the way of cutting
ROOT/KEY/RANDOM.tmp   a shard that is being written

A shard is written once and never changed. Its table has a checksum, and so has each file in it, so that nothing is
read but what is asked for. Several small ones are merged into one now and then. All of it is best effort: what is
damaged or cannot be read is not there, and is made anew.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.disk import cache_root
from model.eviction import evict, latest_first, mark_used, remove, room_bytes, stored_files
from model.memory.index import FileTokens
from model.unfinished import write_whole

SUFFIX = ".ids"
MAX_BYTES = 4_000_000_000
# With more shards than these, the small ones are merged.
_MAX_SHARDS = 24

_HEAD = struct.Struct("<8sQQQQI")  # magic, files, lines, segments, tokens, CRC-32 of the table; little-endian
_MAGIC = b"MAGIIDS2"
_BLOB_BYTES = 20

Array = npt.NDArray[np.uint32]


def default_root() -> Path:
    """Return where the user's cache keeps what was tokenised, for all tokenizers."""
    return cache_root() / "memory"


def kept_bytes() -> int:
    """Return the bytes of all that is kept there."""
    return sum(file.size_bytes for file in stored_files(default_root(), SUFFIX))


def forget_all() -> int:
    """Remove all that is kept there, and return how many bytes that freed."""
    return sum(file.size_bytes for file in list(stored_files(default_root(), SUFFIX)) if remove(file.path))


@dataclass(frozen=True, slots=True, eq=False)
class _Shard:
    """A shard's arrays, in the order in which they stand in the file. Starts are those of each file, and the end."""

    path: Path
    blobs: Sequence[bytes]
    starts: Sequence[Sequence[int]]  # (3, files + 1): of lines (one more a file), segments (one more a file), tokens
    checksums: Array  # of each file
    line_starts: Array
    segment_starts: Array
    ids: Array

    @classmethod
    def open(cls, path: Path) -> "_Shard | None":
        """Map a shard; None if it cannot be read, and it is removed if it is damaged."""
        try:
            return cls._map(path)
        except OSError:
            return None
        except (ValueError, struct.error):
            remove(path)
            return None

    @classmethod
    def _map(cls, path: Path) -> "_Shard":
        data = np.memmap(path, dtype=np.uint8, mode="r")
        whole = data.data
        magic, n_files, n_lines, n_segments, n_tokens, checksum = _HEAD.unpack_from(whole)
        table = [n_files * _BLOB_BYTES, 3 * (n_files + 1) * 8, 4 * n_files]
        sizes = [*table, 4 * n_lines, 4 * n_segments, 4 * n_tokens]
        if magic != _MAGIC or _HEAD.size + sum(sizes) != len(data):
            raise ValueError("it is no whole shard")
        if zlib.crc32(whole[_HEAD.size : _HEAD.size + sum(table)]) != checksum:
            raise ValueError("its table is damaged")
        ends = np.cumsum([_HEAD.size, *sizes])
        blobs, starts, *rest = (whole[start:end] for start, end in pairwise(ends))
        names = [bytes(blobs[i : i + _BLOB_BYTES]) for i in range(0, len(blobs), _BLOB_BYTES)]
        offsets = np.frombuffer(starts, dtype="<i8").reshape(3, n_files + 1).tolist()
        return cls(path, names, offsets, *(np.frombuffer(part, dtype="<u4") for part in rest))

    def file(self, row: int) -> FileTokens:
        """Return one file's tokens, which stay in the mapped file.

        Raises:
            ValueError: they are damaged.

        """
        lines, segments, tokens = (slice(*self.starts[i][row : row + 2]) for i in range(3))
        file = FileTokens(self.ids[tokens], self.line_starts[lines], self.segment_starts[segments])
        if _checksum(file) != self.checksums[row]:
            raise ValueError("a file in it is damaged")
        return file


class TokenStore:
    """Files' tokens below one directory, for one tokenizer. Several processes may use it at once."""

    def __init__(self, key: str, root: Path | None = None, *, max_bytes: int | None = None) -> None:
        """Open the store of what `key` names, below `root`; without it, in the user's cache.

        The files below it, of all tokenizers, may take `max_bytes`: 4 GB where nothing is said.
        """
        self.root = root if root is not None else default_root()
        self.max_bytes = MAX_BYTES if max_bytes is None else max_bytes
        self._directory = self.root / hashlib.blake2b(key.encode(), digest_size=16).hexdigest()

    def load(self, blobs: Sequence[str]) -> dict[str, FileTokens]:
        """Return what is kept of these contents, named by git's blob ids."""
        wanted = {bytes.fromhex(blob): blob for blob in blobs}
        found: dict[str, FileTokens] = {}
        used: list[Path] = []
        for shard in self._shards():
            n_before = len(found)
            try:
                for row, name in enumerate(shard.blobs):
                    if name in wanted and wanted[name] not in found:
                        found[wanted[name]] = shard.file(row)
            except ValueError:
                remove(shard.path)
            else:
                used += [shard.path] if len(found) > n_before else []
            if len(found) == len(wanted):
                break
        mark_used(used)
        return found

    def save(self, files: Mapping[str, FileTokens]) -> None:
        """Keep files by their contents' ids. What there is no room for is not kept."""
        if not files:
            return
        parts = _packed(files)
        n_bytes = sum(len(part) for part in parts)
        with suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            if room_bytes(self.root, self.max_bytes, (), SUFFIX) < n_bytes:
                return
            path = self._directory / f"{_name(files)}{SUFFIX}"
            write_whole(path, parts)
            self._merge()
            evict(self.root, self.max_bytes, (path,), SUFFIX)

    def _shards(self) -> Iterator[_Shard]:
        """Yield what can be read, what was used last first."""
        for path in latest_first(self._directory, SUFFIX):
            if shard := _Shard.open(path):
                yield shard

    def _merge(self) -> None:
        """Write the smaller shards as one if there are many. A process that is killed between leaves both: no harm."""
        paths = latest_first(self._directory, SUFFIX)
        if len(paths) <= _MAX_SHARDS:
            return
        small = sorted(paths, key=lambda path: path.stat().st_size)[: _MAX_SHARDS - 4]
        files: dict[str, FileTokens] = {}
        merged: list[Path] = []
        for path in small:
            if shard := _Shard.open(path):
                with suppress(ValueError):  # a damaged one is removed when it is next read
                    files |= {name.hex(): shard.file(row) for row, name in enumerate(shard.blobs)}
                    merged.append(path)
        whole = self._directory / f"{_name(files)}{SUFFIX}"
        write_whole(whole, _packed(files))
        for path in merged:
            if path != whole:
                remove(path)


def _name(files: Mapping[str, FileTokens]) -> str:
    return hashlib.blake2b("".join(sorted(files)).encode(), digest_size=16).hexdigest()


def _checksum(file: FileTokens) -> int:
    checksum = 0
    for part in (file.line_starts, file.segment_starts, file.ids):
        checksum = zlib.crc32(np.ascontiguousarray(part, dtype="<u4").data, checksum)
    return checksum


def _packed(files: Mapping[str, FileTokens]) -> list[bytes]:
    """Return a shard's parts."""
    kept = list(files.values())
    counts = [[0, 0, 0]] + [[len(file.line_starts), len(file.segment_starts), len(file.ids)] for file in kept]
    starts = np.cumsum(np.array(counts, dtype="<i8"), axis=0).T
    table = [
        b"".join(map(bytes.fromhex, files)),
        np.ascontiguousarray(starts, dtype="<i8").tobytes(),
        np.array([_checksum(file) for file in kept], dtype="<u4").tobytes(),
    ]
    body = [
        np.concatenate([file.line_starts for file in kept]).astype("<u4").tobytes(),
        np.concatenate([file.segment_starts for file in kept]).astype("<u4").tobytes(),
        np.concatenate([file.ids for file in kept]).astype("<u4").tobytes(),
    ]
    checksum = 0
    for part in table:
        checksum = zlib.crc32(part, checksum)
    n_lines, n_segments, n_tokens = (int(n) for n in starts[:, -1])
    return [_HEAD.pack(_MAGIC, len(kept), n_lines, n_segments, n_tokens, checksum), *table, *body]
