"""One file of a persisted prefix: a run of pages that follow each other, and all that is needed to trust them.

    magic, version, number of pages, bytes of a page            little-endian, as is all that follows
    for each page: its identity (32 bytes), CRC-32 of its bytes
    BLAKE2b-128 of everything above
    zeros up to the next multiple of 4096
    the pages

A page's identity is the hash of all tokens up to its end (see `model.prefixes`), so it belongs to one prompt's
beginning alone. An extent is written once, under another name, and never changed. No write is awaited with fsync: what
a power failure leaves behind has the wrong size, or bytes that do not match their checksums, and is removed then.
"""

import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from model.unfinished import write_whole

IDENTITY_BYTES = 32
SUFFIX = ".kv"

_HEAD = struct.Struct("<8sIIQ")
_MAGIC, _VERSION = b"MAGICODE", 1
_CRC_BYTES, _SEAL_BYTES = 4, 16
_ALIGNMENT = 4096


class DamagedExtentError(Exception):
    """The file is no whole extent; whoever catches this removes it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What the header of an extent file says. `identities` and `checksums` have one entry a page."""

    path: Path
    page_bytes: int
    identities: tuple[bytes, ...]
    checksums: tuple[int, ...]

    @classmethod
    def open(cls, path: Path) -> tuple["Extent", FileIO]:
        """Read the header. The caller closes the file, whose pages stay readable if it is removed meanwhile.

        Raises:
            DamagedExtentError: header or size are not those of an extent.
            OSError: the file is gone, or may not be read.

        """
        file = FileIO(path)
        try:
            return cls._parse(path, file), file
        except BaseException:
            file.close()
            raise

    @classmethod
    def read_header(cls, path: Path) -> "Extent":
        """Do what `open` does, and close the file."""
        extent, file = cls.open(path)
        file.close()
        return extent

    @classmethod
    def _parse(cls, path: Path, file: FileIO) -> "Extent":
        size = os.fstat(file.fileno()).st_size
        start = file.read(min(size, _ALIGNMENT))
        if len(start) < _HEAD.size:
            raise DamagedExtentError(f"{path} has no header")
        magic, version, n_pages, page_bytes = _HEAD.unpack_from(start)
        known = (magic, version) == (_MAGIC, _VERSION) and n_pages > 0 and page_bytes > 0
        if not known or size != file_bytes(n_pages, page_bytes):
            raise DamagedExtentError(f"{path} is no whole extent")
        header = start + _read_up_to(file, _pages_at(n_pages) - len(start))
        sealed = _HEAD.size + n_pages * (IDENTITY_BYTES + _CRC_BYTES)
        if header[sealed : sealed + _SEAL_BYTES] != _seal(header[:sealed]):
            raise DamagedExtentError(f"the header of {path} does not match its checksum")
        entries = struct.iter_unpack(f"<{IDENTITY_BYTES}sI", header[_HEAD.size : sealed])
        identities, checksums = zip(*entries, strict=True)
        return cls(path, page_bytes, identities, checksums)

    def read_pages(self, file: FileIO, indices: Sequence[int], into: memoryview) -> int:
        """Copy pages one behind the other into `into`, and return how many are right, from the first on.

        Out of a mapping the copy takes a third of the time of `readinto`. Its price: an error of the disk itself ends
        the process, as it does for mapped weights.
        """
        n_bytes, first = self.page_bytes, _pages_at(len(self.identities))
        size = file_bytes(len(self.identities), n_bytes)
        with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as source:
            for n_right, index in enumerate(indices):
                start = first + index * n_bytes
                page = into[n_right * n_bytes : (n_right + 1) * n_bytes]
                page[:] = source[start : start + n_bytes]
                if zlib.crc32(page) != self.checksums[index]:
                    return n_right
        return len(indices)


def file_bytes(n_pages: int, page_bytes: int) -> int:
    """Return the size of an extent's file."""
    return _pages_at(n_pages) + n_pages * page_bytes


def write_extent(directory: Path, identities: Sequence[bytes], pages: memoryview) -> Path:
    """Write pages, bytes of shape `(n_pages, page_bytes)`, and return the file, which is whole or not there.

    The name says which pages it holds, so of two processes that write the same one replaces the other's file.

    Raises:
        OSError: the disk is full, or the directory may not be written; nothing is left behind.

    """
    n_pages, page_bytes = len(identities), pages.nbytes // len(identities)
    flat = pages.cast("B")
    table = b"".join(
        identity + zlib.crc32(flat[index * page_bytes : (index + 1) * page_bytes]).to_bytes(_CRC_BYTES, "little")
        for index, identity in enumerate(identities)
    )
    sealed = _HEAD.pack(_MAGIC, _VERSION, n_pages, page_bytes) + table
    path = directory / f"{identities[-1].hex()}-{n_pages}{SUFFIX}"
    write_whole(path, [(sealed + _seal(sealed)).ljust(_pages_at(n_pages), b"\0"), flat])
    return path


def _pages_at(n_pages: int) -> int:
    header_bytes = _HEAD.size + n_pages * (IDENTITY_BYTES + _CRC_BYTES) + _SEAL_BYTES
    return -(-header_bytes // _ALIGNMENT) * _ALIGNMENT


def _seal(header: bytes) -> bytes:
    return hashlib.blake2b(header, digest_size=_SEAL_BYTES).digest()


def _read_up_to(file: FileIO, n_bytes: int) -> bytes:
    data = b""
    while len(data) < n_bytes and (more := file.read(n_bytes - len(data))):
        data += more
    return data
