"""Standard output: exact bytes for programs, and for a terminal what cannot steer it."""

import sys

from agent.escape import printable


def put(data: bytes) -> None:
    """Write text that somebody else wrote, such as a diff; on a terminal, control characters are shown as pictures."""
    if sys.stdout.isatty():
        sys.stdout.write(printable(data.decode(errors="replace"), keep="\n\t"))
    else:
        sys.stdout.buffer.write(data)
