"""What a test command may see, write and know: decided here, enforced by `agent.sandbox_exec`."""

import contextlib
import os
import pwd
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import PolicyError
from repo_index.errors import RepoError
from repo_index.git import Git

_MAX_PROCESSES = 1_000
_MIN_MEMORY_BYTES = 1_000_000_000
_SHARED = ("/tmp", "/var/tmp")  # noqa: S108  # hidden from the command, which gets its own
_SOCKETS = ("/run", "/var/lib/lxd", "/var/snap/lxd")  # who may speak to docker, lxd or D-Bus is out of any sandbox
# Under the home: programs and libraries, no credentials. Whole `.cargo`, `.m2` or `.local/share` would hold some.
_TOOLCHAINS = (
    ".asdf", ".bun", ".cabal/packages", ".cargo/bin", ".cargo/config.toml", ".cargo/git", ".cargo/registry",
    ".deno", ".dotnet", ".fnm", ".ghcup", ".juliaup", ".local/bin", ".local/lib", ".local/share/fnm",
    ".local/share/mise", ".local/share/pipx", ".local/share/pnpm", ".local/share/uv", ".m2/repository",
    ".m2/wrapper", ".nix-profile", ".nuget/packages", ".nvm", ".opam", ".pyenv", ".rbenv", ".rustup", ".rvm",
    ".sdkman", ".stack", ".volta", "go",
)  # fmt: skip
_GITLINK = b"160000 "
_PROGRAM_FOLDERS = frozenset({"bin", "sbin", "shims"})

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|COOKIE|DSN$|(?:^|_)(?:AUTH|PAT)$|_PWD$"
    r"|(?:^|_|API|SSH|ACCESS)KEY(?:$|_|S$)"
    r"|^(?:AWS|AZURE|GOOGLE|GCP|GH|GITHUB|GITLAB|SSH|GPG|GNUPG|KUBE|DOCKER|DBUS|VAULT|NPM_CONFIG__)",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"://[^/\s:@]*:[^/\s@]+@")  # an address with a password in it
