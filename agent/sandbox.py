"""Runs a test command: confined, bounded in time and output, and with nothing left behind."""

import codecs
import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO, ClassVar, cast

from agent import bubblewrap, sandbox_exec, seatbelt
from agent.change import FileChange
from agent.errors import PolicyError
from agent.sandbox_policy import clean_environment, own_prefix, plan_confinement
from agent.scratch import scratch_directory

_HEAD_CHARS = 16 * 1024  # a compiler's first error stands at the top,
_TAIL_CHARS = 48 * 1024  # a test runner's summary at the end
_PLATFORMS = ("linux", "darwin")
_BUBBLEWRAP = "bwrap"
_CHUNK_BYTES = 64 * 1024
_MAX_OUTPUT_BYTES = 256 * 1024 * 1024
_DRAINED_CHUNKS = 16
_GRACE_S = 5.0
_TIMED_OUT = 124  # what timeout(1) answers
_TOO_LONG = 128 + signal.SIGXFSZ


@dataclass(frozen=True, slots=True)
class TestReport:
    """How a test command ended.

    `exit_code` is the command's own, 128 + N where signal N killed it, 124 where the time was over, 128 + SIGXFSZ
    where its output was without end. `tail` is its output, both streams as they came; of a long one the beginning,
    the end, and a line that counts what is between.
    """

    __test__: ClassVar[bool] = False  # pytest collects what is named like this one

    command: str
    exit_code: int
    duration_s: float
    tail: str
    timed_out: bool

    @property
    def passed(self) -> bool:
        """Whether the command says that all is well."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """What confines test commands on this machine.

    `namespaces` tells whether mounts, network and processes can be separated, without which there is no sandbox;
    `landlock_abi` is the kernel's Landlock version, the second lock, or 0; `detail` is a sentence for people.
    """

    namespaces: bool
    landlock_abi: int
    detail: str


@dataclass(slots=True)
class _BoundedText:
    """The beginning and the end of a text of any length."""

    head: str = ""
    tail: deque[str] = field(default_factory=deque)
    n_tail: int = 0
    n_dropped: int = 0

    def add(self, text: str) -> None:
        room = _HEAD_CHARS - len(self.head)
        self.head += text[:room]
        self._add_to_tail(text[room:])

    def _add_to_tail(self, text: str) -> None:
        if not text:
            return
        self.tail.append(text)
        self.n_tail += len(text)
        while (excess := self.n_tail - _TAIL_CHARS) > 0:
            dropped = self.tail.popleft()
            if len(dropped) > excess:
                self.tail.appendleft(dropped[excess:])
            removed = min(len(dropped), excess)
            self.n_tail -= removed
            self.n_dropped += removed

    def __str__(self) -> str:
        gap = f"\n[… {self.n_dropped:,} characters left out …]\n" if self.n_dropped else ""
        return self.head + gap + "".join(self.tail)


def run_tests(
    command: str,
    cwd: Path,
    *,
    timeout_s: float,
    on_output: Callable[[str], None] | None,
    sandboxed: bool = True,
    changes: Sequence[FileChange] | None = None,
) -> TestReport:
    """Run `command` with `/bin/sh -c` in `cwd` and wait for it.

    Standard input is empty. `on_output` is handed the output in pieces, unbounded and raw: show it through
    `agent.escape.printable`. When the command ends, when the time is over, on Ctrl-C and when magicode itself is
    killed, everything that the command started ends too, daemons included. (Outside Linux a process that left the
    command's session survives.)

    With `sandboxed`, the command writes nowhere but in `cwd`, without its `.git`, and in a home and a /tmp of its
    own, which are removed afterwards; it sees nothing of the user's home but toolchains; it has no network but a
    loopback of its own; and it ends when it has too many processes or holds too much memory.
    The environment is cleaned either way: see `clean_environment`.

    Where the system lets bubblewrap make namespaces and us not, it makes them, without `changes`.
    On macOS sandbox-exec refuses the same, and the network as a whole.

    With `changes`, which only our own sandbox can, the command sees `cwd` with these files changed, and neither they
    nor anything that it writes is ever there for others: `cwd` itself stays as it is, to the byte.

    Raises:
        PolicyError: this machine cannot confine the command; the message says how to go on.

    """
    if sandboxed and (sys.platform not in _PLATFORMS or (sys.platform == "darwin" and changes is not None)):
        raise PolicyError(
            "tests run in a sandbox, and this version has none for this system: pass --no-sandbox to run them "
            "with your own rights, or run without --test-cmd"
        )
    if not sandboxed:
        environment = clean_environment(dict(os.environ), cwd, own_prefix=own_prefix())
        return _supervise(command, _shell(command), cwd, environment, None, timeout_s, on_output)
    return _run_confined(command, cwd, timeout_s, on_output, changes, bwrap=shutil.which(_BUBBLEWRAP))


def _run_confined(
    command: str,
    cwd: Path,
    timeout_s: float,
    on_output: Callable[[str], None] | None,
    changes: Sequence[FileChange] | None,
    *,
    bwrap: str | None,
) -> TestReport:
    environment = clean_environment(dict(os.environ), cwd, own_prefix=own_prefix())
    environment = {name: value for name, value in environment.items() if not name.startswith("XDG_")}
    with scratch_directory() as scratch:
        confinement = plan_confinement(
            command,
            cwd,
            scratch,
            environment,
            home=Path.home(),
            landlock=_landlock_abi() > 0,
            layer=changes is not None,
            changes=tuple(_staged(changes or (), scratch)),
        )
        if sys.platform == "darwin":
            environment |= {"TMPDIR": confinement.scratch, "HOME": confinement.scratch}
            words = seatbelt.wrapped(_shell(command), confinement)
            return _supervise(command, words, cwd, environment, None, timeout_s, on_output)
        environment |= {"TMPDIR": "/tmp"}  # noqa: S108
        try:
            confined = asdict(confinement)
            return _supervise(command, _shell(command), cwd, environment, confined, timeout_s, on_output)
        except PolicyError:
            if bwrap is None or changes is not None or not _works(bubblewrap.wrapped(bwrap, ["true"], confinement)):
                raise
            words = bubblewrap.wrapped(bwrap, _shell(command), confinement)
            bounds = {"processes": confinement.processes, "memory_bytes": confinement.memory_bytes}
            return _supervise(command, words, cwd, environment, None, timeout_s, on_output, bounds=bounds)


def _shell(command: str) -> list[str]:
    return ["/bin/sh", "-c", command]


def sandbox_status() -> SandboxStatus:
    """Try the sandbox on an empty directory and say what is in force; takes about a tenth of a second."""
    with tempfile.TemporaryDirectory(prefix="magicode-") as directory:
        try:
            run_tests(":", Path(directory), timeout_s=10, on_output=None)
        except PolicyError as error:
            return SandboxStatus(namespaces=False, landlock_abi=0, detail=str(error))
        try:
            _run_confined(":", Path(directory), 10, None, None, bwrap=None)
            is_ours = True
        except PolicyError:
            is_ours = False
    if sys.platform == "darwin":
        return SandboxStatus(namespaces=False, landlock_abi=0, detail="sandbox-exec, untested on a Mac so far")
    if not is_ours:
        detail = "bubblewrap; tests run in your tree"
        return SandboxStatus(namespaces=True, landlock_abi=0, detail=detail)
    abi = _landlock_abi()
    second = f"Landlock (ABI {abi})" if abi else "no Landlock in this kernel: mounts alone hold writes"
    return SandboxStatus(namespaces=True, landlock_abi=abi, detail=f"mount, network and process namespaces; {second}")


def can_layer(root: Path | None = None) -> bool:
    """Tell whether `run_tests` can take `changes`: on this machine, or of a work tree, whose file system may be unfit.

    It tries, which takes about a tenth of a second and leaves `root` as it is.
    """
    with tempfile.TemporaryDirectory(prefix="magicode-") as directory:
        try:
            return run_tests(":", root or Path(directory), timeout_s=10, on_output=None, changes=()).passed
        except PolicyError:
            return False


def _staged(changes: Sequence[FileChange], scratch: Path) -> Iterator[tuple[str, str | None, int]]:
    """Write the bytes of changed files beside each other, and yield what the launcher is told of each."""
    staged = scratch / "staged"
    staged.mkdir()
    for number, change in enumerate(changes):
        if change.after is None:
            yield str(change.path), None, 0
            continue
        source = staged / str(number)
        source.write_bytes(change.after.data)
        yield str(change.path), str(source), 0o755 if change.after.mode == "100755" else 0o644


def _landlock_abi() -> int:
    try:
        from landlockpy import abi_version  # noqa: PLC0415  # installed on Linux alone
    except ImportError:
        return 0
    return abi_version()


def _works(line: Sequence[str]) -> bool:
    """Tell whether a program can be confined like this: later, its refusal would pass for failing tests."""
    return subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def _supervise(
    command: str,
    words: Sequence[str],
    cwd: Path,
    environment: dict[str, str],
    confinement: dict[str, object] | None,
    timeout_s: float,
    on_output: Callable[[str], None] | None,
    *,
    bounds: dict[str, int] | None = None,
) -> TestReport:
    started = time.monotonic()
    kept = _BoundedText()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def take(data: bytes) -> None:
        if text := decoder.decode(data, final=not data):
            kept.add(text)
            if on_output is not None:
                on_output(text)

    status_read, status_write = os.pipe()
    spec = {"command": words, "parent": os.getpid(), "confinement": confinement, "bounds": bounds}
    with os.fdopen(status_read, "rb", buffering=0) as status:
        try:
            launcher = subprocess.Popen(
                [sys.executable, "-P", "-E", sandbox_exec.__file__, str(status_write), json.dumps(spec)],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(status_write,),
                start_new_session=True,
            )
        finally:
            os.close(status_write)
        with cast("IO[bytes]", launcher.stdout) as output:
            os.set_blocking(output.fileno(), False)
            try:
                end = _pump(output.fileno(), status.fileno(), take, deadline=started + timeout_s)
            finally:
                _end(launcher)
            _drain(output.fileno(), take)
    duration_s = time.monotonic() - started
    if isinstance(end, bytes) and end:
        raise PolicyError(
            f"the sandbox for tests cannot be set up in {cwd}: {end.decode(errors='replace')}. Where user "
            "namespaces are switched off (sysctl kernel.apparmor_restrict_unprivileged_userns, "
            "kernel.unprivileged_userns_clone, user.max_user_namespaces; most containers), switch them on, or "
            "pass --no-sandbox to run the tests with your own rights"
        )
    if end is _End.TOO_LONG:
        kept.add(f"\n[magicode stopped the command: more than {_MAX_OUTPUT_BYTES:,} bytes of output]\n")
    exit_code = launcher.returncode if isinstance(end, bytes) else end.value
    exit_code = exit_code if exit_code >= 0 else 128 - exit_code
    return TestReport(command, exit_code, duration_s, str(kept), end is _End.TIMED_OUT)


class _End(Enum):
    """Why a command was ended; the exit code that tells it."""

    TIMED_OUT = _TIMED_OUT
    TOO_LONG = _TOO_LONG


def _pump(output: int, status: int, take: Callable[[bytes], None], *, deadline: float) -> bytes | _End:
    """Hand on output until the launcher is gone, the time is over or the output is too long.

    Returns what the launcher said that it cannot do, empty if all went well.
    """
    refusal, n_bytes = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        selector.register(status, selectors.EVENT_READ)
        while (left_s := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left_s):
                data = os.read(key.fd, _CHUNK_BYTES)
                if key.fd == output and data:
                    take(data)
                    n_bytes += len(data)
                    if n_bytes > _MAX_OUTPUT_BYTES:
                        return _End.TOO_LONG
                elif key.fd == output:
                    selector.unregister(output)  # closed by the command, which still runs
                elif data:
                    refusal += data
                else:
                    return refusal
    return _End.TIMED_OUT


def _end(launcher: subprocess.Popen[bytes]) -> None:
    """End the launcher, which ends what it started before it goes."""
    launcher.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        launcher.wait(_GRACE_S)
        return
    os.killpg(launcher.pid, signal.SIGKILL)
    launcher.wait()


def _drain(output: int, take: Callable[[bytes], None]) -> None:
    """Take what is left in the pipe, without waiting for a process that may still hold it."""
    with contextlib.suppress(BlockingIOError):
        for _ in range(_DRAINED_CHUNKS):
            data = os.read(output, _CHUNK_BYTES)
            if not data:
                break
            take(data)
    take(b"")
