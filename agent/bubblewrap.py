"""The sandbox by bubblewrap, for machines that let it make namespaces and us not.

Some distributions switch namespaces off for all programs but those that a profile names; bubblewrap is one of those.
"""

from collections.abc import Sequence

from agent.sandbox_exec import PROC_READ_ONLY
from agent.sandbox_policy import Confinement


def wrapped(program: str, words: Sequence[str], confinement: Confinement) -> list[str]:
    """Return the command line that runs `words` confined; who starts it bounds memory and processes. It cannot layer.

    See bwrap(1). What comes later covers what came before: everything read-only, then what is hidden, then what is
    shown again, then where the command may write.
    """
    line = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    line += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    for name in PROC_READ_ONLY:
        line += ["--ro-bind-try", f"/proc/{name}", f"/proc/{name}"]
    for path in ("/dev/shm", *sorted({*confinement.private, *confinement.hidden}, key=_depth)):  # noqa: S108
        line += ["--size", str(confinement.memory_bytes // 4), "--tmpfs", path]
    shown = [("--ro-bind", path) for path in confinement.readable] + [("--bind", confinement.cwd)]
    for kind, path in sorted(shown, key=lambda each: _depth(each[1])):
        line += [kind, path, path]
    for path in confinement.protected:
        line += ["--ro-bind", path, path]
    return [*line, "--chdir", confinement.cwd, "--", *words]


def _depth(path: str) -> int:
    return path.count("/")
