"""The sandbox of macOS: a profile for sandbox-exec(1). Untested on a Mac so far; its text is tested.

There are no mounts to replace: the command sees the paths of everybody, and is refused what it must not have. It has no
network at all, its own loopback included.
"""

from collections.abc import Iterable, Sequence

from agent.sandbox_policy import Confinement

_PROGRAM = "/usr/bin/sandbox-exec"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/tty", "/dev/dtracehelper")
_KEYCHAIN = ("com.apple.SecurityServer", "com.apple.securityd.xpc")


def wrapped(words: Sequence[str], confinement: Confinement) -> list[str]:
    """Return the command line that runs `words` confined."""
    return [_PROGRAM, "-p", profile(confinement), *words]


def profile(confinement: Confinement) -> str:
    """Return the rules in the sandbox's own language; the last rule that fits an operation counts."""
    own = (confinement.cwd, confinement.scratch)
    lines = [
        "(version 1)",
        "(allow default)",
        "(deny network*)",
        f"(deny mach-lookup {_all('global-name', _KEYCHAIN)})",
        "(deny appleevent-send)",
        "(deny signal (target others))",
        "(deny file-write*)",
        f"(allow file-write* {_all('subpath', own)} {_all('literal', _DEVICES)})",
    ]
    if confinement.protected:
        lines.append(f"(deny file-write* {_all('subpath', confinement.protected)})")
    if secret := (*confinement.private, *confinement.hidden):
        lines += [
            f"(deny file-read* {_all('subpath', secret)})",
            f"(allow file-read-metadata {_all('literal', secret)})",  # to walk through them
            f"(allow file-read* {_all('subpath', (*own, *confinement.readable))})",
        ]
    return "\n".join(lines) + "\n"


def _all(kind: str, paths: Iterable[str]) -> str:
    return " ".join(f"({kind} {_quoted(path)})" for path in paths)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
