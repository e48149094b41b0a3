"""Whether the user lets a found test command run: asked once for each repository and command, and remembered."""

import hashlib
import os
from pathlib import Path

from agent.errors import WriteError
from agent.state import state_folder


class TestAnswers:
    """The user's answers for one repository. A command that was not asked about has none."""

    __test__ = False  # pytest collects what is named like this one

    def __init__(self, root: Path) -> None:
        """Know the repository; nothing is read yet."""
        self._root = root.resolve()

    def get(self, command: str) -> bool | None:
        """Return what the user said, None where nobody asked or the answer cannot be read."""
        try:
            return {"yes": True, "no": False}.get(self._path(command).read_text(encoding="utf-8").partition("\n")[0])
        except (OSError, UnicodeDecodeError):
            return None

    def keep(self, command: str, *, may_run: bool) -> None:
        """Remember an answer.

        Raises:
            WriteError: the user's state folder cannot be written.

        """
        path = self._path(command)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            said = f"{'yes' if may_run else 'no'}\n{command}\n{self._root}\n"
            path.write_text(said, encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise WriteError(f"{path} cannot be written: {error.strerror}") from error

    def _path(self, command: str) -> Path:
        name = hashlib.sha256(os.fsencode(self._root) + b"\0" + command.encode()).hexdigest()
        return state_folder() / "tests" / name
