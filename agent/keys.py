"""Answers from the person at the terminal: one key, or a text from their editor."""

import contextlib
import os
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import termios
import tty
from collections.abc import Mapping
from pathlib import Path

from agent.escape import printable

_QUIT = "q"
_END_OF_INPUT = ("", "\x04")  # Ctrl-D arrives as a character where keys are read one by one
_ESCAPE_PAUSE_S = 0.05
_HEARING_PAUSE_S = 0.2
# Editors that compare two files, and the flags by which they do so and are waited for.
_COMPARES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("code", "code-insiders", "codium", "cursor", "windsurf"), ("--wait", "--diff")),
    **dict.fromkeys(("vim", "nvim", "vi"), ("-d",)),
    "gvim": ("-f", "-d"),
    "meld": (),
}


def ask_on_terminal(prompt: str) -> str:
    """Print a prompt and return one key, "q" at the end of input, or "" for a key that is no character.

    The key is read from the terminal itself, so a task may still come from a pipe. Where there is none, a line is
    read from standard input. The terminal's settings are restored whatever happens.

    Raises:
        KeyboardInterrupt: Ctrl-C.

    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return _ask_for_line(prompt)
    try:
        key = _read_key(terminal, prompt)
        os.write(terminal, f"{printable(key)}\n".encode())
    finally:
        os.close(terminal)
    return _QUIT if key in _END_OF_INPUT else key if key.isprintable() else ""


def edit_in_editor(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Open a text in $VISUAL or $EDITOR, else vi, and return what was saved; "" if the editor reports failure.

    Raises:
        OSError: the editor cannot be started; the message names it.

    """
    variables = os.environ if environment is None else environment
    editor = shlex.split(variables.get("VISUAL") or variables.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory(prefix="magicode-") as directory:
        path = Path(directory, "hunk.diff")
        path.write_bytes(text.encode(errors="surrogateescape"))
        done = subprocess.run([*editor, str(path)], check=False)
        return "" if done.returncode else path.read_bytes().decode(errors="surrogateescape")


def show_in_editor(name: str, before: str, after: str, environment: Mapping[str, str] | None = None) -> None:
    """Open both texts of a file beside each other: in the user's editor if it is one that compares, else in VS Code.

    Where there is neither, the editor opens the new text. Both are copies that cannot be written.

    Raises:
        OSError: the editor cannot be started; the message names it.

    """
    variables = os.environ if environment is None else environment
    editor = shlex.split(variables.get("VISUAL") or variables.get("EDITOR") or "")
    flags = _COMPARES.get(Path(editor[0]).name) if editor else None
    if flags is None and (code := shutil.which("code", path=variables.get("PATH"))):
        editor, flags = [code], _COMPARES["code"]
    with tempfile.TemporaryDirectory(prefix="magicode-") as directory:
        paths = []
        for side, text in (("before", before), ("after", after)):
            path = Path(directory, side, name)
            path.parent.mkdir()
            path.write_bytes(text.encode(errors="surrogateescape"))
            path.chmod(0o400)
            paths.append(str(path))
        shown = paths[1:] if flags is None else [*flags, *paths]
        subprocess.run([*(editor or ["vi"]), *shown], check=False)


def _ask_for_line(prompt: str) -> str:
    sys.stderr.write(printable(prompt))
    sys.stderr.flush()
    line = sys.stdin.readline()
    return line.strip() if line else _QUIT


def _read_key(terminal: int, prompt: str) -> str:
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)  # keeps what was typed ahead, and Ctrl-C a signal
        os.write(terminal, printable(prompt).encode())
        # Ctrl-C just before a read that blocks would not be heard until the next key; a short wait hears it.
        while not select.select([terminal], [], [], _HEARING_PAUSE_S)[0]:
            pass
        first = os.read(terminal, 1)
        if first == b"\x1b":
            # an arrow key is ESC [ A: its last byte must not be taken for an answer
            while select.select([terminal], [], [], _ESCAPE_PAUSE_S)[0]:
                os.read(terminal, 64)
        elif first and first[0] >= 0x80:
            while len(first) < 4 and not _is_character(first):
                first += os.read(terminal, 1)
        return first.decode(errors="replace")
    finally:
        with contextlib.suppress(termios.error):  # the terminal was closed meanwhile
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _is_character(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False
