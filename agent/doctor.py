"""What magicode needs of a machine, looked at piece by piece, each with what to do about it."""

import hashlib
import platform
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agent.errors import AgentError
from agent.sandbox import can_layer, run_tests, sandbox_status
from model import machine
from model.catalogue import ModelEntry, find, read_catalogue
from model.disk import cache_root, tree_bytes
from model.errors import UnknownModelError
from repo_index.errors import GitError
from repo_index.git import Git

if TYPE_CHECKING:
    from model.store import ModelStore

State = Literal["ok", "note", "missing"]

_MIN_GIT = (2, 31)  # reads configuration from variables, by which a repository's programs are switched off
_ROOM_BYTES = 4 << 30  # of disk, for a model and what is read of repositories
_FEWEST_CORES = 2
_VERSION = re.compile(rb"(\d+)\.(\d+)")
_SEPARATED = {"net": "the network", "pid": "other processes", "mnt": "the file system", "ipc": "shared memory"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `note` can be lived with; without what is `missing` nothing works."""

    name: str
    state: State
    detail: str
    advice: str = ""


def examine(model: str, store: "ModelStore", *, verify: bool) -> Iterator[Finding]:
    """Look at everything, one after the other: what takes long comes last.

    Args:
        model: the one that is configured.
        store: where models are.
        verify: read all bytes of models and compare their digests.

    """
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield _git()
    yield _kernels()
    yield _memory(model)
    yield _disk()
    yield from _models(model, store, verify=verify)
    yield _caches()
    yield from _sandbox()
    yield Finding("accelerator", "ok", machine.accelerator() or "none: models run on the processor")


def _git() -> Finding:
    try:
        said = Git(Path.cwd()).run("version")
    except GitError as error:
        return Finding("git", "missing", str(error), "install git 2.31 or later")
    found = _VERSION.search(said)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version < _MIN_GIT:
        return Finding("git", "missing", said.decode(errors="replace").strip(), "install git 2.31 or later")
    return Finding("git", "ok", said.decode(errors="replace").strip().removeprefix("git version "))


def _kernels() -> Finding:
    found = machine.kernel_set()
    if found is None:
        compiler = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
        advice = (
            "install magicode again" if compiler else "install a C++20 compiler (g++ 11, clang 14), then magicode again"
        )
        return Finding("kernels", "note", "not compiled: torch does the work, slowly", advice)
    name, n_threads = found
    if name == "portable":
        return Finding("kernels", "note", f"portable, {n_threads} threads: no AVX2 here, so this is slow")
    return Finding("kernels", "ok" if n_threads >= _FEWEST_CORES else "note", f"{name}, {n_threads} threads")


def _memory(model: str) -> Finding:
    memory = machine.memory()
    said = f"{_gb(memory.available_bytes)} of {_gb(memory.total_bytes)} free"
    try:
        entry = find(model)
    except UnknownModelError:
        return Finding("memory", "ok", said)
    if memory.total_bytes < entry.memory_bytes:
        advice = "choose one that fits, `magicode models list` says which, or use a larger machine"
        return Finding("memory", "missing", f"{said}; {model} needs {_gb(entry.memory_bytes)}", advice)
    if memory.available_bytes < entry.memory_bytes:
        return Finding("memory", "note", f"{said}; {model} needs {_gb(entry.memory_bytes)}", "close other programs")
    return Finding("memory", "ok", said)


def _disk() -> Finding:
    root = cache_root()
    there = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(there).free
    said = f"{_gb(free)} free for {root}"
    if free < _ROOM_BYTES:
        return Finding("disk", "note", said, "make room, or set MAGICODE_CACHE_DIR to a directory on a larger disk")
    return Finding("disk", "ok", said)


def _models(model: str, store: "ModelStore", *, verify: bool) -> Iterator[Finding]:
    for name, entry in read_catalogue().items():
        installed = store.installed(name)
        size = _gb(installed.source_bytes + installed.converted_bytes)
        if installed.state == "absent":
            if name == model:
                advice = f"it is fetched when it is first needed, or now: `magicode models pull {name}`"
                yield Finding(name, "note", f"not here yet: {_gb(entry.size_bytes)} to fetch", advice)
            continue
        if verify and installed.state in {"ready", "source"} and not _is_whole(store, entry):
            advice = f"`magicode models rm {name}`, then `magicode models pull {name}`"
            yield Finding(name, "missing", "its file is not what it was when it was fetched", advice)
        elif installed.state == "ready":
            yield Finding(name, "ok", f"ready, {size}{', digest checked' if verify else ''}")
        else:
            yield Finding(name, "note", f"{installed.state}, {size}", f"go on with `magicode models pull {name}`")
    if model not in read_catalogue():
        yield Finding(model, "ok", "not of the catalogue: looked at when it is used")


def _is_whole(store: "ModelStore", entry: ModelEntry) -> bool:
    try:
        with (store.directory(entry.name).parent / entry.file).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    except OSError:
        return False


def _caches() -> Finding:
    from model.memory.store import kept_bytes  # noqa: PLC0415 - numpy: --help needs none
    from model.prefixes import PrefixStore  # noqa: PLC0415

    clones = tree_bytes(cache_root() / "repositories")
    said = (
        f"{_gb(PrefixStore().total_bytes())} read and {_gb(kept_bytes())} tokenised of repositories, "
        f"{_gb(clones)} cloned for batches; --cache-size bounds the first two"
    )
    return Finding("caches", "ok", said)


def _sandbox() -> Iterator[Finding]:
    without = "tests can be run with --no-sandbox alone, with all your rights"
    if sys.platform == "darwin":
        said = "sandbox-exec, by a profile that was not tried on a Mac yet"
        yield Finding("sandbox", "note", said, "look whether your tests pass with it, and tell us")
        return
    if sys.platform != "linux":
        yield Finding("sandbox", "note", "for Linux and macOS alone", without)
        return
    status = sandbox_status()
    if not status.namespaces:
        yield Finding("sandbox", "note", status.detail, without)
        return
    leaks = _leaks()
    if leaks:
        yield Finding("sandbox", "missing", f"{status.detail}; but it lets through {leaks}", "report this as a bug")
        return
    yield Finding("sandbox", "ok", f"{status.detail}; tried: no network, no other processes, no write outside")
    if can_layer():
        yield Finding("layers", "ok", "overlayfs: a change is tested before it is made")
    else:
        advice = "a change is made, tested, and taken back if it fails; use a disk on which overlayfs works"
        yield Finding("layers", "note", "overlayfs cannot be layered here", advice)


def _leaks() -> str:
    """Try what a test command must not be able to do, and name what it could."""
    with (
        tempfile.TemporaryDirectory(prefix="magicode-") as inside,
        tempfile.TemporaryDirectory(prefix="magicode-") as out,
    ):
        probe = (
            f"for kind in {' '.join(_SEPARATED)}; do readlink /proc/self/ns/$kind; done; : > {shlex.quote(out)}/probe"
        )
        try:
            report = run_tests(probe, Path(inside), timeout_s=10, on_output=None)
        except AgentError as error:
            return str(error)
        seen = [
            what for kind, what in _SEPARATED.items() if str(Path(f"/proc/self/ns/{kind}").readlink()) in report.tail
        ]
        return " and ".join([*seen, *(["writes outside"] if any(Path(out).iterdir()) else [])])


def _gb(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
