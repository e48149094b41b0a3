"""The program between magicode and a test command: it confines the command, waits for it and leaves nothing behind.

Run by path and alone (`python -P -E sandbox_exec.py FD SPEC`), never imported as `agent.…`: it starts inside a
repository that may hold a folder of that name. FD takes an explanation where the confinement cannot be set up;
its end of file tells that everything is over. SPEC is JSON: `command` (a list), `parent` (a process id),
`confinement` (see `agent.sandbox_policy.Confinement`, or null) and, where the command is bubblewrap, its `bounds`
(`processes` and `memory_bytes`; else null).

Confined, the command lives in namespaces of its own. Mounts: the whole tree read-only but for the repository and a
scratch directory that stands in for the home and /tmp; /dev and /proc are new. Network: a loopback that nobody
else is on. Processes: when the first one ends, the kernel ends the rest; it ends all of them when they are too many
or hold too much memory. Landlock, where the kernel has it,
forbids the same writes a second time, and every further change to mounts.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import re
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

_SETUP_FAILED = 125
_BETWEEN_LOOKS_S = 0.05  # a fork bomb makes hundreds of processes meanwhile, a memory bomb about 100 MB
_THREADS_PER_PROCESS = 16  # the kernel counts threads as processes
_BE_KILLED_FIRST = "1000"  # where the whole machine runs out of memory before we look

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x0002_0000, 0x0400_0000, 0x0800_0000
_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x1000_0000, 0x2000_0000, 0x4000_0000
_SYS_OPEN_TREE, _SYS_MOVE_MOUNT, _SYS_MOUNT_SETATTR = 428, 429, 442  # the same on every architecture
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _MOVE_MOUNT_F_EMPTY_PATH = 1, 4
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_PRIVATE = 2, 4, 8, 1 << 18
_MOUNT_ATTR_RDONLY = 1
_SIOCSIFFLAGS, _IFF_UP, _IFF_RUNNING = 0x8914, 0x1, 0x40

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
PROC_READ_ONLY = ("bus", "fs", "irq", "sys", "sysrq-trigger")  # root may write these without any capability
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}


class _Stopped(BaseException):
    """SIGTERM came: the caller wants everything ended."""


def _checked(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(what: str, option: int, value: int) -> None:
    _checked(what, _libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def _syscall(what: str, number: int, *args: int | bytes | ctypes.Structure) -> int:
    passed = [
        ctypes.c_long(arg) if isinstance(arg, int) else arg if isinstance(arg, bytes) else ctypes.byref(arg)
        for arg in args
    ]
    return _checked(what, _libc().syscall(ctypes.c_long(number), *passed))


class _MountAttributes(ctypes.Structure):
    """struct mount_attr of mount_setattr(2)."""

    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def _change_mount(directory_fd: int, path: str, **attributes: int) -> None:
    change = _MountAttributes(**attributes)
    flags = _AT_RECURSIVE | (0 if path else _AT_EMPTY_PATH)
    size = ctypes.sizeof(change)
    _syscall(f"mount_setattr {path}", _SYS_MOUNT_SETATTR, directory_fd, os.fsencode(path), flags, change, size)


def _clone_tree(path: str, *, read_only: bool = False) -> int:
    """Copy what is mounted at and below `path`; the copy hangs nowhere until `_put_tree`."""
    flags = _OPEN_TREE_CLONE | _AT_RECURSIVE | os.O_CLOEXEC
    tree = _syscall(f"open_tree {path}", _SYS_OPEN_TREE, _AT_FDCWD, os.fsencode(path), flags)
    if read_only:
        _change_mount(tree, "", set=_MOUNT_ATTR_RDONLY)
    return tree


def _put_tree(tree: int, path: str) -> None:
    flags = _MOVE_MOUNT_F_EMPTY_PATH
    _syscall(f"move_mount {path}", _SYS_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(path), flags)
    os.close(tree)


def _mount(kind: str, path: str, options: str, flags: int = _MS_NOSUID | _MS_NOEXEC) -> None:
    source = kind.encode()
    result = _libc().mount(source, os.fsencode(path), source, ctypes.c_ulong(flags), options.encode())
    _checked(f"mount {kind} on {path}", result)


def _enter_namespaces() -> None:
    user, group = os.geteuid(), os.getegid()  # asked first: unmapped, they read as nobody
    flags = _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
    _checked("unshare", _libc().unshare(flags))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")  # oneself, not root: tests see no difference
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", _IFF_UP | _IFF_RUNNING)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def _make_proc() -> None:
    try:
        _mount("proc", "/proc", "", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    except OSError:
        return  # a container masks parts of /proc, and so must we: the old one stays, read-only as a whole
    for name in PROC_READ_ONLY:
        if Path("/proc", name).exists():
            _put_tree(_clone_tree(f"/proc/{name}", read_only=True), f"/proc/{name}")


def _make_devices(nodes: dict[str, int], shared_bytes: int) -> None:
    _mount("tmpfs", "/dev", "mode=755,size=1m")
    for name, tree in nodes.items():
        Path("/dev", name).touch()
        _put_tree(tree, f"/dev/{name}")
    for name, target in _DEVICE_LINKS.items():
        Path("/dev", name).symlink_to(target)
    Path("/dev/pts").mkdir()
    _mount("devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=620")
    Path("/dev/shm").mkdir()  # noqa: S108  # the kernel's name for it; ours is new and empty
    # what lies there is memory that belongs to no process
    _mount("tmpfs", "/dev/shm", f"mode=1777,size={shared_bytes}", _MS_NOSUID | _MS_NODEV)  # noqa: S108


def _hide(path: str, tree: int) -> None:
    # NixOS finds its programs through links in /run; links lead nowhere that is not checked again
    links = {entry: entry.readlink() for entry in Path(path).iterdir() if entry.is_symlink()}
    _put_tree(tree, path)
    if path == "/run":
        for link, target in links.items():
            link.symlink_to(target)


def _arrange_mounts(confinement: dict[str, Any]) -> None:
    cwd, scratch = confinement["cwd"], confinement["scratch"]
    _change_mount(_AT_FDCWD, "/", propagation=_MS_PRIVATE)

    # All copies are taken before anything is covered or made read-only.
    empty = {}
    for number, path in enumerate(confinement["private"] + confinement["hidden"]):
        directory = Path(scratch, str(number))
        directory.mkdir(mode=0o700)
        empty[path] = _clone_tree(str(directory))
    kept = {path: _clone_tree(path, read_only=True) for path in confinement["readable"]}
    kept[cwd] = _layered_tree(cwd, scratch) if confinement["layer"] else _clone_tree(cwd)
    protected = {path: _clone_tree(path, read_only=True) for path in confinement["protected"]}
    nodes = {name: _clone_tree(f"/dev/{name}") for name in _DEVICES if Path("/dev", name).exists()}
    are_files = {path for path in kept if Path(path).is_file()}

    _change_mount(_AT_FDCWD, "/", set=_MOUNT_ATTR_RDONLY)
    _make_proc()
    _make_devices(nodes, confinement["memory_bytes"] // 4)
    for path in sorted(empty, key=_depth):
        Path(path).mkdir(parents=True, exist_ok=True)
        _hide(path, empty[path])
    for path in sorted(kept, key=_depth):
        if path in are_files:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).touch()
        else:
            Path(path).mkdir(parents=True, exist_ok=True)
        _put_tree(kept[path], path)
    for path, tree in protected.items():
        _put_tree(tree, path)


def _layered_tree(cwd: str, scratch: str) -> int:
    """Return `cwd` under a layer of its own in `scratch`, which takes all that is written there (overlayfs)."""
    upper, work, merged = (Path(scratch, name) for name in ("upper", "work", "merged"))
    for directory in (upper, work, merged):
        directory.mkdir(mode=0o700)
    upper.chmod(Path(cwd).stat().st_mode & 0o7777)
    options = [f"{name}={_escaped(path)}" for name, path in (("lowerdir", cwd), ("upperdir", upper), ("workdir", work))]
    _mount("overlay", str(merged), ",".join([*options, "userxattr"]), _MS_NOSUID | _MS_NODEV)
    return _clone_tree(str(merged))


def _escaped(path: str | Path) -> str:
    return re.sub(r"([\\,:])", r"\\\1", str(path))


def _make_changes(cwd: str, changes: list[tuple[str, bytes | None, int]]) -> None:
    """Write the files of the layer. Nothing else is writable by now, so no symbolic link leads to harm."""
    for name in [name for name, data, _ in changes if data is None]:
        Path(cwd, name).unlink(missing_ok=True)
        for above in Path(name).parents[:-1]:  # as git does, so that a file can take a directory's place
            try:
                Path(cwd, above).rmdir()
            except OSError:
                break
    for name, data, mode in changes:
        if data is None:
            continue
        path = Path(cwd, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        path.chmod(mode)


def _depth(path: str) -> int:
    return path.count("/")


def _landlock(writable: list[str]) -> Callable[[], None]:
    """Return what applies Landlock. The library is loaded now: where it lies may be hidden by then."""
    from landlockpy import AccessFS, AccessNet, Ruleset, Scope  # noqa: PLC0415  # Linux, and kernels that have it

    def restrict() -> None:
        with Ruleset(
            handled_net=AccessNet.NONE,  # the network namespace holds that, for every protocol
            scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL,
        ) as ruleset:
            ruleset.allow_path("/", AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.READ_DIR)
            for path in writable:
                ruleset.allow_path(path, ruleset.handled_fs)
            ruleset.restrict()

    return restrict


def _drop_capabilities() -> None:
    _prctl("no_new_privs", _PR_SET_NO_NEW_PRIVS, 1)
    for capability in range(64):
        try:
            _prctl("capability", _PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno != errno.EINVAL:  # past the last one this kernel knows
                raise
            return


def _run_confined(spec: dict[str, Any], status_fd: int) -> NoReturn:
    """Be the first process of the namespace: arrange it, run the command, reap what is orphaned."""
    _reset_signals()  # from inside, a first process is immune to signals that it does not handle
    confinement = spec["confinement"]
    try:
        writable = [confinement["cwd"], *confinement["private"], "/dev"]
        restrict = _landlock(writable) if confinement["landlock"] else lambda: None
        _prctl("parent death signal", _PR_SET_PDEATHSIG, signal.SIGKILL)
        changes = [
            (name, None if source is None else Path(source).read_bytes(), mode)
            for name, source, mode in confinement["changes"]
        ]
        _arrange_mounts(confinement)
        _make_changes(confinement["cwd"], changes)
        command = os.fork()
        if command == 0:
            os.setsid()
            os.chdir(confinement["cwd"])
            _limit(confinement["processes"])
            _drop_capabilities()
            restrict()
            os.execv(spec["command"][0], spec["command"])  # noqa: S606  # its environment was cleaned before
        os.chdir("/")
    except (ImportError, OSError) as error:
        os.write(status_fd, str(error).encode(errors="replace"))
        os._exit(_SETUP_FAILED)
    os._exit(_watch_namespace(command, confinement["processes"], confinement["memory_bytes"]))


def _limit(processes: int) -> None:
    """Bound what the kernel can bound by itself for this process and its children."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _counts_by_namespace():
        # root is exempt from this one, therefore `_watch_namespace`
        _lower(resource.RLIMIT_NPROC, processes * _THREADS_PER_PROCESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_BE_KILLED_FIRST)


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _counts_by_namespace() -> bool:
    """Whether this kernel (5.14 and later) counts the processes of a user in each namespace by itself."""
    major, minor = (int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    return (major, minor) >= (5, 14)


def _watch_namespace(command: int, processes: int, memory_bytes: int) -> int:
    """Watch all processes of a namespace, as its first one."""
    if str(Path("/proc/self").readlink()) != "1":  # an old /proc that shows others: there is nothing to look at
        return _wait_for(command)

    def all_pids() -> list[str]:
        return [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208  # twenty times a second

    return _watch(command, all_pids, lambda: os.kill(-1, signal.SIGKILL), processes, memory_bytes)


def _watch_bubblewrap(child: int, processes: int, memory_bytes: int) -> int:
    """Watch bubblewrap and all below it from outside; what it has started ends with it."""

    def below() -> list[str]:
        found = _children(str(child))
        for pid in found:  # which grows meanwhile
            if len(found) > processes:
                break
            found += _children(pid)
        return [str(child), *found]

    return _watch(child, below, lambda: os.kill(child, signal.SIGKILL), processes, memory_bytes)


def _watch(
    command: int, pids: Callable[[], list[str]], end: Callable[[], None], processes: int, memory_bytes: int
) -> int:
    """Wait as `_wait_for` does, and end all where they outgrow their bounds."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # after the fork: the command does not inherit it
    while True:
        while True:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended == command:
                return _shell_code(status)
            if not ended:
                break
        if (what := _outgrown(pids(), processes, memory_bytes)) is not None:
            end()
            os.write(2, f"\n[magicode stopped the command: {what}]\n".encode())
            return 128 + signal.SIGKILL
        signal.sigtimedwait({signal.SIGCHLD}, _BETWEEN_LOOKS_S)


def _outgrown(pids: list[str], processes: int, memory_bytes: int) -> str | None:
    """Say what is too much of some processes, if something is."""
    if len(pids) > processes:
        return f"more than {processes:,} processes"
    n_pages = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            resident, shared = file.read().split()[1:3]
            n_pages += int(resident) - int(shared)
    if n_pages * resource.getpagesize() > memory_bytes:
        return f"more than {memory_bytes / 1e9:.1f} GB of memory"
    return None


def _run_plainly(command: list[str], status_fd: int) -> NoReturn:
    """Become the command itself, in a session of its own, and die with the launcher."""
    _reset_signals()
    try:
        os.setsid()
        if sys.platform == "linux":
            _prctl("parent death signal", _PR_SET_PDEATHSIG, signal.SIGKILL)
        os.execv(command[0], command)  # noqa: S606
    except OSError as error:
        os.write(status_fd, str(error).encode(errors="replace"))
        os._exit(_SETUP_FAILED)


def _reset_signals() -> None:
    # Python ignores SIGPIPE, and what is ignored stays so in programs: `yes | head` would complain
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def _wait_for(child: int) -> int:
    """Reap children until `child` ends; return its exit code, 128 + N for signal N as shells do."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            return _shell_code(status)


def _shell_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _children(pid: str = "self") -> list[str]:
    """Return a process's children; none where the system keeps no such list, or the process is gone."""
    found: list[str] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  # twenty times a second
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children") as file:  # noqa: PTH123
                found += file.read().split()
    return found


def _end_descendants(child: int, *, reaped: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    if not reaped:  # a first process of a namespace takes all others with it
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    while children := _children():  # whoever loses its parent becomes ours: we are the subreaper
        for pid in children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(pid), signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise _Stopped


def main() -> None:
    """Run the command as told and exit with its code."""
    signal.signal(signal.SIGTERM, _stop)
    status_fd, spec = int(sys.argv[1]), json.loads(sys.argv[2])
    os.set_inheritable(status_fd, False)  # noqa: FBT003  # positional only
    child, reaped = 0, False
    try:
        if sys.platform == "linux":
            _prctl("parent death signal", _PR_SET_PDEATHSIG, signal.SIGTERM)
            _prctl("subreaper", _PR_SET_CHILD_SUBREAPER, 1)
        if os.getppid() != spec["parent"]:
            return  # magicode died before it could be noticed
        if spec["confinement"] is not None:
            _enter_namespaces()
        child = os.fork()
        if child == 0:
            if spec["confinement"] is not None:
                _run_confined(spec, status_fd)
            _run_plainly(spec["command"], status_fd)
        code = _watch_bubblewrap(child, **spec["bounds"]) if spec["bounds"] else _wait_for(child)
        reaped = True
    except _Stopped:
        code = 128 + signal.SIGTERM
    except OSError as error:
        os.write(status_fd, str(error).encode(errors="replace"))
        code = _SETUP_FAILED
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if child:
            _end_descendants(child, reaped=reaped)
    os._exit(code)


if __name__ == "__main__":
    main()