_LEAKS = frozenset(
    {
        "DISPLAY", "GIT_ASKPASS", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "PYTHONHOME", "TEMP", "TMP",
        "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "__PYVENV_LAUNCHER__",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confinement:
    """Where a confined command may go; every path is absolute and without symbolic links.

    Everything else is readable as it is, and written by nobody.
    """

    cwd: str
    """Writable."""
    scratch: str
    """A new, empty directory; what stands in for `private` and `hidden` is made in it."""
    private: tuple[str, ...]
    """Replaced by empty directories that the command may fill: its home, /tmp."""
    hidden: tuple[str, ...]
    """Replaced by empty directories."""
    readable: tuple[str, ...]
    """Shown again, read-only, where one of the replacements covers them."""
    protected: tuple[str, ...]
    """Inside `cwd` and yet read-only: the repository's `.git`."""
    layer: bool
    """Whether what the command writes below `cwd` goes to `scratch` instead, so that `cwd` stays as it is."""
    changes: tuple[tuple[str, str | None, int], ...]
    """Files of that layer, made before the command runs: path below `cwd`, path of the bytes, None to delete, mode."""
    landlock: bool
    """Whether Landlock must be applied as well; failing that, the command is not run."""
    processes: int
    """The command and all that it started are ended when they are more."""
    memory_bytes: int
    """The same for the memory that they hold together."""


def plan_confinement(
    command: str,
    cwd: Path,
    scratch: Path,
    environment: Mapping[str, str],
    *,
    home: Path,
    landlock: bool,
    layer: bool = False,
    changes: Sequence[tuple[str, str | None, int]] = (),
) -> Confinement:
    """Decide what `command` may see and write when it runs in `cwd`.

    The home is replaced by an empty one under the same name: no key, token, history or socket of the user is
    there, while toolchains (rustup, pyenv, nvm, …), the directories on PATH, and programs that the command names
    by absolute path are shown again, read-only. So is the work tree around `cwd`.

    Raises:
        PolicyError: `cwd` holds the home or /tmp, or its `.git` is a symbolic link, which cannot be protected.

    """
    cwd = cwd.resolve()
    homes = {path.resolve() for path in (home, Path(pwd.getpwuid(os.geteuid()).pw_dir)) if _is_home(path)}
    private = sorted({*homes, *_resolved(_SHARED)})
    hidden = sorted(set(_resolved(_SOCKETS)).difference(private))
    swallowed = next((path for path in (*private, *hidden) if path.is_relative_to(cwd)), None)
    if swallowed is not None:
        raise PolicyError(
            f"{cwd} holds {swallowed}, which the sandbox hides from tests: run magicode in a project's own "
            "directory, or pass --no-sandbox"
        )
    covered = (*private, *hidden)
    shown = {
        path
        for path in (*_programs(command, cwd, environment, homes, covered), *_work_tree(cwd))
        if os.access(path, os.R_OK)  # and not exists(), which raises behind a closed door
        and any(path.is_relative_to(cover) for cover in covered)
        and not any(cover.is_relative_to(path) for cover in covered)
        and not path.is_relative_to(cwd)
    }
    return Confinement(
        cwd=str(cwd),
        scratch=str(scratch.resolve()),
        private=tuple(map(str, private)),
        hidden=tuple(map(str, hidden)),
        readable=tuple(sorted(str(path) for path in shown if shown.isdisjoint(path.parents))),
        protected=tuple(path for folder in (cwd, *_submodules(cwd)) for path in map(str, _protected(folder))),
        layer=layer,
        changes=tuple(changes),
        landlock=landlock,
        processes=_MAX_PROCESSES,
        memory_bytes=_memory_bytes(),
    )


def _memory_bytes() -> int:
    """Return what a command may hold: most of what is free now, so that the machine goes on when it goes wild."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    available = int(found[1]) * 1024 if found else 0
    with contextlib.suppress(OSError, ValueError):  # "max" where a container has no bound of its own
        available = min(available, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return max(_MIN_MEMORY_BYTES, available * 9 // 10)


def clean_environment(environment: Mapping[str, str], cwd: Path, *, own_prefix: Path) -> dict[str, str]:
    """Return the variables that a test command may know.

    Left out: whatever looks like a secret by name or value, sockets of the desktop and of agents, and git's own
    pointers. magicode's virtual environment (`own_prefix`) is not the project's: unless it lies in `cwd`, it is
    taken off PATH and out of VIRTUAL_ENV, so `python` is the one that the user's PATH names next.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _LEAKS and not _SECRET_NAME.search(name) and not _SECRET_VALUE.search(value)
    }
    own = own_prefix.resolve()
    if not own.is_relative_to(cwd.resolve()) and (own / "pyvenv.cfg").is_file():
        if Path(kept.get("VIRTUAL_ENV", os.devnull)).resolve() == own:
            del kept["VIRTUAL_ENV"]
            kept.pop("VIRTUAL_ENV_PROMPT", None)
        entries = kept.get("PATH", os.defpath).split(os.pathsep)
        kept["PATH"] = os.pathsep.join(entry for entry in entries if not Path(entry).resolve().is_relative_to(own))
    # git must neither ask nor try to refresh an index that it cannot write
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def own_prefix() -> Path:
    """Return the virtual environment, or the installation, that magicode runs from."""
    return Path(sys.prefix)


def _resolved(paths: Iterable[str]) -> Iterator[Path]:
    return (Path(path).resolve() for path in paths if Path(path).is_dir())


def _is_home(path: Path) -> bool:
    # a service's home may be / or /usr/sbin: hiding it would hide the programs
    return path.is_dir() and not Path("/usr/bin").is_relative_to(path.resolve())


def _programs(
    command: str, cwd: Path, environment: Mapping[str, str], homes: Iterable[Path], covered: Iterable[Path]
) -> Iterator[Path]:
    """Yield where programs live that the command will look for: toolchains, PATH, and what it names by path."""
    toolchains = [home / name for home in homes for name in _TOOLCHAINS]
    yield from toolchains
    yield from (path.resolve() for path in toolchains)
    try:
        words = shlex.split(command)
    except ValueError:  # an unclosed quote: the shell will say so
        words = []
    # a program, not any file: a key that the command names must not bring its folder with it
    paths = [cwd / word for word in words if "/" in word]
    named = [path.parent for path in paths if os.access(path, os.X_OK) and path.is_file()]
    on_path = [Path(entry) for entry in environment.get("PATH", "").split(os.pathsep) if entry.startswith("/")]
    apart = [*toolchains, *covered]

    def installation(folder: Path) -> Path:
        prefix = folder.parent if folder.name in _PROGRAM_FOLDERS else folder
        return (folder if any(path.is_relative_to(prefix) for path in apart) else prefix).resolve()

    for folder in (*named, *on_path):
        yield installation(folder)
        base = _base_of_venv(folder.parent)
        if base is not None:
            yield installation(base)


def _base_of_venv(prefix: Path) -> Path | None:
    """Return the folder of the interpreter that a virtual environment borrows, if `prefix` is one."""
    try:
        text = (prefix / "pyvenv.cfg").read_text(errors="surrogateescape")
    except OSError:
        return None
    base = next((Path(line.partition("=")[2].strip()) for line in text.splitlines() if line.startswith("home")), None)
    # the file may be the repository's: only a folder that holds an interpreter is shown
    return base if base is not None and base.is_absolute() and os.access(base / "python3", os.X_OK) else None


def _work_tree(cwd: Path) -> Iterator[Path]:
    """Yield the work tree that `cwd` belongs to, and the git directory where that is elsewhere."""
    root = next((path for path in (cwd, *cwd.parents) if (path / ".git").exists()), None)
    if root is None:
        return
    yield root
    pointer = root / ".git"
    if not pointer.is_file():
        return
    target = pointer.read_text(errors="surrogateescape").removeprefix("gitdir: ").removesuffix("\n")
    directory = (root / target).resolve()
    common = directory / "commondir"
    if common.is_file():
        directory = (directory / common.read_text(errors="surrogateescape").removesuffix("\n")).resolve()
    # a pointer may have been planted: only what is a git directory is shown
    if (directory / "HEAD").is_file() and (directory / "objects").is_dir():
        yield directory


def _submodules(cwd: Path) -> Iterator[Path]:
    """Yield the folders of submodules: git runs what a configuration in them says when it is asked about `cwd`."""
    if not (cwd / ".git").exists():
        return
    try:
        listed = Git(cwd).run("ls-files", "--stage", "-z")
    except RepoError:
        return
    for entry in listed.split(b"\0"):
        if entry.startswith(_GITLINK):
            yield cwd / os.fsdecode(entry.partition(b"\t")[2])


def _protected(cwd: Path) -> Iterator[Path]:
    git = cwd / ".git"
    if git.is_symlink():
        raise PolicyError(
            f"{git} is a symbolic link, which the sandbox cannot protect from tests: use a `.git` file "
            "(`git init --separate-git-dir`), or pass --no-sandbox"
        )
    if git.exists():
        yield git
