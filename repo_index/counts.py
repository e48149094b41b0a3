"""What was found out about contents, kept by their hash: a repository that was read once is not tokenised again.

One SQLite file serves all repositories, tokenizers and processes. All of it is best effort: what is damaged, locked or
full costs the time of reading anew and never a wrong count, since each row carries a checksum of its own.
"""

import hashlib
import sqlite3
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self, get_args

from repo_index import content
from repo_index.content import Content, Kind
from repo_index.frame import frame_file

_MAX_BYTES = 256_000_000  # some two million files
_SHARE_KEPT = 0.7  # of the rows, when there are too many: else each run would remove a few
_FLUSH_ROWS = 20_000
_BUSY_S = 2.0
_RENEWED_DAYS = 7  # a row's last use is written again after so long
_SCHEMA = """
CREATE TABLE IF NOT EXISTS content (
    key BLOB PRIMARY KEY, kind TEXT, reason TEXT, encoding TEXT, n_tokens INTEGER, day INTEGER, crc INTEGER
) WITHOUT ROWID
"""
_SELECT = "SELECT kind, reason, encoding, n_tokens, day, crc FROM content WHERE key = ?"
_KINDS = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Counted:
    """What is known of a file. `n_tokens` is what it costs in a prompt; None where nobody asked."""

    content: Content
    n_tokens: int | None


@dataclass(frozen=True, slots=True)
class Keys:
    """Names what is known of a file. `counts_as` names the tokenizer: equal names, equal counts."""

    counts_as: str

    def of(self, path: PurePosixPath, blob: str) -> bytes:
        """Return the name for a content at a path, in whose frame it is counted."""
        text = "\0".join([_rules(), self.counts_as, frame_file(path, blob)])
        return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()


class CountStore:
    """The file at `path`, made when it is first written; a context manager, which writes what is new at its end."""

    def __init__(self, path: Path, *, max_bytes: int = _MAX_BYTES) -> None:
        """Open nothing yet."""
        self._path = path
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        self._is_usable = True
        self._new: dict[bytes, Counted] = {}
        self._used: list[bytes] = []
        self._today = int(time.time() // 86_400)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._flush(at_end=True)
        self._close()

    def look_up(self, keys: Sequence[bytes]) -> dict[bytes, Counted]:
        """Return what is known under these names."""
        found: dict[bytes, Counted] = {}
        if not self._path.exists():
            return found
        self._run("BEGIN")  # one lock for all of them
        for key in keys:
            for kind, reason, encoding, n_tokens, day, crc in self._run(_SELECT, (key,)):
                values = (kind, reason, encoding, n_tokens)
                if crc == _checksum(key, values) and (counted := _counted(values)) is not None:
                    found[key] = counted
                    if day < self._today - _RENEWED_DAYS:
                        self._used.append(key)
        self._run("COMMIT")
        return found

    def keep(self, new: Mapping[bytes, Counted]) -> None:
        """Keep what was found out, now or at the end."""
        self._new |= new
        if len(self._new) >= _FLUSH_ROWS:
            self._flush(at_end=False)

    def _flush(self, *, at_end: bool) -> None:
        new, used = self._new, self._used if at_end else []
        if not self._is_usable or not (new or used):
            return
        self._new = {}
        rows = []
        for key, counted in new.items():
            values = (counted.content.kind, counted.content.reason, counted.content.encoding, counted.n_tokens)
            rows.append((key, *values, self._today, _checksum(key, values)))
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        self._run("BEGIN IMMEDIATE")
        self._run_many("INSERT OR REPLACE INTO content VALUES (?,?,?,?,?,?,?)", rows)
        self._run_many("UPDATE content SET day = ? WHERE key = ?", ((self._today, key) for key in used))
        self._make_room()
        self._run("COMMIT")

    def _make_room(self) -> None:
        pages = [self._run(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")]
        if not all(pages):
            return
        n_pages, n_free, page_bytes = (int(row[0][0]) for row in pages)
        if (n_pages - n_free) * page_bytes <= self._max_bytes:
            return
        n_rows = self._run("SELECT COUNT(*) FROM content")[0][0]
        n_gone = int(n_rows * (1 - _SHARE_KEPT))
        self._run("DELETE FROM content WHERE key IN (SELECT key FROM content ORDER BY day LIMIT ?)", (n_gone,))

    def _run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            connection = self._opened()
            return connection.execute(statement, values).fetchall() if connection else []
        except sqlite3.Error as error:
            self._give_up(error)
            return []

    def _run_many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        try:
            if connection := self._opened():
                connection.executemany(statement, rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def _opened(self) -> sqlite3.Connection | None:
        if self._connection is None and self._is_usable:
            self._connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
            self._connection.text_factory = lambda data: data.decode(errors="replace")  # damage shows by the checksum
            # What a power failure leaves is found by the checksums; to wait for the disk would cost more than it saves.
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(_SCHEMA)
        return self._connection

    def _give_up(self, error: sqlite3.Error) -> None:
        """Do without the store from now on; one that is damaged goes, so that the next run makes it anew."""
        self._is_usable = False
        self._close()
        of_system = isinstance(error, sqlite3.OperationalError) and "no such" not in str(error)
        if not of_system:  # such as locked, full, read-only
            with suppress(OSError):
                self._path.unlink()

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


@cache
def _rules() -> str:
    return hashlib.blake2b(content.RULES.encode(), digest_size=8).hexdigest()


def _checksum(key: bytes, values: Sequence[object]) -> int:
    return zlib.crc32(repr((key, *values)).encode())


def _counted(values: Sequence[object]) -> Counted | None:
    kind, reason, encoding, n_tokens = values
    if kind not in _KINDS or not isinstance(reason, str) or not isinstance(encoding, str):
        return None
    if n_tokens is not None and not isinstance(n_tokens, int):
        return None
    return Counted(Content(kind, reason, encoding), n_tokens)  # type: ignore[arg-type]  # it is one of the kinds
