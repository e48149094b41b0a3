"""Prompt prefixes on disk: a request whose prompt begins as an earlier one did starts with its keys and values.

A prompt is cut into pages of 64 tokens. A page is named by the hash of its tokens and of the name of the page before
it, as in vLLM's prefix caching, so a name stands for the whole prompt up to there; the hash is cryptographic, so no two
prompts share one. What the bytes of a page are is the caller's affair.

ROOT/KEY/NAME-N.kv    N pages, of which NAME is the last: see `model.extent`; KEY is a hash of what the bytes depend on
ROOT/KEY/RANDOM.tmp   an extent that is being written

Everything here is best effort: a cache that cannot be read holds nothing, and one that cannot be written stays as it
is. Several processes may use it at once.
"""

import hashlib
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby, islice, takewhile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.disk import cache_root
from model.eviction import entries, evict, mark_used, remove, room_bytes, stored_files
from model.extent import IDENTITY_BYTES, SUFFIX, DamagedExtentError, Extent, file_bytes, write_extent
from model.paging import PAGE_TOKENS
from model.trails import Trail, forget_trails, leave_trail, trails

Buffer = memoryview | npt.NDArray[np.uint8]

_MAX_BYTES = 8_000_000_000
_SHARE_OF_DISK = 4


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page is: the `index`-th of an extent."""

    extent: Extent
    index: int


@dataclass(frozen=True, slots=True)
class Match:
    """Persisted pages that begin a prompt. Whether their bytes can be trusted shows when they are read."""

    page_bytes: int
    _places: tuple[_Place, ...]

    @property
    def n_pages(self) -> int:
        """Whole pages found."""
        return len(self._places)

    @property
    def n_tokens(self) -> int:
        """Tokens of the prompt that they hold."""
        return len(self._places) * PAGE_TOKENS

    def read(self, into: Buffer) -> int:
        """Copy the first pages into a buffer and return how many are right, from the first on.

        That is fewer than asked for if a file has vanished or is damaged; a damaged one is removed. What the buffer
        holds behind the pages that are right is undefined.

        Args:
            into: C-contiguous bytes, `(n_pages, page_bytes)`; fewer or more pages than were found are fine.

        Raises:
            ValueError: the buffer does not hold whole pages.

        """
        if into.nbytes % self.page_bytes:
            raise ValueError(f"a buffer of {into.nbytes} bytes does not hold whole pages of {self.page_bytes}")
        wanted = self._places[: into.nbytes // self.page_bytes]
        if not wanted:
            return 0
        view = (into if isinstance(into, memoryview) else into.data).cast("B")
        n_right = 0
        for extent, places in groupby(wanted, key=lambda place: place.extent):
            indices = [place.index for place in places]
            n_right_here = _read(extent, indices, view[n_right * self.page_bytes :])
            n_right += n_right_here
            if n_right_here < len(indices):
                break
        return n_right


class PrefixStore:
    """Pages of prompts below one directory. All methods may be called from several processes and threads at once."""

    def __init__(self, root: Path | None = None, *, max_bytes: int | None = None) -> None:
        """Keep pages below `root`; without it, in the user's cache, or where MAGICODE_CACHE_DIR points.

        Args:
            root: made when something is saved.
            max_bytes: what the files may take together; without it 8 GB, but no more than a quarter of what would be
                free on the disk if the store were empty.

        """
        self.root = root if root is not None else cache_root() / "prefixes"
        self.max_bytes = max_bytes if max_bytes is not None else min(_MAX_BYTES, self._fair_share_bytes())

    def match(self, key: str, ids: Sequence[int], page_bytes: int) -> Match:
        """Find the longest run of persisted pages that begins a prompt.

        Args:
            key: names all that the bytes depend on but the tokens: model, format of the keys and values.
            ids: the prompt's tokens.
            page_bytes: bytes of a page, above 0.

        """
        seed = _seed(key, page_bytes)
        found = _cover(_indexed(self._directory(seed), page_bytes), _chain(seed, ids))
        places = tuple(place for place in takewhile(lambda place: place is not None, found) if place)
        mark_used(place.extent.path for place in places)
        return Match(page_bytes, places)

    def save(self, key: str, ids: Sequence[int], first_page: int, pages: npt.NDArray[np.uint8]) -> int:
        """Persist pages of a prompt, except those that are there, and return how many of them are there now.

        They are counted from the first: what does not fit is left out at the end, because the beginning is what other
        prompts share, and of use without the rest. To make room the extents that were not used for the longest go,
        but none that holds a page of this prompt. A full or read-only disk is no error: 0 pages are there then.

        Pages are found through those before them. So if some of those are not there any more, because a read came
        short, give all pages from 0: what is there costs nothing.

        Args:
            key: as for `match`.
            ids: the prompt's tokens.
            first_page: number of the first of `pages` in the prompt, from 0.
            pages: `(n_pages, page_bytes)`, all of them whole.

        Raises:
            ValueError: the prompt does not have these pages.

        """
        n_pages, page_bytes = pages.shape
        seed = _seed(key, page_bytes)
        chain = _chain(seed, ids)
        names = chain[first_page : first_page + n_pages]
        if first_page < 0 or len(names) < n_pages or pages.dtype != np.uint8:
            raise ValueError(
                f"pages {first_page} to {first_page + n_pages} of {pages.dtype} are not those of {len(ids)} tokens"
            )
        directory = self._directory(seed)
        index = _indexed(directory, page_bytes)
        mine = [place.extent.path for place in _cover(index, chain) if place]
        view = np.ascontiguousarray(pages).data
        n_there = 0
        with suppress(OSError):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.mkdir(mode=0o700, exist_ok=True)
            for is_there, run in groupby(names, key=index.__contains__):
                wanted = list(run)
                if is_there:
                    n_there += len(wanted)
                    continue
                fitting = wanted[: self._make_room(len(wanted), page_bytes, mine)]
                if fitting:
                    part = view[n_there : n_there + len(fitting)]
                    mine.append(write_extent(directory, fitting, part))
                    n_there += len(fitting)
                if len(fitting) < len(wanted):
                    break
        mark_used(mine)
        evict(self.root, self.max_bytes, mine)  # what other processes wrote meanwhile counts, too
        return n_there

    def trails(self, key: str, page_bytes: int) -> Iterator[Trail]:
        """Yield the latest prompts of which pages were saved, the latest first; the pages may be gone by now."""
        return trails(self._directory(_seed(key, page_bytes)))

    def leave_trail(self, key: str, page_bytes: int, trail: Trail) -> None:
        """Note a prompt whose pages were saved."""
        leave_trail(self._directory(_seed(key, page_bytes)), trail)

    def total_bytes(self) -> int:
        """Sum the sizes of all files of the store."""
        return sum(file.size_bytes for file in stored_files(self.root))

    def clear(self) -> int:
        """Remove everything but what another process is writing, and return how many bytes that freed."""
        freed_bytes = sum(
            file.size_bytes for file in stored_files(self.root) if not file.is_in_use() and remove(file.path)
        )
        for directory in entries(self.root):
            forget_trails(directory)
            with suppress(OSError):
                directory.rmdir()
        return freed_bytes

    def _directory(self, seed: bytes) -> Path:
        return self.root / seed.hex()[:32]

    def _fair_share_bytes(self) -> int:
        # What the store holds counts as free: else each start would allow a little more, until the disk is full.
        try:
            disk = next(path for path in (self.root, *self.root.parents) if path.exists())
            return (shutil.disk_usage(disk).free + self.total_bytes()) // _SHARE_OF_DISK
        except (OSError, StopIteration):
            return 0

    def _make_room(self, n_pages: int, page_bytes: int, kept: Collection[Path]) -> int:
        """Remove what was not used for the longest, and return how many of the pages may be written."""
        header_bytes = file_bytes(n_pages, page_bytes) - n_pages * page_bytes
        room = room_bytes(self.root, self.max_bytes, kept) - header_bytes
        n_fitting = min(n_pages, room // page_bytes)
        if n_fitting < 1:
            return 0
        is_there_room = evict(self.root, self.max_bytes - header_bytes - n_fitting * page_bytes, kept)
        return n_fitting if is_there_room else 0


def _seed(key: str, page_bytes: int) -> bytes:
    """Return the name that stands before a prompt's first page."""
    if page_bytes < 1:
        raise ValueError(f"a page of {page_bytes} bytes")
    return hashlib.blake2b(f"{PAGE_TOKENS} {page_bytes} {key}".encode(), digest_size=IDENTITY_BYTES).digest()


