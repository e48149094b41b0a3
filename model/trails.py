"""Which prompts are on disk: the tokens of the latest ones, to find in them what a new prompt has in common.

ROOT/KEY/NAME.trail   beside the pages of `model.prefixes`; a trail whose pages are gone costs nothing and finds nothing
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.eviction import latest_first, remove
from model.matches import Tokens
from model.unfinished import write_whole

SUFFIX = ".trail"

_MOST = 8  # the latest ones of a model
_SPLICED = 1 << 32

Ages = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Trail:
    """A prompt that was encoded.

    `keys` name its tokens in the store of prefixes: they are the tokens' ids, with 2^32 added in those pages whose
    content is not just what the tokens up to there make of it. `ages` say how often each token was taken over from
    other surroundings.
    """

    keys: Tokens
    ages: Ages

    @property
    def ids(self) -> Tokens:
        """The tokens' ids."""
        ids: Tokens = self.keys % _SPLICED
        return ids


def as_spliced(ids: Tokens) -> Tokens:
    """Return the keys of tokens in pages that are not just what the tokens before them make of them."""
    keys: Tokens = ids + _SPLICED
    return keys


def is_spliced(keys: Tokens) -> bool:
    """Tell whether any of these keys is of such a page."""
    return bool((keys >= _SPLICED).any())


def leave_trail(directory: Path, trail: Trail) -> None:
    """Write a trail; of the others only the latest ones are kept. That it cannot be written is no error."""
    buffer = io.BytesIO()
    np.savez(buffer, keys=trail.keys, ages=trail.ages)
    name = hashlib.blake2b(trail.keys.tobytes(), digest_size=16).hexdigest()
    with suppress(OSError):
        write_whole(directory / f"{name}{SUFFIX}", [buffer.getbuffer()])
    for path in latest_first(directory, SUFFIX)[_MOST:]:
        remove(path)


def trails(directory: Path) -> Iterator[Trail]:
    """Yield what was written, the latest first; a file that is damaged is removed."""
    for path in latest_first(directory, SUFFIX):
        try:
            with np.load(path, allow_pickle=False) as file:
                keys, ages = file["keys"], file["ages"]
        except OSError:
            continue
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            remove(path)
            continue
        if keys.dtype == np.int64 and ages.dtype == np.uint8 and keys.shape == ages.shape and keys.ndim == 1:
            yield Trail(keys, ages)


def forget_trails(directory: Path) -> None:
    """Remove what was written."""
    for path in latest_first(directory, SUFFIX):
        remove(path)
