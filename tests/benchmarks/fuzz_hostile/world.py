"""A repository with all that a hostile diff would like to reach: links out of it, a submodule, secrets, a neighbour."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from repo_index.text import TextFile
from tests.fakes.git_repo import Files, Repo

FILES: Files = {
    "calc.py": (b"def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return a * 2\n", 0o644),
    "run.sh": (b"#!/bin/sh\necho run\n", 0o755),
    "docs/use.md": (b"# Use\n\nadd and double\n", 0o644),
    "docs/Caf\u00e9.txt": ("gr\u00f6\u00dfe\n".encode("latin-1"), 0o644),
    "windows.txt": (b"one\r\ntwo\r\nthree\r\n", 0o644),
    "open_end.txt": (b"one\ntwo", 0o644),
    "empty.txt": (b"", 0o644),
    "marked.txt": (b"\xef\xbb\xbfone\ntwo\n", 0o644),
    "data.json": (b'{"a": [1, 2]}\n', 0o644),
    "repeated.txt": (b"x\n" * 40, 0o644),
    ".github/workflows/ci.yml": (b"on: push\n", 0o644),
    "pixel.png": (b"\x89PNG\0\0", 0o644),
    ".env": (b"TOKEN=secret\n", 0o600),
}
UNREADABLE = frozenset({"pixel.png", ".env"})  # as a snapshot leaves them out
LINKS = {"link": "../outside/target.txt", "linked": "../outside", "self": "calc.py", "dangling": "../outside/new"}


class World:
    """The repository, and what lies around it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        outside = home / "outside"
        outside.mkdir(parents=True)
        (outside / "target.txt").write_bytes(b"target\n")
        (outside / "calc.py").write_bytes(FILES["calc.py"][0])
        self.repo = Repo.init(home / "repo", FILES)
        for name, target in LINKS.items():
            (self.repo.root / name).symlink_to(target)
        (self.repo.root / "nested/.git").mkdir(parents=True)
        (self.repo.root / "nested/.git/config").write_bytes(b"[core]\n")
        self.repo.run("add", "-A", "--", *LINKS)
        self.repo.run("commit", "-q", "-m", "links")
        self.texts: Mapping[PurePosixPath, TextFile] = {
            PurePosixPath(path): TextFile.decode(data) for path, (data, _) in FILES.items() if path not in UNREADABLE
        }
        self.others = [PurePosixPath(path) for path in (*UNREADABLE, *LINKS, "nested/")]
        self.before = self.state()

    def state(self) -> dict[str, tuple[int, bytes]]:
        """Return mode and bytes of everything there is, but for what magicode keeps in the git directory."""
        found: dict[str, tuple[int, bytes]] = {}
        stack = [str(self.home)]
        while stack:
            for entry in os.scandir(stack.pop()):
                name = os.path.relpath(entry.path, self.home)
                mode = entry.stat(follow_symlinks=False).st_mode
                if name == "repo/.git/magicode":
                    continue
                if stat.S_ISDIR(mode):
                    stack.append(entry.path)
                    found[name] = (mode, b"")
                elif stat.S_ISLNK(mode):
                    found[name] = (mode, bytes(Path(entry.path).readlink()))
                else:
                    with open(entry.path, "rb") as file:  # noqa: PTH123 - for speed: a hundred thousand times all files
                        found[name] = (mode, file.read())
        return found