def _chain(seed: bytes, ids: Sequence[int]) -> list[bytes]:
    """Return the name of each whole page of a prompt."""
    n_pages = len(ids) // PAGE_TOKENS
    names, name = [], seed
    for page in np.asarray(ids[: n_pages * PAGE_TOKENS], dtype="<i8").reshape(n_pages, PAGE_TOKENS):
        name = hashlib.blake2b(name + page.tobytes(), digest_size=IDENTITY_BYTES).digest()
        names.append(name)
    return names


def _indexed(directory: Path, page_bytes: int) -> dict[bytes, list[_Place]]:
    """Return where each page below a directory is. Only headers are read; damaged extents are removed."""
    index: dict[bytes, list[_Place]] = {}
    for path in entries(directory):
        if path.suffix != SUFFIX:
            continue
        try:
            extent = Extent.read_header(path)
        except DamagedExtentError:
            remove(path)
            continue
        except OSError:
            continue
        if extent.page_bytes == page_bytes:
            for number, name in enumerate(extent.identities):
                index.setdefault(name, []).append(_Place(extent, number))
    return index


def _cover(index: Mapping[bytes, Sequence[_Place]], chain: Sequence[bytes]) -> list[_Place | None]:
    """Return where each page of a prompt is, in as few extents as can be; None where it is nowhere.

    Processes that saved at once may have left extents that overlap: those not needed are not used, and so go.
    """
    places: list[_Place | None] = []
    while len(places) < len(chain):
        found = index.get(chain[len(places)], ())
        longest: list[_Place] = max((_stretch(place, chain, len(places)) for place in found), key=len, default=[])
        places += longest or [None]
    return places


def _stretch(place: _Place, chain: Sequence[bytes], start: int) -> list[_Place]:
    """Return the places in one extent of the pages of a prompt from `start` on, as far as they go."""
    pairs = zip(islice(place.extent.identities, place.index, None), islice(chain, start, None), strict=False)
    n_pages = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return [_Place(place.extent, place.index + number) for number in range(n_pages)]


def _read(matched: Extent, indices: Sequence[int], into: memoryview) -> int:
    """Copy pages of one file and return how many are right; where it is not all, the file is removed."""
    try:
        # Anew: since the match the same pages may have been written again, with bytes that differ a little.
        extent, file = Extent.open(matched.path)
        with file:
            if (extent.page_bytes, extent.identities) != (matched.page_bytes, matched.identities):
                return 0
            n_right = extent.read_pages(file, indices, into)
    except DamagedExtentError:
        n_right = 0
    except OSError:
        return 0
    if n_right < len(indices):
        remove(matched.path)
    return n_right
